import CBaselines
import Foundation

/// What sentences of a GNSS receiver cost the daemon, beside gpsd on the same bytes: without a
/// client, and with one that is told every position.
enum NMEARows {
    private static let copies = 32
    private static let traffic = [[UInt8]](repeating: Corpus.nmea.bytes, count: copies).flatMap(
        \.self)
    private static let sentences = Corpus.nmea.frames * copies

    /// CPU seconds for all of ``traffic``, and the JSON objects that the client got.
    private struct Cost {
        var cpu: Double
        var told = 0
    }

    static func measure() throws -> [Row] {
        guard FileManager.default.isExecutableFile(atPath: GPSD.path) else {
            throw Unmeasured(
                "gpsd is not there, beside which it is measured: apt-get install gpsd")
        }
        return try [false, true].map { hasClient in
            let ours = try Folder.with { folder in
                try PseudoTerminal.with(1) { try daemon(folder, on: $0[0], hasClient) }
            }
            let baseline = try PseudoTerminal.with(1) { try gpsd(on: $0[0], hasClient) }
            let what =
                hasClient
                ? "one client, \(ours.told) lines told (gpsd: \(baseline.told))" : "no client"
            return Row(
                what: what, ours: rate(ours), baseline: rate(baseline),
                against: "gpsd \(GPSD.version)" + (hasClient ? ", WATCH json" : ""),
                goal: hasClient ? .ratio(4) : .none)
        }
    }

    private static func rate(_ cost: Cost) -> Figure {
        .rate(Double(sentences) / cost.cpu, of: "sentences/CPU")
    }

    private static func daemon(
        _ folder: String, on line: PseudoTerminal, _ hasClient: Bool
    ) throws -> Cost {
        try Tocsind.run(in: folder, ports: [Tocsind.port("gnss", "nmea", on: line)]) { tocsind in
            try tocsind.awaitOpenPorts()
            let clients = hasClient ? [try tocsind.stream(telemetry: true)] : []
            return try withExtendedLifetime(clients) {
                try cost(of: tocsind.usage, clients.map(\.descriptor), on: line) {
                    try wait(within: .seconds(20), "all sentences decoded") {
                        try tocsind.sum(of: "bytesDecoded") == traffic.count
                    }
                }
            }
        }
    }

    private static func gpsd(on line: PseudoTerminal, _ hasClient: Bool) throws -> Cost {
        let gpsd = try GPSD(on: line)
        defer { gpsd.end() }
        let clients = hasClient ? [try gpsd.watch()] : []
        defer { withExtendedLifetime(clients) {} }
        return try cost(of: gpsd.usage, clients.map(\.descriptor), on: line) {
            // It counts nothing that can be asked for: it is done when it rests.
            var last = -1.0
            try wait(within: .seconds(20), "gpsd at rest") {
                usleep(180_000)
                defer { last = gpsd.usage.cpuSeconds }
                return gpsd.usage.cpuSeconds - last < 0.001
            }
        }
    }

    private static func cost(
        of usage: ProcessUsage, _ clients: [Int32], on line: PseudoTerminal,
        _ awaitEnd: () throws -> Void
    ) throws -> Cost {
        let readers = unsafe baseline_read_lines(clients, clients.count)
        guard unsafe readers.process > 0 else { throw Unmeasured("no reader") }
        defer { unsafe baseline_end(readers.process) }
        // What a client is told at its beginning.
        usleep(300_000)
        let before = (cpu: usage.cpuSeconds, told: unsafe readers.lines.pointee)
        try Descriptor.pour(traffic, into: line.master)
        try awaitEnd()
        let cpu = usage.cpuSeconds - before.cpu
        return Cost(cpu: cpu, told: Int(unsafe readers.lines.pointee - before.told))
    }
}

/// gpsd as a child of this program, reading one pseudo-terminal.
private final class GPSD {
    static let path = "/usr/sbin/gpsd"

    private let process = Process()
    private let port: UInt16

    init(on line: PseudoTerminal) throws {
        port = try Loopback.freePort()
        process.executableURL = URL(fileURLWithPath: Self.path)
        // In the foreground, without waiting for a client, and never writing to the receiver.
        process.arguments = ["-N", "-n", "-b", "-S", "\(port)", line.path]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        try wait(within: .seconds(10), "gpsd listening") {
            (try? Loopback.connected(to: port)) != nil
        }
    }

    static var version: String {
        let pipe = Pipe()
        let asked = Process()
        asked.executableURL = URL(fileURLWithPath: path)
        asked.arguments = ["-V"]
        asked.standardOutput = pipe
        guard (try? asked.run()) != nil else { return "" }
        let words = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            .split(whereSeparator: \.isWhitespace)
        asked.waitUntilExit()
        return words.first { $0.first?.isNumber == true }.map(String.init) ?? ""
    }

    var usage: ProcessUsage { ProcessUsage(id: process.processIdentifier) }

    /// A client that is told everything as JSON.
    func watch() throws -> Loopback {
        let client = try Loopback.connected(to: port)
        let order = #"?WATCH={"enable":true,"json":true};"# + "\n"
        try Descriptor.write(ArraySlice(order.utf8), to: client.descriptor)
        return client
    }

    func end() {
        process.terminate()
        process.waitUntilExit()
    }
}
