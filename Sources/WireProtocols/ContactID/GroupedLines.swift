import AlarmModel

/// Receivers that print receiver and group in front, a mark for contact or user behind, and set
/// lines between LF and CR:
///
/// ```
///   LF  R G _ AAAA _ 18 _ Q XYZ _ GG _ F CCC  CR        "12 1234 18 E101 01 C001"
///   LF  R L _ OKAY _ @ _                      CR        heartbeat
/// ```
public protocol GroupedLines: PrintedLines where Message == GroupedLine {
    /// Whether this can stand for a receiver, a group or a line.
    static func isReceiverDigit(_ byte: UInt8) -> Bool
}

public enum GroupedLine: Equatable, Sendable {
    case event(PrintedEvent)
    /// The receiver and its line, as printed.
    case heartbeat(ShortText)
}

extension GroupedLines {
    public static var terminator: UInt8 { 0x0D }
    public static var header: UInt8? { 0x0A }

    @inline(__always)
    public static func isStart(_ byte: UInt8) -> Bool { byte == header || isReceiverDigit(byte) }

    @inline(__always)
    public static func isBreak(_ byte: UInt8) -> Bool { byte == terminator }

    public static func isLine(_ bytes: Span<UInt8>) -> Bool { message(in: bytes) != nil }

    public static func parse(_ frame: Span<UInt8>) throws(DecodeError) -> GroupedLine {
        guard let end = frame.indices.last, frame[end] == terminator else { throw .truncated }
        guard let message = message(in: frame.extracting(0..<end)) else { throw .unknownFormat }
        return message
    }

    /// An event of anything but the receiver.
    @inline(__always)
    public static func decodeUsual(
        _ frame: Span<UInt8>, in session: inout Session, _ body: borrowing EventBody,
        into reply: inout Reply
    ) -> Bool {
        let bytes = frame.extracting(0..<frame.count - 1)
        guard let event = event(in: bytes), !event.isOfReceiver else { return false }
        body(event.draft(address: event.account), nil)
        reply.append(LineAnswer.ack)
        return true
    }

    private static func message(in bytes: Span<UInt8>) -> GroupedLine? {
        if let event = event(in: bytes) { return .event(event) }
        return heartbeat(in: bytes).map { .heartbeat($0) }
    }

    @inline(__always)
    private static func event(in bytes: Span<UInt8>) -> PrintedEvent? {
        guard let start = start(of: bytes) else { return nil }
        return PrintedEvent(
            bytes.extracting(start..<bytes.count), receiverLength: Self.receiverLength,
            hasMark: true)
    }

    private static var receiverLength: Int { 2 }

    /// Where receiver and group stand, behind the header; nil when they do not.
    @inline(__always)
    private static func start(of bytes: Span<UInt8>) -> Int? {
        let start = !bytes.isEmpty && bytes[0] == header ? 1 : 0
        guard bytes.count >= start + receiverLength, isReceiverDigit(bytes[start]),
            isReceiverDigit(bytes[start + 1])
        else { return nil }
        return start
    }

    /// `OKAY@` behind the receiver and its line, the blanks as they come.
    private static func heartbeat(in bytes: Span<UInt8>) -> ShortText? {
        guard let start = start(of: bytes) else { return nil }
        let receiver = start..<start + receiverLength
        var word: UInt64 = 0
        var count = 0
        for index in receiver.upperBound..<bytes.count where bytes[index] != UInt8(ascii: " ") {
            word = word << 8 | UInt64(bytes[index])
            count += 1
        }
        guard count == 5, word == 0x4F_4B_41_59_40 else { return nil }
        return bytes.shortText(receiver)
    }

    public static func emit(_ message: GroupedLine, into bytes: inout [UInt8]) {
        bytes.append(0x0A)
        switch message {
        case .event(let line):
            bytes.append(line.receiver)
            bytes.append(ascii: " ")
            bytes.append(line.account)
            bytes.append(ascii: " 18 ")
            bytes.append(line.event.qualifier.letter)
            bytes.append(decimal: line.event.code, digits: 3)
            bytes.append(ascii: " ")
            bytes.append(decimal: line.event.partition, digits: 2)
            bytes.append(ascii: line.isUser == true ? " U" : " C")
            bytes.append(decimal: line.event.zone, digits: 3)
        case .heartbeat(let line):
            bytes.append(line)
            bytes.append(ascii: " OKAY @ ")
        }
        bytes.append(terminator)
    }

    @inline(__always)
    public static func events(
        of message: GroupedLine, in session: inout Session, _ body: borrowing EventBody
    ) {
        switch message {
        case .event(let line): line.tell(body)
        case .heartbeat: body(EventDraft(.checkIn), nil)
        }
    }

    public static func sample(
        of kinds: [EventKind], device: UInt32, serial: UInt32, at time: WallTime
    ) -> GroupedLine? {
        guard kinds.count == 1, let kind = kinds.first else { return nil }
        if kind == .checkIn { return .heartbeat("12") }
        return PrintedEvent.sample(
            of: kind, receiver: "12", device: device, serial: serial, isUser: true
        ).map { .event($0) }
    }
}

extension EventKind {
    /// Every kind that a Contact ID line can say, and the heartbeat's.
    static let ofPrintedContactID = EventKind.allCases.filter {
        $0 == .checkIn || ContactIDCodes.plainest(of: $0) != nil
    }
}
