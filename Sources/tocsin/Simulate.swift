import AlarmModel
import ArgumentParser
import CLinux
import Foundation
import LinuxPorts
import Simulation
import Synchronization

/// `tocsin simulate`: a station's devices on ptys, for demonstrations and for trying a daemon.
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Plays receivers and handsets on ptys, with noise and pulled plugs.",
        discussion: """
            DIRECTORY gets receiver-1 (surgard), pendants (tocsin-link) and locators (jt808), each \
            one end of a serial line: the ports of the daemon's demonstration. A device sends what \
            it has until it is answered. The exit status is 1 when a press stayed unanswered for \
            60 s on a line that a daemon had open.
            """)

    @Option(help: "Where the lines are put; made when it is not there.")
    var directory: String

    @Option(help: "The same seed presses the same buttons.")
    var seed: UInt64 = 1

    @Option(help: "Presses a minute, of all devices together.")
    var rate = 40

    @Option(help: "Seconds until the end; without it there is none.")
    var duration: Int64?

    @Flag(help: "Print only what is wrong, and the sum at the end.")
    var quiet = false

    @Flag(inversion: .prefixedNo, help: "Noise, lost bytes and bytes with wrong bits.")
    var noise = true

    @Flag(inversion: .prefixedNo, help: "Pull a plug now and then.")
    var unplug = true

    private static let protocols = [
        ("receiver-1", "surgard"), ("pendants", "tocsin-link"), ("locators", "jt808"),
    ]
    /// Numbers of the pendants and handsets behind one line.
    private static let devicesPerLine: UInt32 = 12

    func validate() throws {
        guard (1...6_000).contains(rate) else {
            throw ValidationError("--rate is 1 to 6000 presses a minute, not \(rate)")
        }
    }

    func run() throws {
        var ends = sigset_t()
        unsafe sigemptyset(&ends)
        for number in [SIGINT, SIGTERM] {
            _ = signal(number) { _ in stopRequested.store(true, ordering: .relaxed) }
            unsafe sigaddset(&ends, number)
        }
        // Whoever starts this may have them blocked.
        unsafe pthread_sigmask(SIG_UNBLOCK, &ends, nil)
        try makeFolder(directory)
        var random = SplitMix64(seed: seed)
        let ports = try makePorts(&random)
        let start = Clock.monotonic()
        let end = duration.map { start + .seconds($0) }
        var unplugAt = start + .seconds(15)
        while !stopRequested.load(ordering: .relaxed) {
            let now = Clock.now()
            if let end, end <= now.monotonic { break }
            if unplug, unplugAt <= now.monotonic {
                let port = ports[Int(random.next() % UInt64(ports.count))]
                let rest = TimeSpan.milliseconds(1_000 + Int64(random.next() % 2_000))
                port.unplug(for: rest, at: now, tell)
                unplugAt = now.monotonic + .seconds(10 + Int64(random.next() % 20))
            }
            for port in ports { try port.turn(at: now, tell) }
            wait(for: ports, until: end)
        }
        try sumUp(ports)
    }

    private func makePorts(_ random: inout SplitMix64) throws -> [SimulatedPort] {
        var faults = LineFaults()
        if noise {
            faults.flippedBit = 10
            faults.lostByte = 10
            faults.noise = 30
            faults.cutsMax = 4
        }
        let now = Clock.now()
        let every = TimeSpan.milliseconds(60_000 * Int64(Self.protocols.count) / Int64(rate))
        return try Self.protocols.enumerated().map { index, line in
            let first = UInt32(index) * 100 + 1
            let device = FakeDevice(
                try findProtocol(line.1), numbers: first...(first + Self.devicesPerLine - 1),
                pressEvery: every, seed: random.next(), at: now)
            return try SimulatedPort(
                line.0, in: directory, device, faults, seed: random.next(), at: now)
        }
    }

    /// Sleeps until something is due or has come.
    private func wait(for ports: [SimulatedPort], until end: MonotonicTime?) {
        let deadline = min(
            ports.map(\.nextDeadline).min() ?? Clock.monotonic(),
            end ?? MonotonicTime(microseconds: .max))
        let rest = (deadline - Clock.monotonic()).microseconds
        var pollers = ports.compactMap(\.descriptor).map {
            pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
        }
        let milliseconds = Int32(clamping: max(0, (rest + 999) / 1_000))
        unsafe poll(&pollers, nfds_t(pollers.count), milliseconds)
        // A line that has just hung up reports that at once, until it is looked at.
        if pollers.contains(where: { $0.revents & Int16(POLLHUP) != 0 }) {
            Clock.rest(.milliseconds(10))
        }
    }

    private func tell(_ line: String) {
        if quiet, !line.contains("not answered") { return }
        Terminal.say("\(localTime()) \(line)")
    }

    private func sumUp(_ ports: [SimulatedPort]) throws {
        let counts = ports.map(\.counts)
        func sum(_ count: KeyPath<SimulatedPort.Counts, Int>) -> Int {
            counts.map { $0[keyPath: count] }.reduce(0, +)
        }
        Terminal.say(
            "presses \(sum(\.presses)), answered \(sum(\.answered)), resends \(sum(\.resends)), "
                + "unplugged \(sum(\.unplugged))")
        if sum(\.forgotten) > 0 { throw ExitCode.failure }
    }
}

/// Set by SIGINT and SIGTERM, whose handlers may do no more than that.
private let stopRequested = Atomic(false)
