import AlarmModel

/// Alarm receivers that print like a Radionics 6500 or a Bosch D6600 set to it.
///
/// ```
///   h a RR L _ AAAA 18 Q XYZ GG CCC <14>      Contact ID: " a012 123418E10101001"
///   h 1 RR L _..._ @ _..._          <14>      heartbeat:  " 1012           @    "
/// ```
/// `h` is a header that is set on the receiver, a blank unless changed. Blanks are shown as `_`.
/// How lines are found and answered is in ``PrintedLines``.
public enum Radionics6500: PrintedEventLines {
    public static let about = ProtocolDescription(
        id: "radionics6500", title: "Radionics 6500 and Bosch D6600 in its mode, Contact ID",
        link: "serial, TCP", reply: "ACK 06, or NAK 15 for a damaged line",
        authority: "Bosch D6600/D6100 computer interface manual; SIA DC-05 codes as published",
        kinds: EventKind.ofPrintedContactID)

    public static let terminator: UInt8 = 0x14

    private enum Start {
        static let header = UInt8(ascii: " ")
        static let contactID = UInt8(ascii: "a")
        static let heartbeat = UInt8(ascii: "1")
    }

    private static var receiverLength: Int { 3 }
    public static var hasMark: Bool { false }
    public static var sampleReceiver: ShortText { "012" }

    @inline(__always)
    public static func isStart(_ byte: UInt8) -> Bool {
        byte == Start.contactID || byte == Start.heartbeat || byte == Start.header
    }

    @inline(__always)
    public static func isBreak(_ byte: UInt8) -> Bool { byte == 0x0D || byte == 0x0A }

    @inline(__always)
    public static func event(in bytes: Span<UInt8>) -> PrintedEvent? {
        guard let start = start(of: bytes, Start.contactID) else { return nil }
        return PrintedEvent(
            bytes.extracting(start..<bytes.count), receiverLength: receiverLength, hasMark: hasMark)
    }

    /// One `@` among blanks.
    public static func heartbeat(in bytes: Span<UInt8>) -> ShortText? {
        guard let start = start(of: bytes, Start.heartbeat) else { return nil }
        let receiver = start..<start + receiverLength
        var marks = 0
        for index in receiver.upperBound..<bytes.count where bytes[index] != UInt8(ascii: " ") {
            guard bytes[index] == UInt8(ascii: "@") else { return nil }
            marks += 1
        }
        return marks == 1 ? bytes.shortText(receiver) : nil
    }

    /// Where receiver and line stand, behind the header and `kind`; nil when they do not.
    @inline(__always)
    private static func start(of bytes: Span<UInt8>, _ kind: UInt8) -> Int? {
        let start = !bytes.isEmpty && bytes[0] == Start.header ? 2 : 1
        guard bytes.count >= start + receiverLength, bytes[start - 1] == kind else { return nil }
        for index in start..<start + receiverLength where !bytes[index].isUpperHexDigit {
            return nil
        }
        return start
    }

    public static func emit(_ message: Message, into bytes: inout [UInt8]) {
        bytes.append(Start.header)
        switch message {
        case .event(let line):
            bytes.append(Start.contactID)
            bytes.append(line.receiver)
            bytes.append(ascii: " ")
            bytes.append(line.account)
            bytes.append(ascii: "18")
            bytes.append(line.event.qualifier.letter)
            bytes.append(decimal: line.event.code, digits: 3)
            bytes.append(decimal: line.event.partition, digits: 2)
            bytes.append(decimal: line.event.zone, digits: 3)
        case .heartbeat(let line):
            bytes.append(Start.heartbeat)
            bytes.append(line)
            bytes.append(ascii: "           @    ")
        }
        bytes.append(terminator)
    }
}
