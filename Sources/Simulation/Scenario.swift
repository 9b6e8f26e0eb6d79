import AlarmModel
import StationCore
import WireProtocols

/// One run of a station among fakes, all of it from a seed: devices press, lines garble, plugs are
/// pulled, the disk fills, the machine stops, and checkers look on.
///
/// ```
///  FakeDevice -> FakeLine -> Station -> FakeLedger -> FakeFeed -> FakeStreamClient
///      ^---------- FakeLine <---'  ^--- reports ---'
/// ```
///
/// No time passes by itself: each step goes to the nearest deadline and has one of the fakes act.
/// When its steps are used up, all faults stop, and every press that is still open has to be
/// answered within ``calmMax``.
public final class Scenario {
    public static let stepsDefault = 500
    /// How long after the last fault everything may take.
    static let calmMax = TimeSpan.seconds(300)
    /// The longest from the first byte of a press to its answer when nothing is faulty.
    static let latenessMax = TimeSpan.seconds(2)

    let plan: Plan
    let planted: PlantedBug?
    var clock = FakeClock()
    var random: SplitMix64
    var station: Station
    var ports: [FakePort] = []
    var ledger: FakeLedger
    var feed: FakeFeed
    var checkers: Checkers
    var report: Report
    /// Every press of a finished message; the open ones are with their devices.
    var answeredPresses: [(press: FakePress, wires: Set<WireID>)] = []
    var isPaused = false
    var restartAt: MonotonicTime?
    var chaosAt: MonotonicTime?
    /// The machine was off, not only the daemon.
    var isRebooting = false
    var startedAt = MonotonicTime(microseconds: 0)
    var orderAt: MonotonicTime?
    var desk = FakeDesk()
    var lastPortKey: Int32 = 0
    /// Of frames whose event is the end of a condition.
    var restoringFrames: Set<UInt64> = []
    var filter: EventFilter
    var flood: (addresses: [ShortText], count: Int)?
    private var hash = RunningHash()
    private let traceMax: Int

    /// - Parameters:
    ///   - planted: a defect that the checkers should find.
    ///   - traceMax: how many of the last steps are kept in words.
    public init(seed: UInt64, planted: PlantedBug? = nil, traceMax: Int = 0) {
        self.planted = planted
        self.traceMax = traceMax
        random = SplitMix64(seed: seed)
        plan = Plan(&random)
        report = Report(seed: seed)
        ledger = FakeLedger(
            groupMax: plan.groupMax, ongoingAlertsMax: plan.ongoingAlertsMax, seed: random.next(),
            planted: planted)
        let paces: [FakeStreamClient.Pace] = [.fast, .fast, .slow, .stopped]
        feed = FakeFeed(
            clients: paces.map { FakeStreamClient(pace: $0, after: 0) }, planted: planted)
        filter = EventFilter(planted)
        checkers = Checkers(isBounded: plan.isBounded)
        station = Self.station(
            Recovery(boot: clock.boot), plan, planted, seed: random.next(), at: clock.machine)
        addPorts()
        if plan.mode == .faulty { chaosAt = clock.now.monotonic + .seconds(1) }
        if plan.mode == .flood { beginFlood() }
        orderAt = clock.now.monotonic + .seconds(5)
    }

    /// Runs `steps` steps with faults and as many as are needed without.
    public func run(steps: Int = stepsDefault) -> Report {
        openPorts()
        while report.steps < steps, checkers.problems.isEmpty { step() }
        calmDown()
        waitForQuiet()
        judgeParking()
        while isQuiet, checkers.problems.isEmpty, closeAlerts() { waitForQuiet() }
        if checkers.problems.isEmpty { judge() }
        report.problems = checkers.problems
        report.events = Int(checkers.lastSequence.rawValue)
        report.traceHash = hash.value
        return report
    }

    private func waitForQuiet() {
        let end = clock.now.monotonic + Self.calmMax
        while !isQuiet, clock.now.monotonic < end, checkers.problems.isEmpty { step() }
    }

    // MARK: - Time

    private enum Turn {
        case device(Int), read(Int), reply(Int), plug(Int), client(Int)
        case sessions, ledger, order, secondOrder, chaos, restart
    }

    /// Goes to the nearest deadline and has whoever it belongs to act.
    private func step() {
        guard let (time, turn) = nextTurn() else {
            preconditionFailure("a device has always something to do")
        }
        report.steps += 1
        clock.advance(to: time)
        hash.add(clock.now.monotonic.microseconds)
        switch turn {
        case .device(let index): tick(index)
        case .read(let index): read(index)
        case .reply(let index): deliverReply(index)
        case .plug(let index): plugIn(index)
        case .client(let index): readStream(index)
        case .sessions: passTime()
        case .ledger: commit()
        case .order: giveOrder()
        case .secondOrder: giveSecondOrder()
        case .chaos: doHarm()
        case .restart: restart()
        }
    }

    private func nextTurn() -> (time: MonotonicTime, turn: Turn)? {
        var best: (time: MonotonicTime, turn: Turn)?
        func consider(_ time: MonotonicTime?, _ turn: @autoclosure () -> Turn) {
            guard let time else { return }
            if let earliest = best?.time, earliest <= time { return }
            best = (time, turn())
        }
        if restartAt == nil {
            consider(station.nextDeadline.map { clock.world($0) }, .sessions)
            consider(desk.comingAgain.first?.at, .secondOrder)
        }
        for index in ports.indices {
            consider(ports[index].device.nextDeadline, .device(index))
            if !isPaused || planted == .pauseIgnored {
                consider(ports[index].up.nextArrival, .read(index))
            }
            consider(ports[index].down.nextArrival, .reply(index))
            consider(ports[index].replugAt, .plug(index))
        }
        for index in feed.clients.indices {
            consider(feed.clients[index].nextRead, .client(index))
        }
        consider(restartAt == nil ? ledger.nextDeadline : nil, .ledger)
        consider(restartAt, .restart)
        consider(orderAt, .order)
        consider(chaosAt, .chaos)
        return best
    }

    /// Nothing is on its way and nobody waits.
    private var isQuiet: Bool {
        ledger.pending == 0 && restartAt == nil && desk.open.isEmpty && !isParking
            && ports.allSatisfy {
                $0.device.openPresses.isEmpty && $0.up.nextArrival == nil
                    && $0.down.nextArrival == nil
            }
            && feed.clients.allSatisfy { $0.nextRead == nil }
    }

    /// An alert that was put aside will be raised again soon, or should have been just now. An
    /// order that was repeated after somebody set the clock may put one aside for hours.
    private var isParking: Bool {
        guard let next = checkers.alerts.nextRaising(at: clock.asTold),
            next - clock.now.monotonic < .seconds(120)
        else { return false }
        return clock.now.monotonic < max(next, startedAt) + Self.latenessMax
    }

    // MARK: - Trace

    /// Adds one line to the trace. What it says goes into the hash, so that two runs which differ
    /// in a decision have different hashes.
    func note(_ code: UInt8, _ detail: Int64 = 0, _ words: @autoclosure () -> String) {
        hash.add(code)
        hash.add(detail)
        guard traceMax > 0 else { return }
        if report.trace.count == traceMax { report.trace.removeFirst() }
        let milliseconds = clock.now.monotonic.microseconds / 1_000
        report.trace.append("\(milliseconds) ms  \(words())")
    }
}
