/// How far the addresses of a protocol tell people apart.
public struct Identity: Equatable, Sendable {
    public enum Reach: Sendable {
        /// The address is the same device wherever it is heard: an IMEI, the id of a radio.
        case global
        /// Somebody has numbered the devices of one receiver, and somebody else may have used the
        /// same numbers on the next: accounts, pager numbers.
        case port
    }

    public var reach: Reach
    /// One address stands for many people, and the words of a message say who it is: a nurse's
    /// pager and the rooms that call it, the user or the room that a panel names beside a zone.
    public var wordsTell: Bool

    public init(_ reach: Reach, wordsTell: Bool = false) {
        self.reach = reach
        self.wordsTell = wordsTell
    }
}

/// How the wire names who sends: an address, and within what it was given out.
public struct Caller: Hashable, Sendable {
    public var address: ShortText?
    public var scope: ShortText?

    public init(_ address: ShortText?, scope: ShortText? = nil) {
        self.address = address
        self.scope = scope
    }
}

extension WordedDraft {
    public var caller: Caller { Caller(draft.address, scope: draft.scope) }
}

/// Who sends: a caller, and how far that name reaches. Where the wire names nobody, the port stands
/// for them, and on a listener the peer's address as well.
public struct Origin: Hashable, Sendable {
    public var protocolID: ProtocolID
    public var caller: Caller
    /// Nil where the address means the same on every port.
    public var wire: WireID?

    public init(
        _ protocolID: ProtocolID, _ caller: Caller, on wire: WireID, _ reach: Identity.Reach
    ) {
        self.protocolID = protocolID
        self.caller = caller
        switch (caller.address, reach) {
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
            of: event.draft,
            Origin(event.protocolID, event.draft.caller, on: event.wire.id, identity.reach),
            identity)
    }

    public init(of draft: WordedDraft, _ origin: Origin, _ identity: Identity) {
        self.init(
            origin, partition: draft.partition, zone: draft.zone,
            words: identity.wordsTell ? draft.text : nil)
    }

    /// Of the event that opened the alert.
    public init(of alert: Alert, _ identity: Identity) {
        self.init(
            Origin(
                alert.protocolID, Caller(alert.address, scope: alert.scope), on: alert.wire.id,
                identity.reach),
            partition: alert.partition, zone: alert.zone,
            words: identity.wordsTell ? alert.text : nil)
    }
}
