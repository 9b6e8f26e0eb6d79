import AlarmModel
import WireProtocols

/// Between the station and its fakes, for the planted bugs that hide an event: without them it lets
/// everything through. What is left closes the ranks, so that no gap gives the bug away.
struct EventFilter {
    private let planted: PlantedBug?
    private var last: Event?
    /// By frame and wire, when it came first.
    private var known: [UInt64: MonotonicTime] = [:]
    private var hidden: Set<UUIDv7> = []
    private var hiddenJoins: [UUIDv7: Int] = [:]
    private var numbers: [UUIDv7: Sequence] = [:]

    private static let bugs: Set<PlantedBug> = [
        .secondEventDropped, .newPressFolded, .foldedAfterOrder, .windowSlides,
        .namelessEndDropped, .stormRowDropped,
    ]

    init(_ planted: PlantedBug?) { self.planted = planted }

    /// The entry as the ledger gets it.
    mutating func store(_ entry: LedgerEntry, from wire: Wire?) -> LedgerEntry? {
        if planted == .peersAreOne || planted == .connectionForWire, let wire {
            return Self.mended(entry) { $0.wire = wire }
        }
        if planted == .stormCountForgotten { return Self.mended(entry) { $0.count = 1 } }
        guard let planted, Self.bugs.contains(planted) else { return entry }
        var shown = LedgerEntry(records: [])
        for record in entry.records {
            if case .event(let event) = record, hides(event) {
                hidden.insert(event.id)
                if let alert = event.alert { hiddenJoins[alert.id, default: 0] += 1 }
                continue
            }
            shown.records.append(renumbered(record))
        }
        shown.alerts = entry.alerts.filter { !hidden.contains($0.id) }.map { alert in
            var alert = alert
            alert.eventCount -= hiddenJoins[alert.id] ?? 0
            return alert
        }
        return shown.records.isEmpty ? nil : shown
    }

    private static func mended(
        _ entry: LedgerEntry, _ mend: (inout Event) -> Void
    ) -> LedgerEntry {
        var entry = entry
        for index in entry.records.indices {
            guard case .event(var event) = entry.records[index] else { continue }
            mend(&event)
            entry.records[index] = .event(event)
        }
        return entry
    }

    /// The record as the stream gets it.
    func publish(_ record: Record) -> Record? {
        switch record {
        case .event(var event):
            guard !hidden.contains(event.id) else { return nil }
            event.sequence = numbers[event.id] ?? event.sequence
            return .event(event)
        case .change(var change):
            change.sequence = numbers[change.id] ?? change.sequence
            return .change(change)
        }
    }

    private mutating func renumbered(_ record: Record) -> Record {
        let number = Sequence(rawValue: record.sequence.rawValue - Int64(hidden.count))
        switch record {
        case .event(var event):
            event.sequence = number
            numbers[event.id] = number
            return .event(event)
        case .change(var change):
            change.sequence = number
            numbers[change.id] = number
            return .change(change)
        }
    }

    private mutating func hides(_ event: Event) -> Bool {
        let isSameMessage = last?.raw == event.raw && last?.received == event.received
        let isHidden = last.map { hidden.contains($0.id) } ?? false
        last = event
        switch planted {
        case .secondEventDropped: return isSameMessage
        case .stormRowDropped: return event.count > 1
        case .namelessEndDropped: return event.draft.isRestored && event.draft.address == nil
        case _ where isSameMessage: return isHidden
        default: break
        }
        let print = RunningHash.of(event.raw, on: event.wire.id)
        let now = event.received.monotonic
        let first = known[planted == .newPressFolded ? RunningHash.of(event.raw) : print]
        let window = Self.window(of: event)
        known[planted == .newPressFolded ? RunningHash.of(event.raw) : print] = now
        guard let first else { return false }
        return switch planted {
        case .foldedAfterOrder: now - first <= window
        case .windowSlides: now - first > window && now - first <= window + window
        default: true
        }
    }

    private static func window(of event: Event) -> TimeSpan {
        switch ProtocolRegistry.find(event.protocolID)?.repeatRule {
        case .sameBytes(let window): window
        case .afterAnswer(let patience, _): patience
        case .never, nil: .seconds(0)
        }
    }
}

extension TimeSpan {
    fileprivate static func + (a: TimeSpan, b: TimeSpan) -> TimeSpan {
        TimeSpan(microseconds: a.microseconds + b.microseconds)
    }
}
