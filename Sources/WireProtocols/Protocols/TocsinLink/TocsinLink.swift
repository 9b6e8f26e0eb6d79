import AlarmModel

/// The station's own open link for makers of receivers: acknowledged after the commit, every kind
/// of event, one message for all that one press says. `protocol-spec/tocsin-link/SPEC.md`.
///
/// ```
///  wire      00 | COBS of the content, 1...502 bytes without a 00 | 00
///
///  content   +---------+------+-------+----------+---------------+--------+
///            | version | type | nonce | sequence | body          | CRC    |
///            | 1       | 1    | 4     | 4        | 0...486       | 4      |
///            +---------+------+-------+----------+---------------+--------+
/// ```
///
/// Numbers are little-endian. The delimiter in front is optional for a reader: it may have been
/// lost. Bit 7 of the type tells the direction: a frame of a station that comes in is our own
/// echo, and is skipped, so that it neither proves that a receiver is alive nor is answered.
public enum TocsinLink: WireProtocol {
    public static let about = ProtocolDescription(
        id: "tocsin-link",
        title: "Tocsin's open link for receivers",
        link: "USB CDC, serial",
        reply: "ACK after the commit, NAK on damage, HELLO to HELLO",
        authority: "laid down in this repository, protocol-spec/tocsin-link/SPEC.md",
        kinds: EventKind.allCases)

    /// Two delimiters, two COBS codes, 500 bytes of content.
    public static let frameLengthMax = 504
    /// The maker of a receiver names its devices, and so may the next one.
    public static let identity = Identity(.port)

    /// Nonce and sequence number make each message unlike any other.
    public static let repeatRule = RepeatRule.sameBytes(within: .seconds(86_400))

    static let delimiter: UInt8 = 0

    @inline(__always)
    public static func scan(_ unread: Span<UInt8>, searched: Int) -> FrameScan {
        let start = unread[0] == delimiter ? 1 : 0
        let window = unread.extracting(0..<min(unread.count, frameLengthMax))
        guard let end = window.firstIndex(of: delimiter, from: max(start, searched)) else {
            return window.count < frameLengthMax
                ? .needMore(searched: window.count)
                : .skip(count: frameLengthMax, reason: .tooLong)
        }
        return isLikelyEvent(window, from: start, to: end)
            ? .likelyFrame(length: end + 1) : judge(window, from: start, to: end)
    }

    public static func rescan(_ unread: Span<UInt8>) -> FrameScan {
        let start = unread[0] == delimiter ? 1 : 0
        let window = unread.extracting(0..<min(unread.count, frameLengthMax))
        let end = window.firstIndex(of: delimiter, from: start) ?? window.count - 1
        return judge(window, from: start, to: end)
    }

    /// An EVENT of this version by its first bytes: `parse` verifies the rest on its way.
    @inline(__always)
    private static func isLikelyEvent(_ window: Span<UInt8>, from start: Int, to end: Int) -> Bool {
        end - start > ContentField.body && window[start + 1] == version
            && window[start + 2] == MessageType.event
    }

    private static func judge(_ window: Span<UInt8>, from start: Int, to end: Int) -> FrameScan {
        // Of two delimiters in a row the second may be the front of a frame.
        guard end > start else { return .skip(count: 1, reason: .noise) }
        guard let damage = damage(in: window.extracting(0...end)) else {
            return .frame(length: end + 1)
        }
        // The delimiter that ended the damage stays: it may be the front of the next frame.
        return .skip(count: end, reason: damage)
    }

    private static func damage(in frame: Span<UInt8>) -> SkipReason? {
        var room = COBS.Room(repeating: 0)
        guard let count = unpack(frame, into: &room) else { return .badEscape }
        let content = room.span.extracting(0..<count)
        guard content.isOfPossibleLength else { return .badLength }
        guard content.isIntactContent else { return .badChecksum }
        return MessageType.isFromStation(content.contentType) ? .badFormat : nil
    }

    @inline(__always)
    public static func reply(
        to message: Message, in session: inout Session, into reply: inout Reply
    ) {
        switch message.body {
        case .hello: reply.append(framing: stationHello(answering: message.header))
        case .event, .keepAlive, .other: reply.append(acknowledging: message.header)
        case .stationHello, .ack, .nak: break
        }
    }

    /// Whole but senseless: the sender's defect, which the same bytes would only show again. It is
    /// acknowledged as soon as the fault is stored, for the header is the same in every version.
    public static func undecodable(
        _ frame: Span<UInt8>, _ error: DecodeError, in session: inout Session
    ) -> UndecodableVerdict {
        var draft = faultDraft(error)
        var room = COBS.Room(repeating: 0)
        guard let count = unpack(frame, into: &room),
            room.span.extracting(0..<count).isOfPossibleLength
        else { return .report(draft, text: nil, reply: nil) }
        let header = room.span.extracting(0..<count).contentHeader
        session.hasAskedAgain = false
        draft.deviceSerial = header.sequence
        var reply = Reply()
        reply.append(acknowledging: header)
        return .report(draft, text: nil, reply: reply)
    }

    public static func reply(toDamage reason: SkipReason, in session: inout Session) -> Reply? {
        guard !session.hasAskedAgain, let reason = NakReason(reason) else { return nil }
        session.hasAskedAgain = true
        return Reply(framing: Message(.unaddressed, .nak(reason.rawValue)))
    }

    public struct Session: ProtocolSession {
        /// One NAK for all damage up to the next good frame: noise cannot make us flood the line.
        var hasAskedAgain = false

        public init(options: ProtocolOptions) throws(OptionProblem) {
            try options.refuseAll(except: [])
        }

        public mutating func opened(at now: Moment) -> Reply? {
            Reply(framing: TocsinLink.stationHello(answering: .unaddressed))
        }
    }

    /// - Parameter header: of the receiver's HELLO; unaddressed asks for one.
    private static func stationHello(answering header: Header) -> Message {
        var hello = Hello(version: version, capabilities: 0)
        hello.maker = "Tocsin"
        hello.model = "station"
        return Message(header, .stationHello(hello))
    }
}
