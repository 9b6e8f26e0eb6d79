import AlarmModel

/// Watches of the SeTracker family, worn by the old and the young: text in brackets.
///
/// ```
/// [ maker 2 * id * length 4 * content ]                  [3G*8800000015*0002*LK]
/// [ maker 2 * id * serial 4 * length 4 * content ]       [ZJ*014111001350304*0033*0002*LK]
/// ```
/// Length and serial number are hexadecimal digits. There is no checksum, and the length of many
/// watches is wrong, so a frame ends at its closing bracket. `protocol-spec/watch/SPEC.md` has the
/// details.
public enum Watch: WireProtocol {
    public typealias Session = WatchSession

    public static let about = ProtocolDescription(
        id: "watch",
        title: "Watches of the SeTracker family",
        link: "TCP",
        reply: "LK, AL, INIT, TKQ, TK and JXTK are answered in the shape of the message",
        authority:
            "SeTracker server protocol as published by makers; Traccar's reading where named",
        kinds: [
            .sos, .fall, .geofenceExit, .removed, .unknown, .batteryLow, .powerLost,
            .geofenceEnter, .serviceRequest, .checkIn, .position,
        ])

    public static let hasChecksum = false

    /// Half a minute of speech; a position has a few hundred bytes.
    public static let frameLengthMax = 32_768

    /// A watch has a number of its maker's.
    public static let identity = Identity(.global)

    /// An alarm tells its time to the second; one that is sent again tells the same.
    public static let repeatRule = RepeatRule.sameBytes(within: .seconds(300))

    enum Mark {
        static let open = UInt8(ascii: "[")
        static let close = UInt8(ascii: "]")
        static let star = UInt8(ascii: "*")
        static let comma = UInt8(ascii: ",")
    }

    /// What begins like a frame inside of another means that the first lost its end. Other brackets
    /// inside are names of access points, which stand behind all that matters.
    ///
    /// No search goes beyond the next bracket, so that what is skipped was searched once.
    public static func scan(_ unread: Span<UInt8>, searched: Int) -> FrameScan {
        let window = unread.extracting(0..<min(unread.count, frameLengthMax))
        guard window[0] == Mark.open, Header.canBegin(window) else {
            return .skip(count: nextStart(in: window, from: 1), reason: .noise)
        }
        var done = max(1, searched)
        while done < window.count {
            let start = nextStart(in: window, from: done)
            if let end = window.extracting(0..<start).firstIndex(of: Mark.close, from: done) {
                return .likelyFrame(length: end + 1)
            }
            done = start
            guard start < window.count else { break }
            let inner = window.extracting(start..<window.count)
            if Header(inner) != nil { return .skip(count: start, reason: .badFormat) }
            // It is too early to tell what this bracket begins.
            if Header.canBegin(inner) { break }
            done = start + 1
        }
        return window.count < frameLengthMax
            ? .needMore(searched: done)
            : .skip(count: nextStart(in: window, from: 1), reason: .tooLong)
    }

    /// Brackets that hold no message.
    public static func rescan(_ unread: Span<UInt8>) -> FrameScan {
        .skip(count: nextStart(in: unread, from: 1), reason: .noise)
    }

    private static func nextStart(in bytes: Span<UInt8>, from first: Int) -> Int {
        bytes.firstIndex(of: Mark.open, from: first) ?? bytes.count
    }

    @inline(__always)
    public static func reply(
        to message: Message, in session: inout Session, into reply: inout Reply
    ) {
        if let word = message.answer { answer(message.header, word, into: &reply) }
    }

    /// In the shape of what is answered.
    private static func answer(_ header: Header, _ answer: ShortText, into reply: inout Reply) {
        reply.append(Mark.open)
        for index in 0..<header.maker.count { reply.append(header.maker[index]) }
        reply.append(Mark.star)
        for index in 0..<header.id.count { reply.append(header.id[index]) }
        reply.append(Mark.star)
        if let serial = header.serial {
            append(ShortText(hex: UInt32(serial), digits: 4), to: &reply)
        }
        append(ShortText(hex: UInt32(answer.count), digits: 4), to: &reply)
        for index in 0..<answer.count { reply.append(answer[index]) }
        reply.append(Mark.close)
    }

    private static func append(_ digits: ShortText, to reply: inout Reply) {
        for index in 0..<digits.count { reply.append(digits[index]) }
        reply.append(Mark.star)
    }
}
