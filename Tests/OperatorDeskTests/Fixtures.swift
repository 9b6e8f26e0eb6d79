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
        protocolID: "surgard", portID: "receiver-1",
        received: Moment(wall: receivedAt, monotonic: MonotonicTime(microseconds: 0)),
        priority: kind.priority, draft: WordedDraft(kind, address: "1234"), raw: raw,
        fingerprint: 0)
}

/// The line of `makeEvent(sequence, .sos)`, typed by hand.
func sosLine(_ sequence: Int64) -> String {
    "{\"id\":\"\(eventID(sequence))\",\"sequence\":\(sequence),\"kind\":\"sos\","
        + "\"priority\":\"emergency\",\"restored\":false,\"test\":false,\"late\":false,"
        + "\"device\":{\"protocol\":\"surgard\",\"address\":\"1234\"},\"port\":\"receiver-1\","
        + "\"receivedAt\":\"2026-11-21T09:26:00.123456Z\"}"
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// Keeps events and alerts in memory, and can fail and be interrupted like a disk.
final class FakeLedger: EventSource {
    static let diskError = LedgerError(.failed, message: "cannot read it", remedy: "look at it")

    struct State {
        var events: [Event] = []
        var alerts: [StoredAlert] = []
        var isFailing = false
        /// Called at each page, before it is read.
        var beforePage: (@Sendable () -> Void)?
        var pagesRead = 0
    }

    let state = Mutex(State())

    func append(_ events: [Event]) {
        state.withLock { $0.events += events.filter { !$0.kind.isTelemetry } }
    }

    func events(after: Sequence, through: Sequence?, limit: Int) throws(LedgerError) -> [Event] {
        state.withLock(\.beforePage)?()
        return try state.withLock { (state) throws(LedgerError) in
            if state.isFailing { throw Self.diskError }
            state.pagesRead += 1
            let first = min(Int(after.rawValue), state.events.count)
            let page = state.events[first...].prefix(limit)
            return page.filter { through == nil || $0.sequence.rawValue <= through!.rawValue }
        }
    }

    func lastSequence() throws(LedgerError) -> Sequence {
        try state.withLock { (state) throws(LedgerError) in
            if state.isFailing { throw Self.diskError }
            return state.events.last?.sequence ?? 0
        }
    }

    func alerts(states: Set<Alert.State>, limit: Int) throws(LedgerError) -> [StoredAlert] {
        state.withLock { Array($0.alerts.filter { states.contains($0.alert.state) }.prefix(limit)) }
    }

    func alert(id: UUIDv7) throws(LedgerError) -> StoredAlert? {
        state.withLock { $0.alerts.first { $0.alert.id == id } }
    }
}

/// Shows what a test sets and remembers the orders that it was given.
final class FakeStation: StationView {
    struct Order: Equatable {
        var name: String
        var alert: UUIDv7
        var by: String?
    }

    struct State {
        var ports: [PortStatus] = []
        var health = StationHealth()
        var metrics: [MetricFamily] = []
        var outcome = CommandOutcome.notFound
        var orders: [Order] = []
    }

    let state = Mutex(State())

    var ports: [PortStatus] { state.withLock(\.ports) }
    var health: StationHealth { state.withLock(\.health) }
    var metrics: [MetricFamily] { state.withLock(\.metrics) }

    func acknowledge(_ alert: UUIDv7, by: String?) async -> CommandOutcome {
        take(Order(name: "acknowledge", alert: alert, by: by))
    }

    func resolve(_ alert: UUIDv7, by: String?) async -> CommandOutcome {
        take(Order(name: "resolve", alert: alert, by: by))
    }

    /// One piece, then the end.
    func capture(port: String?) -> AsyncStream<[UInt8]>? {
        AsyncStream { continuation in
            continuation.yield(Array("capture of \(port ?? "all")".utf8))
            continuation.finish()
        }
    }

    private func take(_ order: Order) -> CommandOutcome {
        state.withLock { state in
            state.orders.append(order)
            return state.outcome
        }
    }
}
