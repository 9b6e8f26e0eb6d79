/// What an operator works on: opened by an event, joined by its repeats, ended by a person.
public struct Alert: Equatable, Sendable {
    public enum State: String, CaseIterable, Sendable {
        /// Nobody has taken it yet, or it was raised again after somebody had.
        case open
        /// An operator has taken it.
        case acknowledged
        /// A person has ended it.
        case resolved
    }

    /// Of an alert that is ongoing there is one per origin and kind.
    public struct Key: Hashable, Sendable {
        public var portID: PortID
        /// Nil where the wire names no device: the port stands for it.
        public var device: DeviceAddress?
        public var kind: EventKind

        /// A device that is heard through another receiver is still the same device, so the port
        /// counts only where no device is named.
        public init(kind: EventKind, device: DeviceAddress?, portID: PortID) {
            self.kind = kind
            self.device = device
            self.portID = device == nil ? portID : ""
        }

        public init(of event: Event) {
            self.init(kind: event.kind, device: event.device, portID: event.portID)
        }
    }

    /// The id of the event that opened it.
    public var id: UUIDv7
    public var state: State
    public var kind: EventKind
    public var priority: Priority
    public var device: DeviceAddress?
    public var portID: PortID
    public var openedAt: WallTime
    public var changedAt: WallTime
    /// Events joined, the opening one included.
    public var eventCount: Int
    /// Resends of those events that were answered again and not stored again.
    public var repeatCount: Int
    /// The condition has ended, says the device; a person still ends the alert.
    public var isRestored: Bool

    public init(openedBy event: Event) {
        id = event.id
        state = .open
        kind = event.kind
        priority = event.priority
        device = event.device
        portID = event.portID
        openedAt = event.received.wall
        changedAt = event.received.wall
        eventCount = 1
        repeatCount = 0
        isRestored = false
    }

    /// An alert as the ledger holds it.
    public init(
        id: UUIDv7, state: State, kind: EventKind, priority: Priority, device: DeviceAddress?,
        portID: PortID, openedAt: WallTime, changedAt: WallTime, eventCount: Int,
        repeatCount: Int, isRestored: Bool
    ) {
        self.id = id
        self.state = state
        self.kind = kind
        self.priority = priority
        self.device = device
        self.portID = portID
        self.openedAt = openedAt
        self.changedAt = changedAt
        self.eventCount = eventCount
        self.repeatCount = repeatCount
        self.isRestored = isRestored
    }

    /// The key under which further events of the same origin find this alert.
    public var key: Key {
        Key(kind: kind, device: device, portID: portID)
    }
}

/// What became of an operator's order.
public enum CommandOutcome: Equatable, Sendable {
    /// The alert as it now is, durable.
    case done(Alert)
    /// No ongoing alert has this id.
    case notFound
    /// Why not, in a sentence for the operator.
    case refused(String)
}
