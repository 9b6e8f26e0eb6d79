/// What a message says, before the station has numbered and stored it. A protocol makes these.
///
/// Holding one costs no heap allocation unless `text` is set.
public struct EventDraft: Equatable, Sendable {
    public var kind: EventKind
    /// The condition has ended: annotates an alert, never ends it.
    public var isRestored: Bool = false
    /// Its sender marked the message as a test.
    public var isTest: Bool = false
    /// The device says that it sends this from its buffer.
    public var isLate: Bool = false
    /// As the wire says it; nil where the wire names no device.
    public var address: ShortText?
    /// The device's own time. It decides nothing.
    public var reportedAt: WallTime?
    public var position: Position?
    /// The protocol's own alarm code as the wire has it: `1101`, `20`, `GTSOS`.
    public var code: ShortText?
    public var partition: UInt16?
    public var zone: UInt32?
    public var fence: ShortText?
    /// 0...100.
    public var batteryPercent: UInt8?
    /// Radio signal, 0...100.
    public var signalPercent: UInt8?
    /// The device's own number for this message.
    public var deviceSerial: UInt32?
    public var text: String?
    /// Set when the wire repeats this in every message for as long as it lasts: the bit that it
    /// has in ``heldConditions``. Such an event counts when the bit rises.
    public var heldBit: UInt8?
    /// All such bits of the message, on its telemetry draft, so that the station sees them fall.
    public var heldConditions: UInt32?

    @inlinable @inline(__always)
    public init(_ kind: EventKind, address: ShortText? = nil) {
        self.kind = kind
        self.address = address
    }
}

/// The station's protocol-neutral fact: one row of the ledger.
public struct Event: Equatable, Sendable {
    public var id: UUIDv7
    /// 0 for telemetry, which has no row.
    public var sequence: Sequence
    public var protocolID: ProtocolID
    public var portID: PortID
    public var received: Moment
    public var priority: Priority
    public var draft: EventDraft
    /// The frame as received, to the byte.
    public var raw: [UInt8]
    /// 64-bit FNV-1a of `raw`: how a repeat of the same frame is recognised after a restart.
    public var fingerprint: UInt64

    public init(
        id: UUIDv7, sequence: Sequence, protocolID: ProtocolID, portID: PortID, received: Moment,
        priority: Priority, draft: EventDraft, raw: [UInt8], fingerprint: UInt64
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
