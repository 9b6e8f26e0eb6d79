/// One thing to store. The station makes these in order; the ledger stores any number of them in
/// one transaction and keeps their order.
public enum LedgerEntry: Equatable, Sendable {
    /// A new row. Its sequence follows the one before without a gap.
    case event(Event)
    /// The alert as it now is, and the event that joined it, if one did.
    case alert(Alert, joinedBy: UUIDv7?)
}

extension LedgerEntry {
    /// How many entries from the front of `waiting` go to the disk in one piece: about `most`, and
    /// never a message without its end. A resend of a message of which the disk has a part would be
    /// taken for known, and the rest of it would be lost with the power.
    public static func groupCount(_ waiting: some Swift.Sequence<LedgerEntry>, most: Int) -> Int {
        var count = 0
        var previous: Event?
        for entry in waiting {
            let isNextOfMessage: Bool
            switch entry {
            case .event(let event):
                isNextOfMessage =
                    event.fingerprint == previous?.fingerprint
                    && event.received == previous?.received
                previous = event
            case .alert(_, let joinedBy): isNextOfMessage = joinedBy != nil
            }
            if count >= most, !isNextOfMessage { break }
            count += 1
        }
        return count
    }
}

/// What the ledger knew when it was opened: all that the station needs to go on from there.
public struct Recovery: Equatable, Sendable {
    /// 0 when the ledger is empty.
    public var lastSequence: Sequence
    /// Every alert that no person has ended.
    public var ongoingAlerts: [Alert]
    /// The newest events, oldest first, at most ``Limits/recoveredEventsMax``: how a repeat is
    /// recognised across a restart.
    public var recentEvents: [Event]
    /// How many of ``recentEvents``, from the oldest on, were received before this boot: their
    /// monotonic time belongs to another clock and must not be compared with the present.
    public var earlierBootEvents: Int
    /// What was found and mended, in sentences for the journal.
    public var findings: [String]

    public init(
        lastSequence: Sequence = 0, ongoingAlerts: [Alert] = [], recentEvents: [Event] = [],
        earlierBootEvents: Int = 0, findings: [String] = []
    ) {
        self.lastSequence = lastSequence
        self.ongoingAlerts = ongoingAlerts
        self.recentEvents = recentEvents
        self.earlierBootEvents = earlierBootEvents
        self.findings = findings
    }
}
