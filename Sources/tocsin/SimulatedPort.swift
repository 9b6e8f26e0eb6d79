import AlarmModel
import Foundation
import Simulation
import WireProtocols

/// One simulated device on a pty: the machine that the simulation drives too, with a real line and
/// the real clock.
final class SimulatedPort {
    struct Counts {
        var presses = 0
        var answered = 0
        var resends = 0
        var unplugged = 0
        /// Presses that nobody answered for ``SimulatedPort/patience`` on an open line.
        var forgotten = 0
    }

    static let patience = TimeSpan.seconds(60)
    /// How often a line that nobody has open is looked at.
    static let lookEvery = TimeSpan.milliseconds(200)

    let name: String
    private(set) var counts = Counts()
    private let link: String
    private let device: FakeDevice
    private let faults: LineFaults
    private var line: FakeLine
    private var terminal: PseudoTerminal?
    private var listeningSince: MonotonicTime?
    private var replugAt: MonotonicTime?
    private var lookAt: MonotonicTime
    private var forgotten: Set<[UInt8]> = []

    init(
        _ name: String, in directory: String, _ device: FakeDevice, _ faults: LineFaults,
        seed: UInt64, at now: Moment
    ) throws {
        self.name = name
        self.device = device
        self.faults = faults
        link = directory + "/" + name
        line = FakeLine(hasChecksum: device.descriptor.hasChecksum, seed: seed)
        lookAt = now.monotonic
        terminal = try PseudoTerminal(link: link)
    }

    /// What to wait on for the daemon's bytes.
    var descriptor: Int32? { listeningSince == nil ? nil : terminal?.descriptor }

    var nextDeadline: MonotonicTime {
        [device.nextDeadline, line.nextArrival, replugAt, lookAt].compactMap { $0 }.min() ?? lookAt
    }

    /// Pulls the plug for `span`: the line hangs up and its name is gone.
    func unplug(for span: TimeSpan, at now: Moment, _ tell: (String) -> Void) {
        guard terminal != nil else { return }
        hangUp()
        terminal = nil
        replugAt = now.monotonic + span
        counts.unplugged += 1
        tell("\(name) unplugged")
    }

    /// Does whatever is due and takes what has come.
    func turn(at now: Moment, _ tell: (String) -> Void) throws {
        if let replugAt, replugAt <= now.monotonic {
            self.replugAt = nil
            terminal = try PseudoTerminal(link: link)
            tell("\(name) plugged in again")
        }
        look(at: now)
        if listeningSince != nil, let terminal {
            device.receive(terminal.read(), at: now)
        }
        device.tick(at: now)
        while let frame = device.nextOutput() {
            _ = line.write(frame, at: now.monotonic, faults: faults)
        }
        let bytes = line.read(at: now.monotonic, limit: .max)
        // What finds no room is an overrun; the device sends it again.
        if !bytes.isEmpty { _ = terminal?.write(bytes, patience: 0) }
        tellOutcomes(tell)
        findForgotten(at: now, tell)
    }

    private func look(at now: Moment) {
        guard lookAt <= now.monotonic else { return }
        lookAt = now.monotonic + Self.lookEvery
        let isListening = terminal?.isListening ?? false
        if isListening, listeningSince == nil {
            listeningSince = now.monotonic
            device.connected()
        } else if !isListening {
            hangUp()
        }
    }

    private func hangUp() {
        guard listeningSince != nil else { return }
        listeningSince = nil
        line.cut()
        device.disconnected()
    }

    private func tellOutcomes(_ tell: (String) -> Void) {
        while let outcome = device.nextOutcome() {
            switch outcome {
            case .pressed(let press):
                counts.presses += 1
                tell("\(name) pressed \(press.name)")
            case .resent(let press):
                counts.resends += 1
                tell("\(name) resent \(press.name), copy \(press.copies)")
            case .answered(let press):
                counts.answered += 1
                guard let sent = press.sentAt, let answered = press.answeredAt else { continue }
                let milliseconds = (answered - sent).microseconds / 1_000
                tell("\(name) answered \(press.name) in \(milliseconds) ms")
            }
        }
    }

    /// Each press counts once, and only the time in which its line was open.
    private func findForgotten(at now: Moment, _ tell: (String) -> Void) {
        guard let listeningSince, now.monotonic - listeningSince > Self.patience else { return }
        for press in device.openPresses
        where now.monotonic - press.pressedAt > Self.patience
            && forgotten.insert(press.frame).inserted
        {
            counts.forgotten += 1
            tell("\(name) was not answered for 60 s: \(press.name)")
        }
    }
}
