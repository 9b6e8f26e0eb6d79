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

    static func measure() throws -> [Row] {
        let traffic = (1...UInt32(lineCount)).map { stream(of: $0) }
        let (ours, before, after) = try Folder.with { folder in
            try PseudoTerminal.with(lineCount) { try daemon(folder, traffic, on: $0) }
        }
        let baseline = try PseudoTerminal.with(lineCount) { try drain(traffic, on: $0) }
        return [
            Row(
                what: "CPU", ours: .cost(ours * 100, "% of a core", decimals: 2),
                baseline: .cost(baseline * 100, "% of a core", decimals: 2),
                against: "epoll, read, discard in plain C, no reply"),
            Row(
                what: "resident memory", ours: .cost(after, "MB", decimals: 1),
                baseline: .cost(before, "MB", decimals: 1),
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
    ) throws -> (cpu: Double, before: Double, after: Double) {
        let ports = lines.enumerated().map { Tocsind.port("line-\($0)", "jt808", on: $1) }
        return try Tocsind.run(in: folder, ports: ports) { tocsind in
            try wait(within: .seconds(10), "all lines open") {
                try tocsind.ports().allSatisfy { $0["state"] as? String == "open" }
            }
            let before = (cpu: tocsind.cpuSeconds, memory: tocsind.residentMegabytes)
            let seconds = try feed(traffic, to: lines)
            let after = (cpu: tocsind.cpuSeconds, memory: tocsind.residentMegabytes)
            try wait(within: .seconds(5), "all of \(written) bytes decoded") {
                try tocsind.ports().reduce(0) { $0 + decodedBytes(of: $1) } == written
            }
            return ((after.cpu - before.cpu) / seconds, before.memory, after.memory)
        }
    }

    private static func decodedBytes(of port: [String: Any]) -> Int {
        (port["counters"] as? [String: Int])?["bytesDecoded"] ?? 0
    }

    /// The share of a core that reading alone takes.
    private static func drain(
        _ traffic: [[UInt8]], on lines: [PseudoTerminal]
    ) throws -> Double {
        let slaves = try lines.map {
            try Descriptor.open($0.path, O_RDWR | O_NOCTTY | O_NONBLOCK)
        }
        defer { for slave in slaves { close(slave) } }
        let reader = Reader(slaves: slaves, expected: written)
        Thread.detachNewThread { reader.run() }
        let seconds = try feed(traffic, to: lines)
        let drained = reader.end()
        guard drained.bytes == written else {
            throw Unmeasured("the baseline read \(drained.bytes) of \(written) bytes")
        }
        return drained.cpu_seconds / seconds
    }

    /// Writes to each line in the rhythm of its rate, takes back what is answered, and returns how
    /// many seconds that took.
    private static func feed(
        _ traffic: [[UInt8]], to lines: [PseudoTerminal]
    ) throws -> Double {
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
        return (ContinuousClock.now - begin) / .seconds(1)
    }

    private static func rest(until due: ContinuousClock.Instant) {
        let microseconds = (due - .now) / .microseconds(1)
        if microseconds > 0 { usleep(UInt32(microseconds)) }
    }

    /// Asks again and again, since a desk is only asked, until `condition` holds.
    private static func wait(
        within patience: Duration, _ what: String, _ condition: () throws -> Bool
    ) throws {
        let deadline = ContinuousClock.now + patience
        while try !condition() {
            guard ContinuousClock.now < deadline else { throw Unmeasured("not \(what) in time") }
            usleep(50_000)
        }
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
