import AlarmModel

/// Somebody, as far as the wire tells people apart. The checkers' own reading of the contract
/// (design.md §3, §5, invariant 12): they do not ask the station, nor the protocols.
struct FakePerson: Hashable {
    var protocolID: ProtocolID
    var address: ShortText?
    /// Within what the address was given out: the same account on another line is somebody else.
    var scope: ShortText?
    /// Of numbers that somebody gave out for one receiver, and of devices without a number.
    var port: PortID?
    /// Where nobody is named, the connection's far end stands for them.
    var host: String?
    var partition: UInt16?
    var zone: UInt32?
    /// One pager is called for many rooms, one panel names users and rooms.
    var words: String?

    /// Their addresses are given out once for all the world: IMEIs, ids of radios.
    private static let worldwide: Set<ProtocolID> = [
        "jt808", "gt06", "watch", "ev07b", "queclink", "esp3", "rfxtrx", "rtl433",
    ]
    static func isWorldwide(_ id: ProtocolID) -> Bool { worldwide.contains(id) }

    private static let naming: Set<ProtocolID> = [
        "espa444", "tap", "surgard", "ademco685", "radionics6500", "fbii", "dc09",
    ]

    init(_ draft: WordedDraft, _ protocolID: ProtocolID, on wire: WireID) {
        self.protocolID = protocolID
        address = draft.address
        scope = draft.scope
        let isWorldwide = address != nil && Self.isWorldwide(protocolID)
        port = isWorldwide ? nil : wire.portID
        host = address == nil ? wire.host : nil
        partition = draft.partition
        zone = draft.zone
        words = Self.naming.contains(protocolID) ? draft.text : nil
    }
}

/// Who tells, and over which wire: what they told folds and holds what they tell, and nobody's
/// else.
struct FakeTeller: Hashable {
    var protocolID: ProtocolID
    var wire: WireID
    var address: ShortText?

    /// The same address, heard on another wire: a locator that has moved on, or a stranger.
    func isSameDevice(as other: FakeTeller) -> Bool {
        guard address != nil, address == other.address, protocolID == other.protocolID,
            wire != other.wire
        else { return false }
        return FakePerson.isWorldwide(protocolID) || wire.portID == other.wire.portID
    }
}
