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
        guard let fields = PrintedFields.of(line, from: receiverLength, hasMark: hasMark),
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
    func tell(_ body: borrowing EventBody) {
        guard isOfReceiver else { return body(draft(address: account), nil) }
        let draft = draft(address: nil)
        body(draft, ofReceiver(draft.words(with: nil)))
    }

    @inline(__always)
    func draft(address: ShortText?) -> EventDraft {
        event.draft(address: address, isUser: isUser)
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

    @inline(__always)
    static func of(_ line: Span<UInt8>, from least: Int, hasMark: Bool) -> PrintedFields? {
        let usual = hasMark ? spaced(line, from: least) : unspaced(line, from: least)
        guard let fields = usual ?? other(line, from: least, hasMark: hasMark) else { return nil }
        // Not "or": which of the two it is cannot be predicted.
        return (fields.mark == Mark.contact) != (fields.mark == Mark.user) ? fields : nil
    }

    /// `_AAAA_18_QXYZ_GG_FCCC`, as receivers print it unless they are set otherwise.
    @inline(__always)
    private static func spaced(_ line: Span<UInt8>, from least: Int) -> PrintedFields? {
        guard let account = usualAccount(in: line, from: least, before: 16) else { return nil }
        let front = line.word(at: line.count &- 16)
        let back = line.word(at: line.count &- 8)
        let event = front >> 40 | back << 16 & 0xFF_FF00_0000 | back & 0xFFFF_FF00_0000_0000
        guard front & 0xFFFF_F7FF == 0x2038_3120, back & 0xFF00_00FF == 0x2000_0020,
            event.isDecimalASCII
        else { return nil }
        return PrintedFields(
            account: account, qualifier: UInt8(truncatingIfNeeded: front >> 32), event: event,
            mark: UInt8(truncatingIfNeeded: back >> 32))
    }

    /// `_AAAA18QXYZGGCCC`, the same of receivers that print no mark.
    @inline(__always)
    private static func unspaced(_ line: Span<UInt8>, from least: Int) -> PrintedFields? {
        guard let account = usualAccount(in: line, from: least, before: 11) else { return nil }
        let front = line.word(at: line.count &- 11)
        let event = line.word(at: line.count &- 8)
        guard front & 0xFFF7 == 0x3831, event.isDecimalASCII else { return nil }
        return PrintedFields(
            account: account, qualifier: UInt8(truncatingIfNeeded: front >> 16), event: event,
            mark: Mark.contact)
    }

    /// Three to eight digits behind a blank, in front of the last `rest` bytes.
    @inline(__always)
    private static func usualAccount(
        in line: Span<UInt8>, from least: Int, before rest: Int
    ) -> ShortText? {
        let digits = line.count &- rest &- least &- 1
        guard digits >= 3, digits <= 8, line[least] == UInt8(ascii: " ") else { return nil }
        let word = line.word(at: least &+ 1)
        guard word.isHexASCII(count: digits) else { return nil }
        return ShortText(littleEndian: word.capitalHexASCII, shortCount: digits)
    }

    /// With any number of blanks between the fields, and any account.
    @inline(never)
    private static func other(
        _ line: Span<UInt8>, from least: Int, hasMark: Bool
    ) -> PrintedFields? {
        var reader = BackwardReader(end: line.count, least: least)
        guard let zone = reader.take(3, of: line),
            let mark = hasMark ? reader.take(1, of: line) : UInt64(Mark.contact),
            let group = reader.take(2, of: line), let event = reader.take(4, of: line),
            let type = reader.take(2, of: line), type | 0x08 == 0x3839,
            let account = reader.rest(of: line)
        else { return nil }
        return PrintedFields(
            account: account, qualifier: UInt8(truncatingIfNeeded: event),
            event: event >> 8 | group << 24 | zone << 40, mark: UInt8(truncatingIfNeeded: mark))
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
    mutating func take(_ count: Int, of line: Span<UInt8>) -> UInt64? {
        skipBlanks(of: line)
        guard end - least >= count else { return nil }
        end -= count
        return line.word(at: end, count: count)
    }

    /// What is left, as an account in capitals; nil when it is none.
    mutating func rest(of line: Span<UInt8>) -> ShortText? {
        skipBlanks(of: line)
        var account = ShortText()
        for index in least..<end where !account.isEmpty || line[index] != UInt8(ascii: " ") {
            let isSmall = line[index] &- UInt8(ascii: "a") < 6
            let capital = isSmall ? line[index] & ~0x20 : line[index]
            guard capital.isUpperHexDigit else { return nil }
            account.append(capital)
        }
        return PrintedEvent.accountLengths.contains(account.count) ? account : nil
    }

    private mutating func skipBlanks(of line: Span<UInt8>) {
        while end > least, line[end - 1] == UInt8(ascii: " ") { end -= 1 }
    }
}
