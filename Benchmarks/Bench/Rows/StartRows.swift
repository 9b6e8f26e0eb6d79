import AlarmModel
import Foundation
import StationLedger

/// From the exec of the daemon until it tells systemd that it works, in turns with the bare start
/// of the same program.
enum StartRows {
    private static let storedEvents: Int64 = 100_000

    static func measure() throws -> [Row] {
        try PseudoTerminal.with(1) { lines in
            let ports = [Tocsind.port("pendants", "tocsin-link", on: lines[0])]
            let empty = try measure(starts: 20) {
                try Folder.with { try secondsToReady(in: $0, ports) }
            }
            let full = try Folder.with { folder in
                try fill(folder)
                return try measure(starts: 5) { try secondsToReady(in: folder, ports) }
            }
            return [
                row("an empty ledger, p50 of 20", empty),
                row("a ledger of \(storedEvents) events, p50 of 5", full),
            ]
        }
    }

    private typealias Starts = (ours: Samples, baseline: Samples)

    private static func measure(starts: Int, _ start: () throws -> Double) throws -> Starts {
        var measured: Starts = (Samples(), Samples())
        for _ in 0..<starts {
            measured.ours.add(try start())
            measured.baseline.add(try secondsToHelp())
        }
        return measured
    }

    private static func row(_ what: String, _ starts: Starts) -> Row {
        Row(
            what: what, ours: .time(starts.ours.median), baseline: .time(starts.baseline.median),
            against: "tocsind --help, exec to end")
    }

    private static func secondsToReady(in folder: String, _ ports: [String]) throws -> Double {
        try Tocsind.run(in: folder, ports: ports) { $0.secondsToReady }
    }

    private static func fill(_ folder: String) throws {
        let ledger = try Ledger.open(path: "\(folder)/ledger.sqlite", boot: nil).ledger
        defer { ledger.close() }
        for first in stride(from: 1, through: storedEvents, by: 4_000) {
            let last = min(first + 3_999, storedEvents)
            try ledger.commit((first...last).map { LedgerEntry(records: [.event(.sample($0))]) })
        }
    }

    /// Until the program has ended, which its end of the pipe tells.
    private static func secondsToHelp() throws -> Double {
        let process = Process()
        let output = Pipe()
        process.executableURL = Tocsind.executable
        process.arguments = ["--help"]
        process.standardOutput = output
        return try Stopwatch.seconds {
            try process.run()
            guard try output.fileHandleForReading.readToEnd()?.isEmpty == false else {
                throw Unmeasured("tocsind --help says nothing")
            }
        }
    }
}
