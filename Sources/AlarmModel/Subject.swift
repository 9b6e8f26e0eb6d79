/// How far the addresses of a protocol tell people apart.
public struct Identity: Equatable, Sendable {
    public enum Scope: Sendable {
        /// The address is the same device wherever it is heard: an IMEI, the id of a radio.
        case global
        /// Somebody has numbered the devices of one receiver, and somebody else may have used the
        /// same numbers on the next: accounts, pager numbers.
        case port
    }

    public var scope: Scope
    /// One address stands for many people, and only the words of a message say who it is: a nurse's
    /// pager, and the rooms that call it.
    public var wordsTell: Bool

    public init(_ scope: Scope, wordsTell: Bool = false) {
        self.scope = scope
        self.wordsTell = wordsTell
    }
}

/// Who sends: an address with its scope. Where the wire names nobody, the port stands for them, and
/// on a listener the peer's address as well.
public struct Origin: Hashable, Sendable {
    public var protocolID: ProtocolID
    public var address: ShortText?
    /// Nil where the address means the same on every port.
    public var wire: WireID?

    public init(
        _ protocolID: ProtocolID, _ address: ShortText?, on wire: WireID, _ scope: Identity.Scope
    ) {
        self.protocolID = protocolID
        self.address = address
        switch (address, scope) {
        case (nil, _): self.wire = wire
        case (_?, .port): self.wire = WireID(portID: wire.portID)
        case (_?, .global): self.wire = nil
        }
    }
}

/// Who or what an event is about, as far as the wire tells people apart: its origin, and below it
/// zone, partition or words. The one key of alerts and of held conditions.
public struct Subject: Hashable, Sendable {
    public var origin: Origin
    public var partition: UInt16?
    public var zone: UInt32?
    /// Nil where words only describe.
    public var words: String?

    public init(
        _ origin: Origin, partition: UInt16? = nil, zone: UInt32? = nil, words: String? = nil
    ) {
        self.origin = origin
        self.partition = partition
        self.zone = zone
        self.words = words
    }
}

extension Subject {
    public init(of event: Event, _ identity: Identity) {
        self.init(
            Origin(event.protocolID, event.draft.address, on: event.wire.id, identity.scope),
            partition: event.draft.partition, zone: event.draft.zone,
            words: identity.wordsTell ? event.draft.text : nil)
    }

    /// Of the event that opened the alert.
    public init(of alert: Alert, _ identity: Identity) {
        self.init(
            Origin(alert.protocolID, alert.address, on: alert.wire.id, identity.scope),
            partition: alert.partition, zone: alert.zone,
            words: identity.wordsTell ? alert.text : nil)
    }
}
