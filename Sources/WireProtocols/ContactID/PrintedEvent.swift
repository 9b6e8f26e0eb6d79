import AlarmModel

/// A Contact ID event as receivers print it whose lines differ in their marks and blanks only:
///
/// ```
///   receiver _ account _ MT _ Q XYZ _ GG _ [F] CCC        "12 1234 18 E101 01 C001"
/// ```
/// Everything behind the account has a fixed length and is read from the end of the line, so that
/// any blank may be missing.
public struct PrintedEvent: Equatable, Sendable {
    /// Receiver and line, or receiver and group, as printed.
    public let receiver: ShortText
    /// 3...10 hexadecimal digits in upper case.
    public let account: ShortText
    public let event: ContactIDEvent
    /// F: whether CCC is a user's number; nil where lines do not say so.
    public let isUser: Bool?
    /// Account 0000 on group or line 0 is the receiver's way to speak of itself.
    let isOfReceiver: Bool

    /// Nil when the account is none.
    public init?(
        receiver: ShortText, account: ShortText, event: ContactIDEvent, isUser: Bool? = nil
    ) {
        guard Self.accountLengths.contains(account.count) else { return nil }
        for index in 0..<account.count where !account[index].isUpperHexDigit { return nil }
        self.receiver = receiver
        self.account = account
        self.event = event
        self.isUser = isUser
        isOfReceiver = receiver[receiver.count - 1] == UInt8(ascii: "0") && Self.isZero(account)
    }

    static let accountLengths = 3...10

    /// - Parameters:
    ///   - receiverLength: bytes of `line` before the account.
    ///   - hasMark: whether F stands before CCC.
    @inline(__always)
    init?(_ line: Span<UInt8>, receiverLength: Int, hasMark: Bool) {
        guard let fields = PrintedFields(line, from: receiverLength, hasMark: hasMark),
            let qualifier = ContactIDEvent.Qualifier(letter: fields.qualifier),
            let event = ContactIDEvent(qualifier: qualifier, digits: fields.event)
        else { return nil }
        receiver = ShortText(littleEndian: line.word(at: 0), shortCount: receiverLength)
        account = fields.account
        self.event = event
        isUser = hasMark ? fields.mark == PrintedFields.Mark.user : nil
        isOfReceiver = line[receiverLength - 1] == UInt8(ascii: "0") && Self.isZero(account)
    }

    /// The event in the station's words, and its text.
    @inline(always)
    func tell(_ body: borrowing EventBody) {
        var draft = event.draft(address: isOfReceiver ? nil : account, isUser: isUser)
        draft.scope = receiver
        body(draft, isOfReceiver ? ofReceiver(draft.words(with: nil)) : nil)
    }

    private static func isZero(_ account: ShortText) -> Bool {
        for index in 0..<account.count where account[index] != UInt8(ascii: "0") { return false }
        return true
    }

    /// A press as such a receiver prints it: see ``WireProtocol/sample(of:device:serial:at:)``.
    static func sample(
        of kind: EventKind, receiver: ShortText, device: UInt32, serial: UInt32,
        isUser: Bool?
    ) -> PrintedEvent? {
        ContactIDCodes.plainest(of: kind).flatMap { code in
            ContactIDEvent(
                qualifier: .begun, code: code, partition: 1, zone: UInt16(serial % 999 + 1))
        }.flatMap { event in
            PrintedEvent(
                receiver: receiver, account: sampleAccount(of: device), event: event,
                isUser: isUser.map { $0 && ContactIDCodes.meaning(of: event.code).namesUser })
        }
    }

    /// At least four digits out of the fifteen that an account may have; A is none of them.
    static func sampleAccount(of device: UInt32) -> ShortText {
        let digits = Array("0123456789BCDEF".utf8)
        var lastFirst: [UInt8] = []
        var rest = Int(device)
        while rest > 0 || lastFirst.count < 4 {
            lastFirst.append(digits[rest % digits.count])
            rest /= digits.count
        }
        var account = ShortText()
        for digit in lastFirst.reversed() { account.append(digit) }
        return account
    }
}

/// The fields of a line behind its receiver.
private struct PrintedFields {
    var account: ShortText
    var qualifier: UInt8
    /// XYZGGCCC, the first digit lowest; ``ContactIDEvent`` checks them.
    var event: UInt64
    /// F, or what it would be where lines have none.
    var mark: UInt8

    enum Mark {
        static let contact = UInt8(ascii: "C")
        static let user = UInt8(ascii: "U")
    }

    /// With any number of blanks between the fields.
    @inline(__always)
    init?(_ line: Span<UInt8>, from least: Int, hasMark: Bool) {
        var reader = BackwardReader(end: line.count, least: least)
        guard let zone = reader.take(3, of: line),
            let mark = hasMark ? reader.take(1, of: line) : UInt64(Mark.contact),
            let group = reader.take(2, of: line), let event = reader.take(4, of: line),
            let type = reader.take(2, of: line), type | 0x08 == 0x3839,
            let account = reader.rest(of: line),
            mark == UInt64(Mark.contact) || mark == UInt64(Mark.user)
        else { return nil }
        self.account = account
        qualifier = UInt8(truncatingIfNeeded: event)
        self.event = event >> 8 | group << 24 | zone << 40
        self.mark = UInt8(truncatingIfNeeded: mark)
    }
}

/// Takes fields of a known length off the end of a line, and the blanks behind each.
private struct BackwardReader {
    private var end: Int
    private let least: Int

    init(end: Int, least: Int) {
        self.end = end
        self.least = least
    }

    /// The next field of `count` bytes, the first lowest; nil when the line is too short.
    @inline(__always)
    mutating func take(_ count: Int, of line: Span<UInt8>) -> UInt64? {
        skipBlanks(of: line)
        guard end - least >= count else { return nil }
        end -= count
        return line.word(at: end, count: count)
    }

    /// What is left behind the blanks in front, as an account; nil when it is none.
    @inline(__always)
    mutating func rest(of line: Span<UInt8>) -> ShortText? {
        skipBlanks(of: line)
        var start = least
        while start < end, line[start] == UInt8(ascii: " ") { start += 1 }
        return line.account(start..<end)
    }

    @inline(__always)
    private mutating func skipBlanks(of line: Span<UInt8>) {
        while end > least, line[end - 1] == UInt8(ascii: " ") { end -= 1 }
    }
}

extension Span<UInt8> {
    /// The account of a line, hexadecimal digits, in capitals; nil when these are none. Behind it
    /// stands the event, so that words can be loaded.
    @inline(__always)
    func account(_ range: Range<Int>) -> ShortText? {
        guard PrintedEvent.accountLengths.contains(range.count) else { return nil }
        let digits = word(at: range.lowerBound)
        guard digits.isHexASCII(count: Swift.min(range.count, 8)) else { return nil }
        guard range.count > 8 else {
            return ShortText(littleEndian: digits.capitalHexASCII, shortCount: range.count)
        }
        let more = word(at: range.lowerBound + 8)
        guard more.isHexASCII(count: range.count - 8) else { return nil }
        return ShortText(
            littleEndian: digits.capitalHexASCII, more.capitalHexASCII, count: range.count)
    }
}
