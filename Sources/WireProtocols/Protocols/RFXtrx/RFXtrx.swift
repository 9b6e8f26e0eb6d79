import AlarmModel

/// The RFXtrx433 receiver: what security remotes, contacts and smoke detectors of many makes say on
/// 433.92 MHz, as packets. `protocol-spec/rfxtrx/SPEC.md` has the details.
///
/// ```
/// length 1 | type 1 | subtype 1 | sequence 1 | length - 3 bytes more
/// ```
/// There is no checksum and no mark where a packet begins: what tells one from noise is that its
/// length is one that its type can have.
public enum RFXtrx: WireProtocol {
    public typealias Session = RFXtrxSession

    public static let about = ProtocolDescription(
        id: "rfxtrx", title: "RFXtrx433 with security remotes and detectors",
        link: "USB serial, 38400 8N1", reply: "reset, status and start when a port opens",
        authority: "stated by several open decoders that agree; PyPI pyRFXtrx 0.34.0",
        kinds: EventKind.allCases.filter { $0 != .position })

    public static let hasChecksum = false

    /// The length byte and the longest packet of ``packetLengths``.
    public static let frameLengthMax = 22

    /// A remote has an id of its own, whichever receiver hears it.
    public static let identity = Identity(.global)

    /// The receiver sends each packet once and waits for no answer.
    public static let repeatRule = RepeatRule.never

    /// Offsets in a packet.
    enum Field {
        static let length = 0
        static let type = 1
        static let subtype = 2
        static let sequence = 3
        /// Of the receiver's own messages: the command that is answered.
        static let command = 4
        /// Of the answer to a status request: 0x53 for 433.92 MHz, and the firmware's version.
        static let firmware = 6
    }

    @inline(__always)
    public static func scan(_ unread: Span<UInt8>, searched: Int) -> FrameScan {
        guard unread.count > Field.type else {
            return isLengthOfAny(unread[0])
                ? .needMore(searched: 1) : .skip(count: 1, reason: .noise)
        }
        let (length, type) = (unread[0], unread[Field.type])
        guard
            type == PacketType.security && length == securityLength
                || isLength(length, of: type)
        else { return .skip(count: 1, reason: .noise) }
        let end = Int(length) + 1
        return unread.count >= end ? .frame(length: end) : .needMore(searched: unread.count)
    }

    @inline(never)
    private static func isLength(_ length: UInt8, of type: UInt8) -> Bool {
        packetLengths.contains { $0.type == type && $0.lengths.contains(length) }
    }

    @inline(never)
    private static func isLengthOfAny(_ length: UInt8) -> Bool {
        packetLengths.contains { $0.lengths.contains(length) }
    }

    /// The receiver's answer to the status request is answered with the order to begin.
    public static func reply(
        to message: Message, in session: inout RFXtrxSession, into reply: inout Reply
    ) {
        guard case .packet(let packet) = message, packet.type == PacketType.interface else {
            return
        }
        session.hasAnswered()
        guard packet.command == Command.status else { return }
        for byte in Command.packet(Command.start, sequence: 2) { reply.append(byte) }
    }
}
