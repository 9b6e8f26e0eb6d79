import AlarmModel
import StationCore
import WireProtocols

/// A station on the bench: the test is its ports, its clock and its ledger, and commits by hand.
final class Bench {
    static let start = Moment(
        wall: WallTime(microseconds: 1_795_253_158_000_000),
        monotonic: MonotonicTime(microseconds: 1_000_000))

    private var station: Station
    private(set) var now: Moment
    /// Handed out and not committed yet, oldest first.
    private(set) var uncommitted: [LedgerEntry] = []
    private(set) var stored: [LedgerEntry] = []
    private(set) var sent: [(reply: [UInt8], port: PortKey)] = []
    private(set) var published: [Record] = []
    private(set) var dumps: [String] = []
    private(set) var refused: [(port: PortKey, problem: OptionProblem)] = []
    private(set) var answers: [UInt64: OrderOutcome] = [:]
    private(set) var isPaused = false

    private var lastToken: UInt64 = 0
    private let start: Moment

    /// - Parameters:
    ///   - recovery: what its ledger knew.
    ///   - start: behind the moments in `recovery`, where they are of the same boot.
    init(recovery: Recovery = Recovery(), start: Moment = Bench.start, seed: UInt64 = 1) {
        self.start = start
        now = start
        station = Station(recovery: recovery, seed: seed, start: start)
    }

    /// The station as it starts again with what was stored, `rest` later.
    ///
    /// - Parameter boot: the machine was off as well: its monotonic clock begins anew.
    func restarted(after rest: TimeSpan, newBoot: Bool = false) -> Bench {
        var moment = now
        moment.wall.microseconds += rest.microseconds
        moment.monotonic =
            newBoot ? MonotonicTime(microseconds: 30_000_000) : moment.monotonic + rest
        let events = storedEvents
        let recovery = Recovery(
            lastSequence: stored.flatMap(\.records).last?.sequence ?? 0,
            ongoingAlerts: alerts.values.filter { $0.state != .resolved }
                .sorted { $0.reference.opened < $1.reference.opened },
            recentEvents: events, earlierBootEvents: newBoot ? events.count : 0)
        return Bench(recovery: recovery, start: moment, seed: 2)
    }

    var health: StationHealth { station.health }

    var storedEvents: [Event] {
        stored.flatMap(\.records).compactMap(\.event)
    }

    var storedChanges: [Change] { stored.flatMap(\.records).compactMap(\.change) }

    var publishedEvents: [Event] { published.compactMap(\.event) }

    /// The newest word on each alert, by id.
    var alerts: [UUIDv7: Alert] {
        var alerts: [UUIDv7: Alert] = [:]
        for alert in stored.flatMap(\.alerts) { alerts[alert.id] = alert }
        return alerts
    }

    func counters(of name: String) -> PortCounters? { station.counters[name] }

    func hasFrame(on key: Int32) -> Bool { station.hasFrame(from: PortKey(key)) }

    func state(of origin: Origin) -> DeviceState? { station.state(of: origin) }

    func open(
        _ protocolID: ProtocolID, key: Int32 = 1, id: PortID = "port", name: String? = nil,
        peer: String? = nil, options: [String: String] = [:]
    ) {
        guard let descriptor = ProtocolRegistry.find(protocolID) else {
            preconditionFailure("\(protocolID) is not registered")
        }
        let name = name ?? id.rawValue
        let profile = PortProfile(
            wire: Wire(id, portName: name, peer: peer), name: name, descriptor: descriptor,
            options: ProtocolOptions(options))
        handle(.portOpened(PortKey(key), profile))
        sent.removeAll()
    }

    func receive(_ bytes: [UInt8], on key: Int32 = 1) {
        station.receive(bytes, from: PortKey(key), at: now)
        collect()
    }

    func handle(_ input: Input) {
        station.handle(input, at: now)
        collect()
    }

    func pass(_ span: TimeSpan) {
        now.monotonic = now.monotonic + span
        now.wall.microseconds += span.microseconds
    }

    /// The first `count` uncommitted entries are on the disk; all of them without a count.
    func commit(_ count: Int? = nil) {
        let count = count ?? uncommitted.count
        stored += uncommitted.prefix(count)
        uncommitted.removeFirst(count)
        handle(.committed(count: count))
    }

    /// Gives an order and commits; the answer.
    @discardableResult
    func order(
        _ order: Order, on alert: UUIDv7, stored: Alert? = nil
    ) -> OrderOutcome? {
        lastToken += 1
        handle(.order(order, on: alert, stored: stored, token: lastToken))
        commit()
        return answers[lastToken]
    }

    func passTime(_ span: TimeSpan) {
        pass(span)
        station.passTime(at: now)
        collect()
    }

    private func collect() {
        while let action = station.nextAction() {
            switch action {
            case .store(let entry): uncommitted.append(entry)
            case .send(let reply, let key): sent.append((reply, key))
            case .publish(let record): published.append(record)
            case .dumpCapture(_, let reason): dumps.append(reason)
            case .refuse(let key, let problem): refused.append((key, problem))
            case .answer(let token, let outcome): answers[token] = outcome
            case .pauseReading: isPaused = true
            case .resumeReading: isPaused = false
            }
        }
    }
}

/// A frame as a device of the protocol would send it.
func frame(
    _ protocolID: ProtocolID, _ kinds: [EventKind], device: UInt32 = 1, serial: UInt32
) -> [UInt8] {
    let sample = ProtocolRegistry.find(protocolID)?.sample(
        of: kinds, device: device, serial: serial, at: Bench.start.wall)
    guard let sample else { preconditionFailure("\(protocolID) cannot say \(kinds)") }
    return sample
}
