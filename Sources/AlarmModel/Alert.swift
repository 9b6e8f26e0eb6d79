/// What an operator works on: opened by an event, joined by later events of the same subject and
/// kind, ended by a person.
///
/// It is what its events and changes add up to: ``init(openedBy:)``, ``join(_:)`` and
/// ``apply(_:at:)`` are the only ways to make one but reading it back.
public struct Alert: Equatable, Sendable {
    public enum State: String, CaseIterable, Sendable {
        /// Nobody has taken it yet, or it was raised again after somebody had.
        case open
        /// An operator has taken it.
        case acknowledged
        /// Somebody is on the way, or there.
        case attended
        /// A person has ended it.
        case resolved
    }

    /// The event that opened it gives the alert its id and its place.
    public var reference: AlertReference
    /// 1 as it was opened; each record that belongs to it, event or change, adds one.
    public var version: Int
    public var state: State
    /// Who has it, and since when.
    public var owner: String?
    public var ownedSince: WallTime?
    public var kind: EventKind
    /// Of the gravest event that joined.
    public var priority: Priority
    /// Its sender marks its messages as tests: nothing escalates, and no real press joins it.
    public var isTest: Bool

    // Who and where, as the opening event said it.
    public var protocolID: ProtocolID
    public var address: ShortText?
    public var scope: ShortText?
    public var wire: Wire
    public var partition: UInt16?
    public var zone: UInt32?
    public var code: ShortText?
    public var text: String?

    public var openedAt: WallTime
    public var changedAt: WallTime
    /// Who made the newest change; nil before there is one, and when a press is newer.
    public var changedBy: String?
    /// When a person first took it; never moved.
    public var firstAnsweredAt: WallTime?
    public var parkedUntil: WallTime?
    public var outcome: AlertOutcome?
    /// Events joined, the opening one included.
    public var eventCount: Int
    /// The condition has ended, says the device; a person still ends the alert.
    public var isRestored: Bool

    public var id: UUIDv7 { reference.id }
    public var device: DeviceAddress? { address.map { DeviceAddress(protocolID, $0) } }

    public init(openedBy event: Event) {
        reference = AlertReference(id: event.id, opened: event.sequence)
        version = 1
        state = .open
        kind = event.kind
        priority = event.priority
        isTest = event.draft.isTest
        protocolID = event.protocolID
        address = event.draft.address
        scope = event.draft.scope
        wire = event.wire
        partition = event.draft.partition
        zone = event.draft.zone
        code = event.draft.code
        text = event.draft.text
        openedAt = event.received.wall
        changedAt = event.received.wall
        eventCount = Int(event.count)
        isRestored = false
    }

    /// An alert as the ledger holds it.
    public init(
        reference: AlertReference, version: Int, state: State, owner: String?,
        ownedSince: WallTime?, kind: EventKind, priority: Priority, isTest: Bool,
        protocolID: ProtocolID, address: ShortText?, scope: ShortText?, wire: Wire,
        partition: UInt16?, zone: UInt32?, code: ShortText?, text: String?,
        openedAt: WallTime, changedAt: WallTime, changedBy: String?, firstAnsweredAt: WallTime?,
        parkedUntil: WallTime?, outcome: AlertOutcome?, eventCount: Int, isRestored: Bool
    ) {
        self.reference = reference
        self.version = version
        self.state = state
        self.owner = owner
        self.ownedSince = ownedSince
        self.kind = kind
        self.priority = priority
        self.isTest = isTest
        self.protocolID = protocolID
        self.address = address
        self.scope = scope
        self.wire = wire
        self.partition = partition
        self.zone = zone
        self.code = code
        self.text = text
        self.openedAt = openedAt
        self.changedAt = changedAt
        self.changedBy = changedBy
        self.firstAnsweredAt = firstAnsweredAt
        self.parkedUntil = parkedUntil
        self.outcome = outcome
        self.eventCount = eventCount
        self.isRestored = isRestored
    }

    /// One more event of the same subject and kind.
    public mutating func join(_ event: Event) {
        version += 1
        eventCount += Int(event.count)
        changedAt = event.received.wall
        if event.draft.isRestored {
            // Who claims the number on another wire adds noise, and ends nothing.
            if event.wire.id == wire.id { isRestored = true }
        } else {
            isRestored = false
            priority = min(priority, event.priority)
            changedBy = nil
        }
    }

    public mutating func apply(_ change: ChangeDraft, at time: WallTime) {
        version += 1
        changedAt = time
        changedBy = change.by
        switch change.kind {
        case .acknowledged, .takenOver: give(to: change.by, .acknowledged, at: time)
        case .released: free()
        case .raisedAgain: free()
        case .parked:
            give(to: change.by, .acknowledged, at: time)
            parkedUntil = change.until
        case .attended: give(to: change.by, .attended, at: time)
        case .resolved:
            state = .resolved
            outcome = change.outcome
            parkedUntil = nil
            firstAnsweredAt = firstAnsweredAt ?? time
        case .restored: isRestored = true
        case .noted, .escalated: break
        }
    }

    private mutating func give(to owner: String, _ state: State, at time: WallTime) {
        if self.owner != owner { ownedSince = time }
        self.owner = owner
        self.state = state
        parkedUntil = nil
        firstAnsweredAt = firstAnsweredAt ?? time
    }

    private mutating func free() {
        state = .open
        owner = nil
        ownedSince = nil
        parkedUntil = nil
    }
}

/// Names an alert: the id that the world outside knows, and the place of its opening event, by
/// which the ledger finds it.
public struct AlertReference: Hashable, Sendable {
    public var id: UUIDv7
    public var opened: Sequence

    public init(id: UUIDv7, opened: Sequence) {
        self.id = id
        self.opened = opened
    }
}

/// An alert with the records that belong to it.
public struct StoredAlert: Equatable, Sendable {
    public var alert: Alert
    /// The events that it was opened and joined by, oldest first; of many, the newest
    /// ``Limits/alertEventsMax``.
    public var events: [UUIDv7]
    /// The same of its changes.
    public var changes: [Change]

    public init(alert: Alert, events: [UUIDv7], changes: [Change] = []) {
        self.alert = alert
        self.events = events
        self.changes = changes
    }
}
