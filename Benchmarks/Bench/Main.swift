import ArgumentParser
import Foundation

/// `make bench`: one table, each row beside a baseline that was measured in the same run.
///
/// A slow figure is a result; only a figure that could not be taken ends with status 1.
@main
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures the station, each figure beside a baseline of the same run.",
        discussion: "tocsind has to stand beside this program, built with the same settings.")

    @Option(help: "Measure this part only; may be given several times.")
    var only: [Part] = []

    func run() throws {
        print(Machine.facts)
        print(Table.header)
        var unmeasured: [String] = []
        for part in only.isEmpty ? Part.allCases : only {
            do {
                let rows = try part.rows()
                print(Table.section(part.title, rows))
            } catch {
                unmeasured.append("\(part.rawValue): \(error)")
            }
        }
        print(Table.footer)
        for reason in unmeasured { print("not measured: \(reason)") }
        if !unmeasured.isEmpty { throw ExitCode.failure }
    }
}

/// A part of the table, measured by itself.
enum Part: String, CaseIterable, ExpressibleByArgument {
    case decode, allocations, ledger, latency, disturbance, load, stream, nmea, idle, start, json

    var title: String {
        switch self {
        case .decode: "bytes to event drafts and replies, one core"
        case .allocations: "heap allocations per frame"
        case .ledger: "durable events"
        case .latency: "a press through tocsind, on a pty, one at a time"
        case .disturbance: "a press to its ACK on a quiet port of tocsind, p99"
        case .load: "64 lines of 11.5 kB/s of positions into tocsind"
        case .stream: "positions told to clients of the stream, CPU of a line and client"
        case .nmea: "NMEA sentences on a pty, as fast as they are taken"
        case .idle: "\(IdleRows.count) idle TCP locators of tocsind"
        case .start: "tocsind from exec to READY=1"
        case .json: "an event as JSON"
        }
    }

    func rows() throws -> [Row] {
        switch self {
        case .decode: try DecodeRows.measure()
        case .allocations: try AllocationRows.measure()
        case .ledger: try LedgerRows.measure()
        case .latency: try LatencyRows.measure()
        case .disturbance: try DisturbanceRows.measure()
        case .load: try LoadRows.measure()
        case .stream: try StreamRows.measure()
        case .nmea: try NMEARows.measure()
        case .idle: try IdleRows.measure()
        case .start: try StartRows.measure()
        case .json: try JSONRows.measure()
        }
    }
}

/// A figure that could not be taken, and why.
struct Unmeasured: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
