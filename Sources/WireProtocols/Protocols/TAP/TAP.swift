import AlarmModel

/// Paging input: TAP 1.8, the Telocator Alphanumeric Protocol, also known as IXO.
///
/// ```
///   CR                                        wakes the station: "ID="
///   ESC P G type [password] CR                logs in
///   STX id CR text CR ... end check CR        check = three characters
///   EOT CR                                    logs out
/// ```
/// `end` is ETX behind the last block of a page, ETB or US behind one that another follows: with
/// ETB it ends with a field, with US it is cut inside one.
public enum TAP: WireProtocol {
    public typealias Session = TAPSession

    public static let about = ProtocolDescription(
        id: "tap", title: "TAP 1.8 / IXO, paging input", link: "serial, TCP",
        reply: "ID=, the login's answers, ACK 06 to a stored block, NAK 15 to a damaged one",
        authority: "TAP 1.8 as published by paging carriers and makers",
        kinds: EventKind.allCases.filter { $0 != .position })

    /// A block of ``WireText/capacity`` bytes and what is around them.
    public static let frameLengthMax = WireText.capacity + Field.aroundContent

    /// A pager is called for many rooms, and the words say which.
    public static let identity = Identity(.port, wordsTell: true)

    /// A block has neither number nor time. A host that hears no answer waits 10 s; a vendor's may
    /// wait less.
    public static let repeatRule = RepeatRule.afterAnswer(within: .seconds(15), most: 3)

    public static let isConversation = true

    enum Mark {
        static let stx: UInt8 = 0x02
        static let etx: UInt8 = 0x03
        static let eot: UInt8 = 0x04
        static let ack: UInt8 = 0x06
        static let lineFeed: UInt8 = 0x0A
        static let carriageReturn: UInt8 = 0x0D
        static let nak: UInt8 = 0x15
        static let etb: UInt8 = 0x17
        /// In front of a control character in text, which is then sent plus 0x40.
        static let sub: UInt8 = 0x1A
        static let escape: UInt8 = 0x1B
        static let rs: UInt8 = 0x1E
        static let us: UInt8 = 0x1F
    }

    public static func scan(_ unread: Span<UInt8>, searched: Int) -> FrameScan {
        switch unread[0] {
        case Mark.carriageReturn: return .frame(length: 1)
        case Mark.stx: return scanBlock(unread, isChecked: false)
        case Mark.escape: return scanLogin(unread)
        case Mark.eot:
            guard unread.count > 1 else { return .needMore(searched: 0) }
            return unread[1] == Mark.carriageReturn
                ? .frame(length: 2) : .skip(count: 1, reason: .noise)
        default: return scanNoise(unread, searched: searched)
        }
    }

    public static func rescan(_ unread: Span<UInt8>) -> FrameScan {
        scanBlock(unread, isChecked: true)
    }

    /// Noise is skipped by the line: the CR that ends a broken one is nobody who knocks.
    private static func scanNoise(_ unread: Span<UInt8>, searched: Int) -> FrameScan {
        for index in max(1, searched)..<max(1, searched, min(unread.count, frameLengthMax)) {
            switch unread[index] {
            case Mark.carriageReturn: return .skip(count: index + 1, reason: .noise)
            case Mark.stx, Mark.escape: return .skip(count: index, reason: .noise)
            default: break
            }
        }
        return unread.count < frameLengthMax
            ? .needMore(searched: unread.count) : .skip(count: frameLengthMax, reason: .noise)
    }

    private static func scanLogin(_ unread: Span<UInt8>) -> FrameScan {
        for index in 1..<min(unread.count, Field.loginLengthMax) {
            let byte = unread[index]
            let goesOn =
                switch index {
                case 1: byte == UInt8(ascii: "P")
                case 2: byte == UInt8(ascii: "G")
                default: byte > 0x20 && byte < 0x7F
                }
            if goesOn { continue }
            return index >= Field.loginPassword && byte == Mark.carriageReturn
                ? .frame(length: index + 1) : .skip(count: 1, reason: .noise)
        }
        return unread.count < Field.loginLengthMax
            ? .needMore(searched: 0) : .skip(count: 1, reason: .noise)
    }

    /// An unfinished block is searched again from its start with every read: it is short, and what
    /// decides is more than one offset can say.
    /// - Parameter isChecked: its check is known to be wrong.
    private static func scanBlock(_ unread: Span<UInt8>, isChecked: Bool) -> FrameScan {
        let limit = min(unread.count, frameLengthMax)
        var foreign = 0
        var next = 1
        while let index = unread.firstIndex(in: next..<limit, where: { $0.controlMarks }) {
            next = index + 1
            switch unread[index] {
            case Mark.etx, Mark.etb, Mark.us:
                switch isEnd(unread, at: index) {
                case true?: return scanEnd(unread, at: index, isChecked: isChecked)
                case nil: return .needMore(searched: 0)
                case false?: foreign += 1
                }
            case Mark.stx: return .skip(count: index, reason: .badFormat)
            case Mark.escape:
                switch isLogin(unread, at: index) {
                case true?: return .skip(count: index, reason: .badFormat)
                case nil: return .needMore(searched: 0)
                case false?: foreign += 1
                }
            case Mark.carriageReturn:
                // Two end an empty message. At three somebody knocks who has forgotten this block.
                if index > 2, unread[index - 1] == Mark.carriageReturn,
                    unread[index - 2] == Mark.carriageReturn
                {
                    return .skip(count: index - 2, reason: .badFormat)
                }
            case Mark.lineFeed, Mark.sub: break
            default: foreign += 1
            }
            // One may be a damaged letter; with two this is no block.
            if foreign == 2 { return .skip(count: 1, reason: .badFormat) }
        }
        return unread.count < frameLengthMax
            ? .needMore(searched: 0) : .skip(count: 1, reason: .tooLong)
    }

    /// Whether a block ends at `end`: a check of three characters and a CR are behind it, of which
    /// one may be damaged. Nil when it is too early to tell.
    private static func isEnd(_ unread: Span<UInt8>, at end: Int) -> Bool? {
        guard end + 1 + Tail.length <= frameLengthMax else { return false }
        let few = min(unread.count - end - 1, Tail.length)
        guard few > 0 else { return nil }
        if Tail.damage(unread.word(at: end + 1, count: few), count: few) > 1 { return false }
        return few == Tail.length ? true : nil
    }

    private static func scanEnd(
        _ unread: Span<UInt8>, at end: Int, isChecked: Bool
    ) -> FrameScan {
        let length = end + 1 + Tail.length
        let isClosed = unread[length - 1] == Mark.carriageReturn
        if isClosed, !isChecked { return .likelyFrame(length: length) }
        // The block comes again already: whoever sends it does not wait for an answer to this.
        for index in end + 1..<length where unread[index] == Mark.stx {
            return .skip(count: index, reason: .badFormat)
        }
        return .skip(count: isClosed ? length : length - 1, reason: .badChecksum)
    }

    /// Whether `ESC PG` stands at `start`; nil when it is too early to tell.
    private static func isLogin(_ unread: Span<UInt8>, at start: Int) -> Bool? {
        guard start + 2 < frameLengthMax else { return false }
        if start + 1 < unread.count, unread[start + 1] != UInt8(ascii: "P") { return false }
        return start + 2 < unread.count ? unread[start + 2] == UInt8(ascii: "G") : nil
    }

    @inline(__always)
    public static func reply(
        to message: Message, in session: inout TAPSession, into reply: inout Reply
    ) {
        reply.append(ascii: session.answer(to: message).words)
    }

    public static func reply(toDamage reason: SkipReason, in session: inout TAPSession) -> Reply? {
        switch reason {
        case .badChecksum: TAPSession.Answer.damaged.reply
        case .tooLong: TAPSession.Answer.tooLong.reply
        default: nil
        }
    }
}
