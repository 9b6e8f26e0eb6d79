import AlarmModel

/// Receivers that print receiver and group in front, a mark for contact or user behind, and set
/// lines between LF and CR:
///
/// ```
///   LF  R G _ AAAA _ 18 _ Q XYZ _ GG _ F CCC  CR        "12 1234 18 E101 01 C001"
///   LF  R L _ OKAY _ @ _                      CR        heartbeat
/// ```
public protocol GroupedLines: PrintedEventLines {
    /// Whether this can stand for a receiver, a group or a line.
    static func isReceiverDigit(_ byte: UInt8) -> Bool
}

extension GroupedLines {
    public static var terminator: UInt8 { 0x0D }
    public static var header: UInt8? { 0x0A }

    @inline(__always)
    public static func isStart(_ byte: UInt8) -> Bool { byte == header || isReceiverDigit(byte) }

    @inline(__always)
    public static func isBreak(_ byte: UInt8) -> Bool { byte == terminator }

    @inline(__always)
    public static func event(in bytes: Span<UInt8>) -> PrintedEvent? {
        guard let start = start(of: bytes) else { return nil }
        return PrintedEvent(
            bytes.extracting(start..<bytes.count), receiverLength: Self.receiverLength,
            hasMark: hasMark)
    }

    private static var receiverLength: Int { 2 }
    public static var hasMark: Bool { true }
    public static var sampleReceiver: ShortText { "12" }

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
    public static func heartbeat(in bytes: Span<UInt8>) -> ShortText? {
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

    public static func emit(_ message: Message, into bytes: inout [UInt8]) {
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
}
