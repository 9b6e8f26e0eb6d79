import AlarmModel

/// Between the station and its fakes, for the planted bugs that hide an event: without them it lets
/// everything through. What is left closes the ranks, so that no gap gives the bug away.
struct EventFilter {
    private let planted: PlantedBug?
    private var last: Event?
    private var known: Set<UInt64> = []
    private var hidden: Set<UUIDv7> = []
    private var hiddenJoins: [UUIDv7: Int] = [:]
    private var numbers: [UUIDv7: Sequence] = [:]

    init(_ planted: PlantedBug?) { self.planted = planted }

    /// The entry as the ledger gets it.
    mutating func store(_ entry: LedgerEntry) -> LedgerEntry? {
        guard planted == .secondEventDropped || planted == .newPressFolded else { return entry }
        switch entry {
        case .event(var event):
            if hides(event) {
                hidden.insert(event.id)
                return nil
            }
            event.sequence = Sequence(rawValue: event.sequence.rawValue - Int64(hidden.count))
            numbers[event.id] = event.sequence
            return .event(event)
        case .alert(var alert, let joinedBy):
            if let joinedBy, hidden.contains(joinedBy) {
                hiddenJoins[alert.id, default: 0] += 1
                return nil
            }
            alert.eventCount -= hiddenJoins[alert.id] ?? 0
            return .alert(alert, joinedBy: joinedBy)
        }
    }

    /// The event as the stream gets it.
    func publish(_ event: Event) -> Event? {
        guard !hidden.contains(event.id) else { return nil }
        var event = event
        event.sequence = numbers[event.id] ?? event.sequence
        return event
    }

    private mutating func hides(_ event: Event) -> Bool {
        let isSameMessage =
            last?.fingerprint == event.fingerprint && last?.received == event.received
        last = event
        if planted == .secondEventDropped { return isSameMessage }
        return !known.insert(event.fingerprint).inserted && !isSameMessage
    }
}
