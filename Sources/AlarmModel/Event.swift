/// The station's protocol-neutral fact: one row of the ledger.
public struct Event: Equatable, Sendable {
    public var id: UUIDv7
    /// 0 for telemetry, which has no row.
    public var sequence: Sequence
    /// The alert that it opened or joined, if any.
    public var alert: AlertReference?
    public var protocolID: ProtocolID
    public var wire: Wire
    public var received: Moment
    /// The boot that the monotonic part of ``received`` belongs to; nil where the machine says
    /// none.
    public var boot: BootID?
    public var priority: Priority
    public var draft: WordedDraft
    /// The frame as received, to the byte; empty for what the station itself says.
    public var raw: [UInt8]
    /// How many presses of this subject and kind the row stands for: more than one only in a storm,
    /// and then the rest of it is that of the newest.
    public var count: UInt32

    public init(
        id: UUIDv7, sequence: Sequence, alert: AlertReference? = nil, protocolID: ProtocolID,
        wire: Wire, received: Moment, boot: BootID? = nil, priority: Priority, draft: WordedDraft,
        raw: [UInt8], count: UInt32 = 1
    ) {
        self.id = id
        self.sequence = sequence
        self.alert = alert
        self.protocolID = protocolID
        self.wire = wire
        self.received = received
        self.boot = boot
        self.priority = priority
        self.draft = draft
        self.raw = raw
        self.count = count
    }

    public var kind: EventKind { draft.kind }

    /// Who it is from: the address on the wire.
    public var device: DeviceAddress? {
        draft.address.map { DeviceAddress(protocolID, $0) }
    }
}
