import AlarmModel
import Logging
import OperatorDesk
import StationLedger
import Synchronization

typealias Sequence = AlarmModel.Sequence

/// The time of the example in the description of the event.
let receivedAt = WallTime(microseconds: 1_795_253_160_123_456)

func eventID(_ number: Int64) -> UUIDv7 {
    UUIDv7(high: 0x0197_f3c2_0000_7000, low: 0x8000_0000_0000_0000 | UInt64(number))
}

func makeEvent(_ sequence: Int64, _ kind: EventKind = .sos, raw: [UInt8] = []) -> Event {
    Event(
        id: eventID(sequence), sequence: Sequence(rawValue: kind.isTelemetry ? 0 : sequence),
        protocolID: "surgard", wire: Wire("receiver-1"),
        received: Moment(wall: receivedAt, monotonic: MonotonicTime(microseconds: 0)),
        priority: kind.priority, draft: WordedDraft(kind, address: "1234"), raw: raw)
}

func makeChange(_ sequence: Int64, _ draft: ChangeDraft, of alert: Alert) -> Change {
    Change(
        id: eventID(sequence), sequence: Sequence(rawValue: sequence), alert: alert.reference,
        version: alert.version,
        at: Moment(wall: receivedAt, monotonic: MonotonicTime(microseconds: 0)),
        boot: nil, draft: draft)
}

/// The line of `makeEvent(sequence, .sos)`, typed by hand.
func sosLine(_ sequence: Int64) -> String {
    "{\"id\":\"\(eventID(sequence))\",\"sequence\":\(sequence),\"kind\":\"sos\","
        + "\"priority\":\"emergency\",\"restored\":false,\"test\":false,\"late\":false,"
        + "\"device\":{\"protocol\":\"surgard\",\"address\":\"1234\"},\"port\":\"receiver-1\","
        + "\"receivedAt\":\"2026-11-21T09:26:00.123456Z\",\"monotonicMicroseconds\":0}"
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// Keeps events and alerts in memory, and can fail and be interrupted like a disk.
final class FakeLedger: EventSource {
    static func error(_ kind: LedgerError.Kind) -> LedgerError {
        LedgerError(kind, message: "cannot read it", remedy: "look at it")
    }

    struct State {
        var records: [Record] = []
        var alerts: [StoredAlert] = []
        var failure: LedgerError.Kind?
        /// Called at each page, before it is read.
        var beforePage: (@Sendable () -> Void)?
        var pagesRead = 0
    }

    let state = Mutex(State())

    let epoch = "0a1b2c3d4e5f"

    func append(_ records: [Record]) {
        state.withLock { $0.records += records.filter { $0.event?.kind.isTelemetry != true } }
    }

    func records(after: Sequence, through: Sequence?, limit: Int) throws(LedgerError) -> [Record] {
        state.withLock(\.beforePage)?()
        return try state.withLock { (state) throws(LedgerError) in
            if let failure = state.failure { throw Self.error(failure) }
            state.pagesRead += 1
            let first = min(Int(after.rawValue), state.records.count)
            let page = state.records[first...].prefix(limit)
            return page.filter { through == nil || $0.sequence.rawValue <= through!.rawValue }
        }
    }

    func lastSequence() throws(LedgerError) -> Sequence {
        try state.withLock { (state) throws(LedgerError) in
            if let failure = state.failure { throw Self.error(failure) }
            return state.records.last?.sequence ?? 0
        }
    }

    func alerts(
        _ filter: AlertFilter, limit: Int
    ) throws(LedgerError) -> (alerts: [StoredAlert], more: Int) {
        let found = state.withLock { state in
            state.alerts.filter { stored in
                filter.states.contains(stored.alert.state)
                    && filter.kinds?.contains(stored.alert.kind) ?? true
                    && filter.priorities?.contains(stored.alert.priority) ?? true
                    && (filter.port == nil || filter.port == stored.alert.wire.portID.rawValue)
            }
        }
        return (Array(found.prefix(limit)), max(0, found.count - limit))
    }

    func alertIDs(in range: ClosedRange<UUIDv7>, limit: Int) throws(LedgerError) -> [UUIDv7] {
        let ids = state.withLock { $0.alerts.map(\.alert.id) }
        return Array(ids.filter(range.contains).sorted().prefix(limit))
    }

    func alert(id: UUIDv7) throws(LedgerError) -> StoredAlert? {
        state.withLock { $0.alerts.first { $0.alert.id == id } }
    }
}

/// Shows what a test sets and remembers the orders that it was given.
final class FakeStation: StationView {
    struct Given: Equatable {
        var order: Order
        var alert: UUIDv7
        var stored: Alert?
    }

    struct State {
        var ports: [PortStatus] = []
        /// Nil: the station has too much to do.
        var devices: [DeviceState]? = []
        var health = StationHealth()
        var metrics: [MetricFamily] = []
        /// For an order without and one with the alert as the ledger has it.
        var outcome = OrderOutcome.notAtHand
        var storedOutcome = OrderOutcome.notAtHand
        var orders: [Given] = []
    }

    let state = Mutex(State())

    var ports: [PortStatus] { state.withLock(\.ports) }
    var health: StationHealth { state.withLock(\.health) }
    var metrics: [MetricFamily] { state.withLock(\.metrics) }

    func carryOut(_ order: Order, on alert: UUIDv7, stored: Alert?) async -> OrderOutcome {
        state.withLock { state in
            state.orders.append(Given(order: order, alert: alert, stored: stored))
            return stored == nil ? state.outcome : state.storedOutcome
        }
    }

    func devices(silentFirst: Bool, limit: Int) async -> (devices: [DeviceState], more: Int)? {
        guard let devices = state.withLock(\.devices) else { return nil }
        let list = (silentFirst ? devices.reversed() : devices).prefix(limit)
        return (Array(list), devices.count - list.count)
    }

    /// One piece, then the end.
    func capture(port: String?) -> AsyncStream<[UInt8]>? {
        AsyncStream { continuation in
            continuation.yield(Array("capture of \(port ?? "all")".utf8))
            continuation.finish()
        }
    }
}
