import CBaselines
import Foundation

/// What it costs the daemon to tell a line to a client of the stream, from the byte on the wire to
/// the client's socket, beside plain C that writes the same bytes to as many.
enum StreamRows {
    /// How positions come, and how many hear of them.
    private struct Load {
        var clients: Int
        /// Positions that come together, as from a line that is read twenty times a second.
        var lines = 10
        /// Enough to measure, and few enough for two cores.
        var turnsPerSecond: Double { min(100, max(5, 2_000 / Double(clients))) }
        var turns: Int { Int(turnsPerSecond * 3) }
        var told: Int { turns * lines * clients }
    }

    static func measure() throws -> [Row] {
        try Loopback.raiseFileLimit(to: 3_000)
        var rows: [Row] = []
        for clients in [1, 20, 100, 250, 1_000] {
            rows.append(try row(Load(clients: clients), goal: clients == 100 ? .most(2) : .none))
        }
        rows.append(try row(Load(clients: 100, lines: 1), goal: .none))
        return rows
    }

    private static func row(_ load: Load, goal: Row.Goal) throws -> Row {
        let positions = (0...load.turns).map { portion(of: load, $0) }
        let (ours, text) = try Folder.with { folder in
            try PseudoTerminal.with(1) { try daemon(folder, positions, load, on: $0[0]) }
        }
        let baseline = try Folder.with { folder in
            try PseudoTerminal.with(1) { try plain(folder, positions, text, load, on: $0[0]) }
        }
        let figures = [ours, baseline].map { seconds in
            Figure.cost(seconds * 1e6 / Double(load.told), "µs", decimals: 2)
        }
        let rhythm = load.lines == 1 ? "one at a time" : "\(load.lines) at a time"
        return Row(
            what: "\(load.clients) clients, \(rhythm)", ours: figures[0], baseline: figures[1],
            against: "read, write to each in plain C, same bytes", goal: goal)
    }

    /// Reports of one locator, none an SOS and all of one length.
    private static let reports: [[UInt8]] = {
        let all = (1...100).filter { $0 % 10 != 0 }.map { Corpus.location(device: 1, serial: $0) }
        let size = all.map(\.count).min()
        return all.filter { $0.count == size }
    }()

    private static func portion(of load: Load, _ turn: Int) -> [UInt8] {
        (0..<load.lines).flatMap { reports[(turn * load.lines + $0) % reports.count] }
    }

    private static func daemon(
        _ folder: String, _ positions: [[UInt8]], _ load: Load, on line: PseudoTerminal
    ) throws -> (cpu: Double, text: [UInt8]) {
        try Tocsind.run(in: folder, ports: [Tocsind.port("line", "jt808", on: line)]) { tocsind in
            try tocsind.awaitOpenPorts()
            let clients = try (0..<load.clients).map { _ in try tocsind.stream(telemetry: true) }
            _ = Descriptor.read(clients[0].descriptor)
            try Descriptor.write(positions[0][...], to: line.master)
            let text = try firstLines(load.lines, of: clients[0])
            let cpu = try cost(of: tocsind.usage, clients, load, already: load.clients - 1) {
                try Descriptor.write(positions[$0][...], to: line.master)
                // The replies.
                _ = Descriptor.read(line.master, limit: 4_096)
            }
            return (cpu, text)
        }
    }

    private static func firstLines(_ count: Int, of client: UnixSocket) throws -> [UInt8] {
        var text: [UInt8] = []
        while text.count(where: { $0 == UInt8(ascii: "{") }) == 0
            || zip(text, text.dropFirst()).count(where: { $0 == (0x7D, 0x0A) }) < count
        {
            guard Descriptor.wait(for: [client.descriptor], milliseconds: 5_000),
                let bytes = Descriptor.read(client.descriptor)
            else { throw Unmeasured("no line comes from the stream") }
            text += bytes
        }
        return text
    }

    private static func plain(
        _ folder: String, _ positions: [[UInt8]], _ text: [UInt8], _ load: Load,
        on line: PseudoTerminal
    ) throws -> Double {
        let slave = try Descriptor.open(line.path, O_RDWR | O_NOCTTY | O_NONBLOCK)
        defer { close(slave) }
        let size = positions[0].count
        let fan = unsafe baseline_fan_out(
            "\(folder)/fan.sock", slave, load.clients, text, text.count, size)
        guard unsafe fan.process > 0 else { throw Unmeasured("no plain server") }
        defer { unsafe baseline_end(fan.process) }
        let clients = try (0..<load.clients).map { _ in
            let client = try UnixSocket.connected(to: "\(folder)/fan.sock")
            try Descriptor.write([0x0A], to: client.descriptor)
            guard Descriptor.wait(for: [client.descriptor], milliseconds: 5_000) else {
                throw Unmeasured("the plain server does not answer")
            }
            return client
        }
        return try cost(
            of: ProcessUsage(id: unsafe fan.process), clients, load, already: 0
        ) {
            try Descriptor.write(positions[$0][...], to: line.master)
        }
    }

    /// CPU seconds of `usage` until every client has every line of all turns.
    ///
    /// - Parameter already: clients that have the lines of one turn more unread.
    private static func cost(
        of usage: ProcessUsage, _ clients: [UnixSocket], _ load: Load, already: Int,
        _ turn: (Int) throws -> Void
    ) throws -> Double {
        let readers = unsafe baseline_read_lines(clients.map(\.descriptor), clients.count)
        guard unsafe readers.process > 0 else { throw Unmeasured("no reader") }
        defer { unsafe baseline_end(readers.process) }
        let earlier = already * load.lines
        let lines = { unsafe Int(readers.lines.pointee) - earlier }
        try wait(within: .seconds(5), "the first lines read") { lines() == 0 }
        let before = usage.cpuSeconds
        let begin = ContinuousClock.now
        for number in 1...load.turns {
            let due = begin + .seconds(Double(number) / load.turnsPerSecond)
            let microseconds = (due - .now) / .microseconds(1)
            if microseconds > 0 { usleep(UInt32(microseconds)) }
            try turn(number)
        }
        do {
            try wait(within: .seconds(10), "all lines told") { lines() == load.told }
        } catch { throw Unmeasured("\(lines()) of \(load.told) lines are told in time") }
        return usage.cpuSeconds - before
    }
}
