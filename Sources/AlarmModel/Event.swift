/// The station's protocol-neutral fact: one row of the ledger.
public struct Event: Equatable, Sendable {
    public var id: UUIDv7
    /// 0 for telemetry, which has no row.
    public var sequence: Sequence
    public var protocolID: ProtocolID
    public var portID: PortID
    public var received: Moment
    public var priority: Priority
    public var draft: WordedDraft
    /// The frame as received, to the byte.
    public var raw: [UInt8]
    /// 64-bit FNV-1a of `raw`: how a repeat of the same frame is recognised after a restart.
    public var fingerprint: UInt64

    public init(
        id: UUIDv7, sequence: Sequence, protocolID: ProtocolID, portID: PortID, received: Moment,
        priority: Priority, draft: WordedDraft, raw: [UInt8], fingerprint: UInt64
    ) {
        self.id = id
        self.sequence = sequence
        self.protocolID = protocolID
        self.portID = portID
        self.received = received
        self.priority = priority
        self.draft = draft
        self.raw = raw
        self.fingerprint = fingerprint
    }

    public var kind: EventKind { draft.kind }

    /// Who it is from: the address on the wire.
    public var device: DeviceAddress? {
        draft.address.map { DeviceAddress(protocolID, $0) }
    }
}
