import AlarmModel

/// Alarm receivers that print like a Sur-Gard MLR2 or System III: Contact ID and SIA as lines of
/// text, each ended by DC4 and held by the receiver until it is answered.
///
/// ```
///   5 RR L _ 18 AAAA Q XYZ GG CCC <14>      Contact ID: "5011 181234E12101001"
///   S RR L [#AAAA|N...] <14>                SIA:        "S011[#1234|Nri1QA3/YT]"
///   1 RR L _..._ @ _..._ <14>               heartbeat:  "1011           @    "
/// ```
/// Blanks are shown as `_`. A line has no checksum: its grammar is all that tells it from noise, so
/// every byte of it is checked, and what is printable and no line is asked for again.
public enum SurGard: WireProtocol {
    public typealias Session = SurGardSession

    public static let about = ProtocolDescription(
        id: "surgard", title: "Sur-Gard MLR2 and System III, Contact ID and SIA",
        link: "serial, TCP", reply: "ACK 06, or NAK 15 for a damaged line, within 4 s",
        authority: "Sur-Gard MLR2 manuals; SIA DC-05 and DC-03 codes as published",
        kinds: EventKind.allCases.filter {
            ![.geofenceEnter, .geofenceExit, .position, .removed].contains($0)
        })

    public static let hasChecksum = false

    /// Three data blocks of 63 bytes and what is around them fit.
    public static let frameLengthMax = 256

    /// The receiver waits 4 s for its answer and sends the same string three times more. A line
    /// carries neither number nor time, so outside this window it is always a new press.
    public static let repeatRule = RepeatRule.resentByTimeout(
        afterMilliseconds: 3_000, untilMilliseconds: 6_000, most: 3)

    enum Mark {
        static let terminator: UInt8 = 0x14
        static let ack: UInt8 = 0x06
        static let nak: UInt8 = 0x15
        static let carriageReturn: UInt8 = 0x0D
        static let lineFeed: UInt8 = 0x0A
    }

    public static func scan(_ unread: Span<UInt8>, searched: Int) -> FrameScan {
        let window = unread.extracting(0..<min(unread.count, frameLengthMax))
        guard let end = window.firstIndex(of: Mark.terminator, from: searched) else {
            if isLineBreak(window[0]) { return .skip(count: 1, reason: .noise) }
            return window.count < frameLengthMax
                ? .needMore(searched: window.count)
                : .skip(count: startOfLine(in: window, from: 1), reason: .tooLong)
        }
        return isStart(window[0]) ? .likelyFrame(length: end + 1) : scanOdd(window, end: end)
    }

    public static func rescan(_ unread: Span<UInt8>) -> FrameScan {
        let window = unread.extracting(0..<min(unread.count, frameLengthMax))
        let end = window.firstIndex(of: Mark.terminator) ?? window.count - 1
        return scanOdd(window, end: end)
    }

    /// A stretch up to a terminator that is no known line from its first byte.
    private static func scanOdd(_ window: Span<UInt8>, end: Int) -> FrameScan {
        if end == 0 || isLineBreak(window[0]) { return .skip(count: 1, reason: .noise) }
        let body = window.extracting(0..<trimmedCount(window.extracting(0..<end)))
        // No line reaches back over a byte that no line has.
        var foreign = body.count
        while foreign > 0, isPrintable(body[foreign - 1]) { foreign -= 1 }
        var start = startOfLine(in: body, from: max(foreign, 1))
        while start < body.count {
            if isLine(body.extracting(start..<body.count)) {
                return .skip(count: start, reason: .noise)
            }
            start = startOfLine(in: body, from: start + 1)
        }
        return foreign > 0
            ? .skip(count: end + 1, reason: .badFormat) : .frame(length: end + 1)
    }

    public static func reply(
        to message: Message, in session: inout SurGardSession, into reply: inout Reply
    ) {
        reply.append(Mark.ack)
    }

    /// A line that is whole and means nothing may be damaged, so the receiver is asked for it
    /// again. When the same line comes again it is what the receiver has to say: it is stored for
    /// a person to see and acknowledged, or it would stand before every line behind it for ever.
    public static func undecodable(
        _ frame: Span<UInt8>, _ error: DecodeError, in session: inout SurGardSession
    ) -> UndecodableVerdict {
        guard session.isRefusedAgain(frame) else { return .askAgain(answer(Mark.nak)) }
        let line = frame.string(0..<max(0, frame.count - 1))
        return .report(faultDraft(error), text: line, reply: answer(Mark.ack))
    }

    /// A terminator behind damaged bytes ends a line that the receiver still holds.
    public static func reply(
        toDamage reason: SkipReason, in session: inout SurGardSession
    ) -> Reply? {
        reason == .badFormat ? answer(Mark.nak) : nil
    }
}

private func answer(_ byte: UInt8) -> Reply {
    var reply = Reply()
    reply.append(byte)
    return reply
}

/// What one receiver's connection remembers: the line that was refused last.
public struct SurGardSession: ProtocolSession {
    private var refused: UInt32?

    public init(options: ProtocolOptions) throws(OptionProblem) {
        try options.refuseAll(except: [])
    }

    /// Two lines are taken for the same when their CRC-32C agrees: a wrong guess costs no more than
    /// one question.
    mutating func isRefusedAgain(_ frame: Span<UInt8>) -> Bool {
        let fingerprint = Checksums.crc32c(frame)
        defer { refused = fingerprint }
        return refused == fingerprint
    }
}

extension SurGard {
    /// First byte of a line by kind.
    enum Start {
        static let contactID = UInt8(ascii: "5")
        static let sia = UInt8(ascii: "S")
        /// SIA about the receiver itself, on models that are set so.
        static let internalSIA = UInt8(ascii: "0")
        static let heartbeat = UInt8(ascii: "1")
    }

    @inline(__always)
    static func isPrintable(_ byte: UInt8) -> Bool { byte >= 0x20 && byte < 0x7F }

    @inline(__always)
    static func isLineBreak(_ byte: UInt8) -> Bool {
        byte == Mark.carriageReturn || byte == Mark.lineFeed
    }

    /// Offset of the next byte that can begin a line, or the end.
    static func startOfLine(in bytes: Span<UInt8>, from first: Int) -> Int {
        var index = first
        while index < bytes.count, !isStart(bytes[index]) { index += 1 }
        return index
    }

    @inline(__always)
    private static func isStart(_ byte: UInt8) -> Bool {
        switch byte {
        case Start.contactID, Start.sia, Start.internalSIA, Start.heartbeat: true
        default: false
        }
    }

    /// Without line breaks at its end.
    @inline(__always)
    static func trimmedCount(_ line: Span<UInt8>) -> Int {
        var count = line.count
        while count > 0, isLineBreak(line[count - 1]) { count -= 1 }
        return count
    }
}
