/// One step in the life of an alert that a person or the time made: a row of the ledger like an
/// event, with a place in the same sequence.
public struct Change: Equatable, Sendable {
    public var id: UUIDv7
    public var sequence: Sequence
    public var alert: AlertReference
    /// Of the alert once this has happened; 1 is the alert as it was opened.
    public var version: Int
    public var at: Moment
    public var boot: BootID?
    public var draft: ChangeDraft

    public init(
        id: UUIDv7, sequence: Sequence, alert: AlertReference, version: Int, at: Moment,
        boot: BootID?, draft: ChangeDraft
    ) {
        self.id = id
        self.sequence = sequence
        self.alert = alert
        self.version = version
        self.at = at
        self.boot = boot
        self.draft = draft
    }
}

/// The raw value is the name in JSON and in the ledger.
public enum ChangeKind: String, CaseIterable, Sendable {
    /// An operator took it.
    case acknowledged
    /// Its owner gave it back.
    case released
    /// Another operator took it from its owner.
    case takenOver
    /// Its owner put it aside until a time.
    case parked
    case noted
    /// Somebody is on the way, or there.
    case attended
    /// Nobody took it for so long that a further step was taken.
    case escalated
    /// Pressed again after somebody had it, or the time of its parking is over.
    case raisedAgain
    /// The device says that the condition has ended. A person still ends the alert.
    case restored
    /// A person ended it.
    case resolved
}

/// What a change says, before the station has numbered it.
public struct ChangeDraft: Equatable, Sendable {
    public var kind: ChangeKind
    /// A person's account, the name of a desk, or ``station``.
    public var by: String
    public var note: String?
    public var outcome: AlertOutcome?
    /// Of a parking.
    public var until: WallTime?
    /// Of an escalation, 1 for the first.
    public var step: Int?
    /// Who is sent, and how far they are, in the desk's words.
    public var responder: String?
    public var stage: String?

    public static let station = "station"

    public init(
        _ kind: ChangeKind, by: String = ChangeDraft.station, note: String? = nil,
        outcome: AlertOutcome? = nil, until: WallTime? = nil, step: Int? = nil,
        responder: String? = nil, stage: String? = nil
    ) {
        self.kind = kind
        self.by = by
        self.note = note
        self.outcome = outcome
        self.until = until
        self.step = step
        self.responder = responder
        self.stage = stage
    }
}

/// What an alert turned out to be. The raw value is the name in JSON and in the ledger.
public enum AlertOutcome: String, CaseIterable, Sendable {
    case rescue, help, enquiry, accidental, test
    /// Nobody answered, and somebody went and looked.
    case noAnswerChecked
    case deviceFault, unreachable
    /// The same need as another alert's.
    case duplicate
}

/// What has a place in the ledger's sequence.
public enum Record: Equatable, Sendable {
    // Behind a pointer: a record goes from hand to hand on its way, and is moved, not copied.
    indirect case event(Event)
    indirect case change(Change)

    public var sequence: Sequence {
        switch self {
        case .event(let event): event.sequence
        case .change(let change): change.sequence
        }
    }

    public var event: Event? { if case .event(let event) = self { event } else { nil } }
    public var change: Change? { if case .change(let change) = self { change } else { nil } }
}
