import AlarmModel

/// Alarm receivers that print like a Radionics 6500 or a Bosch D6600 set to it.
///
/// ```
///   h a RR L _ AAAA 18 Q XYZ GG CCC <14>      Contact ID: " a012 123418E10101001"
///   h 1 RR L _..._ @ _..._          <14>      heartbeat:  " 1012           @    "
/// ```
/// `h` is a header that is set on the receiver, a blank unless changed. Blanks are shown as `_`.
/// How lines are found and answered is in ``PrintedLines``.
public enum Radionics6500: PrintedLines {
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

    @inline(__always)
    public static func isStart(_ byte: UInt8) -> Bool {
        byte == Start.contactID || byte == Start.heartbeat || byte == Start.header
    }

    @inline(__always)
    public static func isBreak(_ byte: UInt8) -> Bool { byte == 0x0D || byte == 0x0A }

    public static func isLine(_ bytes: Span<UInt8>) -> Bool { message(in: bytes) != nil }

    public enum Message: Equatable, Sendable {
        case event(PrintedEvent)
        /// The receiver and its line, as printed.
        case heartbeat(ShortText)
    }

    public static func parse(_ frame: Span<UInt8>) throws(DecodeError) -> Message {
        guard let end = frame.indices.last, frame[end] == terminator else { throw .truncated }
        let line = frame.extracting(0..<trimmedCount(frame.extracting(0..<end)))
        guard let message = message(in: line) else { throw .unknownFormat }
        return message
    }

    /// An event of anything but the receiver.
    @inline(__always)
    public static func decodeUsual(
        _ frame: Span<UInt8>, in session: inout Session, _ body: borrowing EventBody,
        into reply: inout Reply
    ) -> Bool {
        let bytes = frame.extracting(0..<trimmedCount(frame.extracting(0..<frame.count - 1)))
        guard let event = event(in: bytes), !event.isOfReceiver else { return false }
        body(event.draft(address: event.account), nil)
        reply.append(LineAnswer.ack)
        return true
    }

    private static func message(in bytes: Span<UInt8>) -> Message? {
        if let event = event(in: bytes) { return .event(event) }
        return heartbeat(in: bytes).map { .heartbeat($0) }
    }

    @inline(__always)
    private static func event(in bytes: Span<UInt8>) -> PrintedEvent? {
        guard let start = start(of: bytes, Start.contactID) else { return nil }
        return PrintedEvent(
            bytes.extracting(start..<bytes.count), receiverLength: receiverLength, hasMark: false)
    }

    /// One `@` among blanks.
    private static func heartbeat(in bytes: Span<UInt8>) -> ShortText? {
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

    @inline(__always)
    public static func events(
        of message: Message, in session: inout Session, _ body: borrowing EventBody
    ) {
        switch message {
        case .event(let line): line.tell(body)
        case .heartbeat: body(EventDraft(.checkIn), nil)
        }
    }

    public static func sample(
        of kinds: [EventKind], device: UInt32, serial: UInt32, at time: WallTime
    ) -> Message? {
        guard kinds.count == 1, let kind = kinds.first else { return nil }
        if kind == .checkIn { return .heartbeat("012") }
        return PrintedEvent.sample(
            of: kind, receiver: "012", device: device, serial: serial, isUser: nil
        ).map { .event($0) }
    }
}
