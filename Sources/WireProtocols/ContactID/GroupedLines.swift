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

    @inline(__always)
    private static func message(in bytes: Span<UInt8>) -> GroupedLine? {
        let start = !bytes.isEmpty && bytes[0] == header ? 1 : 0
        let line = bytes.extracting(start..<bytes.count)
        guard line.count >= 2, isReceiverDigit(line[0]), isReceiverDigit(line[1])
        else { return nil }
        if let event = PrintedEvent(line, receiverLength: 2, hasMark: true) {
            return .event(event)
        }
        return isHeartbeat(line) ? line.shortText(0..<2).map { .heartbeat($0) } : nil
    }

    /// `OKAY@` behind the receiver and its line, the blanks as they come.
    private static func isHeartbeat(_ line: Span<UInt8>) -> Bool {
        var word: UInt64 = 0
        var count = 0
        for index in 2..<line.count where line[index] != UInt8(ascii: " ") {
            word = word << 8 | UInt64(line[index])
            count += 1
        }
        return count == 5 && word == 0x4F_4B_41_59_40
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
