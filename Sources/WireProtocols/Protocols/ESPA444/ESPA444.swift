import AlarmModel

/// Nurse call to pager: ESPA 4.4.4 of 1984.
///
/// ```
///   a ENQ                        a polls or selects: a station by its address, one digit
///   EOT   ACK   [n] NAK          nothing more, ready or received, refused because of n
///   SOH h STX record RS record ... ETX BCC
///              '-- id US value          BCC = XOR from h to ETX, any byte at all
/// ```
/// Who is asked and who may speak is a conversation: see ``ESPA444Line``.
public enum ESPA444: WireProtocol {
    public typealias Session = ESPA444Session

    public static let about = ProtocolDescription(
        id: "espa444", title: "ESPA 4.4.4, nurse call to pager", link: "serial, TCP",
        reply: "ACK 06 to a select and to a stored block, n NAK 15, EOT 04 to a poll",
        authority: "makers' descriptions of ESPA 4.4.4; the standard itself was not at hand",
        kinds: EventKind.allCases.filter { $0 != .position })

    /// What the standard's fields can add up to is 190.
    public static let frameLengthMax = 256

    /// A pager is called for many rooms, and the words say which.
    public static let identity = Identity(.port, wordsTell: true)

    /// A block has neither number nor time. One that follows itself directly, without the EOT that
    /// its sender ends a delivered call with, was not seen to be received.
    public static let repeatRule = RepeatRule.afterAnswer(within: .seconds(15), most: 3)

    public static let isConversation = true

    enum Mark {
        static let soh: UInt8 = 0x01
        static let stx: UInt8 = 0x02
        static let etx: UInt8 = 0x03
        static let eot: UInt8 = 0x04
        static let enq: UInt8 = 0x05
        static let ack: UInt8 = 0x06
        static let nak: UInt8 = 0x15
        static let rs: UInt8 = 0x1E
        static let us: UInt8 = 0x1F
    }

    public static func scan(_ unread: Span<UInt8>, searched: Int) -> FrameScan {
        switch unread[0] {
        case Mark.soh: return scanBlock(unread)
        case Mark.eot, Mark.ack, Mark.nak: return .frame(length: 1)
        case Mark.etx:
            // The end of a block whose beginning was lost: what follows is its check, whatever
            // it looks like.
            guard unread.count > 1 else { return .needMore(searched: 0) }
            return .skip(count: unread[1] == Mark.soh ? 1 : 2, reason: .noise)
        case let byte where isDigit(byte):
            guard unread.count > 1 else { return .needMore(searched: 0) }
            return isPrefixed(unread[1]) ? .frame(length: 2) : .skip(count: 1, reason: .noise)
        default: return .skip(count: 1, reason: .noise)
        }
    }

    /// A block up to its check, which is read by its place.
    ///
    /// An unfinished one is searched again from its start with every read: it is short, and what
    /// decides is more than one offset can say.
    private static func scanBlock(_ unread: Span<UInt8>) -> FrameScan {
        guard unread.count >= Field.firstRecord else { return .needMore(searched: 0) }
        // One damaged byte does not make the head of a block into noise.
        let isHead =
            isDigit(unread[Field.header])
            ? !isPrefixed(unread[Field.header + 1]) : unread[Field.header + 1] == Mark.stx
        guard isHead else { return .skip(count: 1, reason: .noise) }
        let limit = min(unread.count, frameLengthMax)
        var link: Int?
        var next = unread[Field.header + 1] == Mark.stx ? Field.firstRecord : Field.header + 1
        // Separators and text are nearly all of a block.
        while let index = unread.firstIndex(in: next..<limit, where: { $0.marks(below: Mark.rs) }) {
            next = index + 1
            let byte = unread[index]
            switch byte {
            case Mark.etx: return scanEnd(unread, at: index)
            case Mark.soh:
                switch isRestart(unread, at: index) {
                case true?: return .skip(count: index, reason: .badFormat)
                case nil: return .needMore(searched: 0)
                case false?: break
                }
            case Mark.eot, Mark.enq, Mark.ack, Mark.nak:
                // One may be a damaged letter. Two are a conversation that goes on without the
                // rest of this block.
                if let link { return .skip(count: link, reason: .badFormat) }
                link = isPrefixed(byte) && isDigit(unread[index - 1]) ? index - 1 : index
            default: break
            }
        }
        return unread.count < frameLengthMax
            ? .needMore(searched: 0) : .skip(count: 1, reason: .tooLong)
    }

    /// - Parameter end: of the ETX.
    private static func scanEnd(_ unread: Span<UInt8>, at end: Int) -> FrameScan {
        guard end + 1 < frameLengthMax else { return .skip(count: 1, reason: .tooLong) }
        guard end + 1 < unread.count else { return .needMore(searched: 0) }
        if unread[end + 1] == unread.xor(Field.header..<end + 1) { return .frame(length: end + 2) }
        // A lost check, and the block comes again already: its sender waits for one answer only.
        if unread[end + 1] == Mark.soh { return .skip(count: end + 1, reason: .badFormat) }
        return .skip(count: end + 2, reason: .badChecksum)
    }

    /// Whether the SOH at `start` begins a block anew; nil when it is too early to tell.
    private static func isRestart(_ unread: Span<UInt8>, at start: Int) -> Bool? {
        guard start + 2 < frameLengthMax else { return false }
        if start + 1 < unread.count, !isDigit(unread[start + 1]) { return false }
        return start + 2 < unread.count ? unread[start + 2] == Mark.stx : nil
    }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    /// Marks that a digit stands in front of.
    @inline(__always)
    private static func isPrefixed(_ byte: UInt8) -> Bool { byte == Mark.enq || byte == Mark.nak }

    @inline(__always)
    public static func reply(
        to message: Message, in session: inout ESPA444Session, into reply: inout Reply
    ) {
        switch message {
        case .block: session.heardBlock().append(to: &reply)
        case .link(let link): session.heard(link).append(to: &reply)
        }
    }

    /// A block that is whole and means nothing may be damaged all the same, for eight bits of check
    /// let one in 256 pass: it is refused once. When it comes again it is what its sender has to
    /// say, and is stored for a person to see.
    public static func undecodable(
        _ frame: Span<UInt8>, _ error: DecodeError, in session: inout ESPA444Session
    ) -> UndecodableVerdict {
        if session.isForUs, !session.isRefusedAgain(frame) {
            return .askAgain(ESPA444Line.Answer.refused(.invalidData).bytes)
        }
        let words = frame.extracting(Field.header..<frame.count - Field.tailLength)
        return .report(
            faultDraft(error), text: session.charset.words(of: WireText(words)),
            reply: session.heardBlock().reply)
    }

    public static func reply(
        toDamage reason: SkipReason, in session: inout ESPA444Session
    ) -> Reply? {
        guard reason == .badChecksum, session.isForUs else { return nil }
        return ESPA444Line.Answer.refused(.transmissionError).bytes
    }
}
