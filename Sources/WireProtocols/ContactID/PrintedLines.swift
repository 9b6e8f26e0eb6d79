import AlarmModel

/// What all receivers have in common that print an event as a line of text, end it with one byte,
/// and hold it until it is answered with ACK or NAK, whatever their lines look like.
///
/// A line has no checksum: its grammar is all that tells it from noise, so every byte of it is
/// checked, and what is printable and no line is asked for again.
public protocol PrintedLines: WireProtocol where Session == PrintedLinesSession {
    /// Ends a line.
    static var terminator: UInt8 { get }
    /// Stands before a line on receivers that are set so, and is part of it.
    static var header: UInt8? { get }
    /// Whether a line can begin with this byte, the header included.
    static func isStart(_ byte: UInt8) -> Bool
    /// Whether this stands between lines and in front of a terminator without a meaning.
    static func isBreak(_ byte: UInt8) -> Bool
    /// True when all the bytes before a terminator are one line.
    static func isLine(_ bytes: Span<UInt8>) -> Bool
}

/// The two answers that a receiver understands.
enum LineAnswer {
    static let ack: UInt8 = 0x06
    static let nak: UInt8 = 0x15
}

extension PrintedLines {
    public static var hasChecksum: Bool { false }
    public static var header: UInt8? { nil }

    /// Three data blocks of SIA of 63 bytes and what is around them fit; Contact ID is shorter.
    public static var frameLengthMax: Int { 256 }

    /// Accounts are given out by whoever runs the receiver, for each of its lines: some models put
    /// the leading digits of a long account there. Zone and partition tell further, and words: a
    /// user is nobody's zone, and a room stands in the text of a SIA block.
    public static var identity: Identity { Identity(.port, wordsTell: true) }

    /// The receiver waits 4 s for its answer and sends the same string three times more. A line
    /// carries neither number nor time, so outside this window it is always a new press.
    public static var repeatRule: RepeatRule {
        .afterAnswer(within: .seconds(6), most: 3)
    }

    @inline(__always)
    public static func scan(_ unread: Span<UInt8>, searched: Int) -> FrameScan {
        let window = unread.extracting(0..<min(unread.count, frameLengthMax))
        guard let end = window.firstIndex(of: terminator, near: searched) else {
            if isBreak(window[0]) { return .skip(count: 1, reason: .noise) }
            return window.count < frameLengthMax
                ? .needMore(searched: window.count)
                : .skip(count: startOfLine(in: window, from: 1), reason: .tooLong)
        }
        return isStart(window[0]) ? .likelyFrame(length: end &+ 1) : scanOdd(window, end: end)
    }

    public static func rescan(_ unread: Span<UInt8>) -> FrameScan {
        let window = unread.extracting(0..<min(unread.count, frameLengthMax))
        let end = window.firstIndex(of: terminator) ?? window.count - 1
        return scanOdd(window, end: end)
    }

    /// A stretch up to a terminator that is no known line from its first byte.
    private static func scanOdd(_ window: Span<UInt8>, end: Int) -> FrameScan {
        if end == 0 || isBreak(window[0]) { return .skip(count: 1, reason: .noise) }
        let body = window.extracting(0..<trimmedCount(window.extracting(0..<end)))
        // No line reaches back over a byte that no line has.
        var foreign = body.count
        while foreign > 0, body[foreign - 1].isPrintableASCII { foreign -= 1 }
        let isHeaded = foreign > 0 && body[foreign - 1] == header
        if isHeaded { foreign -= 1 }
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

    /// Offset of the next byte that can begin a line, or the end.
    private static func startOfLine(in bytes: Span<UInt8>, from first: Int) -> Int {
        var index = first
        while index < bytes.count, !isStart(bytes[index]) { index += 1 }
        return index
    }

    /// Of a frame, what is neither its terminator nor in front of it without a meaning.
    @inline(__always)
    static func lineCount(of frame: Span<UInt8>) -> Int {
        trimmedCount(frame.extracting(0..<frame.count - 1))
    }

    /// Without what stands at its end and means nothing.
    @inline(__always)
    static func trimmedCount(_ line: Span<UInt8>) -> Int {
        guard !line.isEmpty, isBreak(line[line.count &- 1]) else { return line.count }
        return slowlyTrimmedCount(line)
    }

    private static func slowlyTrimmedCount(_ line: Span<UInt8>) -> Int {
        var count = line.count
        while count > 0, isBreak(line[count - 1]) { count -= 1 }
        return count
    }

    @inline(__always)
    public static func reply(
        to message: Message, in session: inout Session, into reply: inout Reply
    ) {
        reply.append(LineAnswer.ack)
    }

    /// A line that is whole and means nothing may be damaged, so the receiver is asked for it
    /// again. When the same line comes again it is what the receiver has to say: it is stored for
    /// a person to see and acknowledged, or it would stand before every line behind it for ever.
    public static func undecodable(
        _ frame: Span<UInt8>, _ error: DecodeError, in session: inout Session
    ) -> UndecodableVerdict {
        guard session.isRefusedAgain(frame) else { return .askAgain(Reply([LineAnswer.nak])) }
        let line = frame.string((frame[0] == header ? 1 : 0)..<max(0, frame.count - 1))
        return .report(faultDraft(error), text: line, reply: Reply([LineAnswer.ack]))
    }

    /// A terminator behind damaged bytes ends a line that the receiver still holds.
    public static func reply(toDamage reason: SkipReason, in session: inout Session) -> Reply? {
        reason == .badFormat ? Reply([LineAnswer.nak]) : nil
    }
}

/// What one receiver's connection remembers: the line that was refused last.
public struct PrintedLinesSession: ProtocolSession {
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

/// What is told of a receiver itself names no device; the port stands for it, and the text says
/// whose event it is.
func ofReceiver(_ text: String?) -> String {
    text.map { "receiver, \($0)" } ?? "receiver"
}
