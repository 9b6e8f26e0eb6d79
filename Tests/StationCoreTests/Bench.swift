import AlarmModel
import StationCore
import WireProtocols

/// A station on the bench: the test is its ports, its clock and its ledger, and commits by hand.
final class Bench {
    static let start = Moment(
        wall: WallTime(microseconds: 1_795_253_158_000_000),
        monotonic: MonotonicTime(microseconds: 1_000_000))

    private var station: Station
    private(set) var now = Bench.start
    /// Handed out and not committed yet, oldest first.
    private(set) var uncommitted: [LedgerEntry] = []
    private(set) var stored: [LedgerEntry] = []
    private(set) var sent: [(reply: [UInt8], port: PortKey)] = []
    private(set) var published: [Event] = []
    private(set) var dumps: [String] = []
    private(set) var answers: [UInt64: CommandOutcome] = [:]
    private(set) var isPaused = false

    init(recovery: Recovery = Recovery()) {
        station = Station(recovery: recovery, seed: 1, start: Bench.start)
    }

    var health: StationHealth { station.health }

    var storedEvents: [Event] {
        stored.compactMap { if case .event(let event) = $0 { event } else { nil } }
    }

    /// The newest word on each alert, by id.
    var alerts: [UUIDv7: Alert] {
        var alerts: [UUIDv7: Alert] = [:]
        for case .alert(let alert, _) in stored { alerts[alert.id] = alert }
        return alerts
    }

    func counters(of name: String) -> PortCounters? { station.counters[name] }

    func hasFrame(on key: Int32) -> Bool { station.hasFrame(from: PortKey(key)) }

    func state(of device: DeviceAddress) -> DeviceState? { station.state(of: device) }

    func open(
        _ protocolID: ProtocolID, key: Int32 = 1, id: PortID = "port", name: String? = nil
    ) {
        guard let descriptor = ProtocolRegistry.find(protocolID) else {
            preconditionFailure("\(protocolID) is not registered")
        }
        let profile = PortProfile(id: id, name: name ?? id.rawValue, descriptor: descriptor)
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

    private func collect() {
        while let action = station.nextAction() {
            switch action {
            case .store(let entry): uncommitted.append(entry)
            case .send(let reply, let key): sent.append((reply, key))
            case .publish(let event): published.append(event)
            case .dumpCapture(_, let reason): dumps.append(reason)
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
