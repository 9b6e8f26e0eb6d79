import CBaselines
import Foundation

/// What many busy lines cost the daemon, and what they cost a program that reads them and does
/// nothing with it.
enum LoadRows {
    private static let lineCount = 64
    private static let duration = 15.0
    /// A line of 115,200 Bd carries 11,520 bytes a second.
    private static let bytesPerSecond = 11_500.0
    /// Each line gets its next bytes so often; the lines take turns.
    private static let writesPerSecond = 20.0
    private static let portion = Int(bytesPerSecond / writesPerSecond)
    private static let turns = Int(duration * writesPerSecond)
    private static let written = portion * turns * lineCount

    private struct Cost {
        /// Seconds.
        var cpu: Double
        var positions: Int
        /// MB.
        var memory: (before: Double, after: Double)
    }

    static func measure() throws -> [Row] {
        let traffic = (1...UInt32(lineCount)).map { stream(of: $0) }
        let ours = try Folder.with { folder in
            try PseudoTerminal.with(lineCount) { try daemon(folder, traffic, on: $0) }
        }
        let baseline = try PseudoTerminal.with(lineCount) { try drain(traffic, on: $0) }
        let positions = Double(ours.positions)
        return [
            Row(
                what: "CPU", ours: .cost(ours.cpu * 100 / duration, "% of a core", decimals: 2),
                baseline: .cost(baseline * 100 / duration, "% of a core", decimals: 2),
                against: "epoll, read, discard in plain C, no reply"),
            Row(
                what: "CPU of one position and its reply",
                ours: .cost(ours.cpu * 1e6 / positions, "µs", decimals: 2),
                baseline: .cost(baseline * 1e6 / positions, "µs", decimals: 2),
                against: "the same", goal: .most(2.5)),
            Row(
                what: "resident memory", ours: .cost(ours.memory.after, "MB", decimals: 1),
                baseline: .cost(ours.memory.before, "MB", decimals: 1),
                against: "the same daemon before the traffic"),
        ]
    }

    /// Reports of one locator, as many as a line carries in the time.
    private static func stream(of device: UInt32) -> [UInt8] {
        var bytes: [UInt8] = []
        var serial: UInt32 = 0
        while Double(bytes.count) < bytesPerSecond * duration {
            serial += 1
            // Every tenth would be an SOS.
            if serial % 10 == 0 { serial += 1 }
            bytes += Corpus.location(device: device, serial: serial)
        }
        return bytes
    }

    private static func daemon(
        _ folder: String, _ traffic: [[UInt8]], on lines: [PseudoTerminal]
    ) throws -> Cost {
        let ports = lines.enumerated().map { Tocsind.port("line-\($0)", "jt808", on: $1) }
        return try Tocsind.run(in: folder, ports: ports) { tocsind in
            try tocsind.awaitOpenPorts()
            let before = (cpu: tocsind.cpuSeconds, memory: tocsind.residentMegabytes)
            try feed(traffic, to: lines)
            let after = (cpu: tocsind.cpuSeconds, memory: tocsind.residentMegabytes)
            try wait(within: .seconds(5), "all of \(written) bytes decoded") {
                try tocsind.sum(of: "bytesDecoded") == written
            }
            return Cost(
                cpu: after.cpu - before.cpu, positions: try tocsind.sum(of: "frames"),
                memory: (before.memory, after.memory))
        }
    }

    /// The CPU seconds that reading alone takes.
    private static func drain(
        _ traffic: [[UInt8]], on lines: [PseudoTerminal]
    ) throws -> Double {
        let slaves = try lines.map {
            try Descriptor.open($0.path, O_RDWR | O_NOCTTY | O_NONBLOCK)
        }
        defer { for slave in slaves { close(slave) } }
        let reader = Reader(slaves: slaves, expected: written)
        Thread.detachNewThread { reader.run() }
        try feed(traffic, to: lines)
        let drained = reader.end()
        guard drained.bytes == written else {
            throw Unmeasured("the baseline read \(drained.bytes) of \(written) bytes")
        }
        return drained.cpu_seconds
    }

    /// Writes to each line in the rhythm of its rate, takes back what is answered, for as
    /// long as ``duration``.
    private static func feed(_ traffic: [[UInt8]], to lines: [PseudoTerminal]) throws {
        let begin = ContinuousClock.now
        for step in 0..<turns * lineCount {
            let due = begin + .seconds(duration * Double(step) / Double(turns * lineCount))
            rest(until: due)
            let line = lines[step % lineCount]
            let offset = step / lineCount * portion
            try Descriptor.write(
                traffic[step % lineCount][offset..<offset + portion], to: line.master)
            _ = Descriptor.read(line.master, limit: 4_096)
        }
    }

    private static func rest(until due: ContinuousClock.Instant) {
        let microseconds = (due - .now) / .microseconds(1)
        if microseconds > 0 { usleep(UInt32(microseconds)) }
    }
}

/// The baseline's thread.
private final class Reader: Sendable {
    private let slaves: [Int32]
    private let expected: Int
    private let ended = DispatchSemaphore(value: 0)
    // Written before the signal, read behind it.
    nonisolated(unsafe) private var drained = baseline_drained()

    init(slaves: [Int32], expected: Int) {
        self.slaves = slaves
        self.expected = expected
    }

    func run() {
        unsafe drained = unsafe baseline_drain(slaves, slaves.count, UInt64(expected))
        ended.signal()
    }

    func end() -> baseline_drained {
        ended.wait()
        return unsafe drained
    }
}
