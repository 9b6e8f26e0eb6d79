import AlarmModel

/// EnOcean Serial Protocol 3, as the USB 300 stick speaks it: push buttons that live on the energy
/// of the press, and contacts that live on light. `protocol-spec/esp3/SPEC.md` has the details.
///
/// ```
/// 55 | data length 2 | optional length 1 | type 1 | CRC-8 | data | optional data | CRC-8
/// ```
/// Big-endian. The first check byte covers the four bytes before it, the second both kinds of
/// data. 55 is not escaped, so a scan that found damage goes on at the next 55 inside it.
public enum ESP3: WireProtocol {
    public typealias Session = ESP3Session

    public static let about = ProtocolDescription(
        id: "esp3", title: "EnOcean ESP3, USB 300 with push buttons and contacts",
        link: "USB serial, 57600 8N1", reply: "none",
        authority: "EnOcean's public specification and knowledge base; PyPI enocean 0.60.1",
        kinds: EventKind.allCases.filter { $0 != .position })

    /// Header, the longest content that is taken, and its check byte.
    public static let frameLengthMax = Header.length + contentLengthMax + 1

    /// A transmitter has an id of its own.
    public static let identity = Identity(.global)

    /// A press carries no number. ``ESP3Session`` tells copies of a telegram by their time.
    public static let repeatRule = RepeatRule.never

    static let sync: UInt8 = 0x55
    /// Data and optional data of any packet. The wire could declare 65,790.
    static let contentLengthMax = 512

    /// Offsets from the synchronisation byte.
    enum Header {
        static let dataLength = 1
        static let optionalLength = 3
        static let type = 4
        static let check = 5
        static let length = 6
    }

    @inline(__always)
    public static func scan(_ unread: Span<UInt8>, searched: Int) -> FrameScan {
        guard unread[0] == sync else {
            return .skip(count: unread.firstIndex(of: sync) ?? unread.count, reason: .noise)
        }
        guard unread.count >= Header.length else { return .needMore(searched: unread.count) }
        let declared = unread.extracting(Header.dataLength..<Header.check)
        guard Checksums.crc8(declared) == unread[Header.check] else {
            return .skip(count: 1, reason: .badChecksum)
        }
        let data = Int(unread.uint16(at: Header.dataLength))
        let content = data + Int(unread[Header.optionalLength])
        guard data > 0 else { return .skip(count: 1, reason: .badLength) }
        guard content <= contentLengthMax(of: unread[Header.type]) else {
            return .skip(count: 1, reason: .tooLong)
        }
        let end = Header.length + content
        guard unread.count > end else { return .needMore(searched: unread.count) }
        guard Checksums.crc8(unread.extracting(Header.length..<end)) == unread[end] else {
            return .skip(count: 1, reason: .badChecksum)
        }
        return .frame(length: end + 1)
    }

    /// A 55 out of place may be followed by what looks like a header. The less a packet may hold,
    /// the fewer presses can wait behind one that never ends.
    private static func contentLengthMax(of type: UInt8) -> Int {
        switch type {
        case PacketType.remoteManagement, PacketType.message: contentLengthMax
        default: 64
        }
    }

    /// A stick wants no answer.
    public static func reply(
        to message: Message, in session: inout ESP3Session, into reply: inout Reply
    ) {}
}
