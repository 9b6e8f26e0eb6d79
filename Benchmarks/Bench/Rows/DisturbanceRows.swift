import AlarmModel
import Foundation
import Synchronization
import WireProtocols

/// Presses on a quiet port, while something else goes on that must not make them late.
///
/// Each row has two daemons, one after the other: one that has nothing else to do, and one that
/// does have. What it has goes on for as long as it is pressed, on a thread of its own.
enum DisturbanceRows {
    static let presses = 300
    private static let lateMost = 0.050

    static func measure() throws -> [Row] {
        try Loopback.raiseFileLimit(to: Int(Disturbance.listenerPeers) + 3_000)
        return try Disturbance.all.map { disturbance in
            let idle = try samples(of: nil, in: disturbance)
            let ours = try samples(of: disturbance.begin, in: disturbance)
            return Row(
                what: disturbance.what, ours: .time(ours.percentile(99)),
                baseline: .time(idle.percentile(99)),
                against: "the same daemon idle, just before",
                goal: .secondsAbove(lateMost))
        }
    }

    private static func samples(
        of begin: Disturbance.Begin?, in disturbance: Disturbance
    ) throws -> Samples {
        try Folder.with { folder in
            try PseudoTerminal.with(1 + disturbance.lineCount) { lines in
                var setting = Disturbance.Setting(lines: Array(lines.dropFirst()))
                if begin != nil { try disturbance.prepare(folder, &setting) }
                let ports =
                    [Tocsind.port("quiet", "surgard", on: lines[0])]
                    + (begin == nil ? [] : try disturbance.ports(&setting))
                setting.allPorts = ports
                return try withExtendedLifetime(setting.held) {
                    try Tocsind.run(in: folder, ports: ports, complaints: setting.complaints) {
                        try press($0, QuietLine(lines[0]), begin, setting)
                    }
                }
            }
        }
    }

    private static func press(
        _ tocsind: Tocsind, _ line: QuietLine, _ begin: Disturbance.Begin?,
        _ setting: Disturbance.Setting
    ) throws -> Samples {
        try wait(within: .seconds(10), "all ports open") {
            try tocsind.ports().allSatisfy { $0["state"] as? String == "open" }
        }
        _ = try line.press(20)
        guard let begin else { return try line.press(presses) }
        let going = try begin(tocsind, setting)
        let thread = RepeatingThread(going.portion)
        var samples = Samples()
        // Until it has come as often as the row says, however fast the presses are.
        repeat {
            samples += try line.press(presses)
        } while thread.turns < going.turnsLeast && thread.isRunning
        try thread.end()
        try going.confirm(thread.turns)
        return samples
    }
}

/// A receiver of one's own, that says the next press when it has the answer to the last.
final class QuietLine {
    private let terminal: PseudoTerminal
    private var serial: UInt32 = 0

    init(_ terminal: PseudoTerminal) { self.terminal = terminal }

    /// Seconds from each press to its answer: every press is of another account.
    func press(_ count: Int) throws -> Samples {
        guard let descriptor = ProtocolRegistry.find("surgard") else {
            throw Unmeasured("no surgard")
        }
        var samples = Samples()
        for _ in 0..<count {
            serial += 1
            let time = Corpus.time(serial)
            guard
                let frame = descriptor.sample(
                    of: [.sos], device: serial, serial: serial, at: time)
            else { throw Unmeasured("no sample of a press") }
            samples.add(
                try Stopwatch.seconds {
                    try Descriptor.write(frame[...], to: terminal.master)
                    guard Descriptor.wait(for: [terminal.master], milliseconds: 20_000),
                        Descriptor.read(terminal.master) == [0x06]
                    else { throw Unmeasured("press \(serial) was not acknowledged within 20 s") }
                })
        }
        return samples
    }
}

/// One piece of work done again and again, beside whatever else this program does.
private final class RepeatingThread: Sendable {
    private struct State {
        var turns = 0
        var isEnding = false
        var error: (any Error)?
    }

    private let state = Mutex(State())
    private let ended = DispatchSemaphore(value: 0)

    /// - Parameter work: is told how often it was called before.
    init(_ work: @escaping @Sendable (_ turn: Int) throws -> Void) {
        Thread.detachNewThread { [self] in
            do {
                while !state.withLock({ $0.isEnding }) {
                    try work(turns)
                    state.withLock { $0.turns += 1 }
                }
            } catch {
                state.withLock { ($0.error, $0.isEnding) = (error, true) }
            }
            ended.signal()
        }
    }

    var turns: Int { state.withLock { $0.turns } }
    var isRunning: Bool { state.withLock { !$0.isEnding } }

    /// Throws what the work threw.
    func end() throws {
        state.withLock { $0.isEnding = true }
        ended.wait()
        if let error = state.withLock({ $0.error }) { throw error }
    }
}
