/// All that one message or one order makes true: stored whole or not at all.
///
/// A resend of a message of which the disk has a part would be taken for known, and the rest of it
/// would be lost with the power: so its records are one entry.
public struct LedgerEntry: Equatable, Sendable {
    /// New rows, at least one. Their sequences follow the one before without a gap.
    public var records: [Record]
    /// The alerts that they touch, as they are behind the last of them.
    public var alerts: [Alert]

    public init(records: [Record], alerts: [Alert] = []) {
        self.records = records
        self.alerts = alerts
    }

    /// How many entries from the front of `waiting` go to the disk in one piece: at most `most`
    /// records, and at least one entry.
    public static func groupCount(_ waiting: some Swift.Sequence<LedgerEntry>, most: Int) -> Int {
        var count = 0
        var records = 0
        for entry in waiting {
            records += entry.records.count
            if count > 0, records > most { break }
            count += 1
        }
        return count
    }
}

/// What the ledger knew when it was opened: all that the station needs to go on from there.
public struct Recovery: Equatable, Sendable {
    /// 0 when the ledger is empty.
    public var lastSequence: Sequence
    /// Names the ledger: what clients resume by means nothing in another one.
    public var epoch: String
    /// The boot that this life of the station belongs to.
    public var boot: BootID?
    /// The alerts that no person has ended, the gravest and then the oldest first, at most
    /// ``Limits/ongoingAlertsMax``.
    public var ongoingAlerts: [Alert]
    /// The newest events, oldest first, at most ``Limits/recoveredEventsMax``: how a repeat is
    /// recognised across a restart.
    public var recentEvents: [Event]
    /// How many of ``recentEvents``, from the oldest on, were received before this boot: their
    /// monotonic time belongs to another clock and must not be compared with the present.
    public var earlierBootEvents: Int
    /// What was found and mended, in sentences for the journal.
    public var findings: [String]
    /// What a person has to look after, in sentences: the station's health is degraded by it until
    /// a start finds it no more.
    public var warnings: [String]
    /// Where the damaged ledger is that this one, which is empty, has taken the place of, or its
    /// log where nothing else is left of it: what the station says first.
    public var setAside: String?

    public init(
        lastSequence: Sequence = 0, epoch: String = "", boot: BootID? = nil,
        ongoingAlerts: [Alert] = [], recentEvents: [Event] = [],
        earlierBootEvents: Int = 0, findings: [String] = [], warnings: [String] = []
    ) {
        self.lastSequence = lastSequence
        self.epoch = epoch
        self.boot = boot
        self.ongoingAlerts = ongoingAlerts
        self.recentEvents = recentEvents
        self.earlierBootEvents = earlierBootEvents
        self.findings = findings
        self.warnings = warnings
    }
}
