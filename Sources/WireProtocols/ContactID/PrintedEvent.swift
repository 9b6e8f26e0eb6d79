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
    }

    static let accountLengths = 3...10

    /// - Parameters:
    ///   - receiverLength: bytes of `line` before the account.
    ///   - hasMark: whether F stands before CCC.
    @inline(__always)
    init?(_ line: Span<UInt8>, receiverLength: Int, hasMark: Bool) {
        var reader = BackwardReader(end: line.count, least: receiverLength)
        guard let zone = reader.take(3, of: line) else { return nil }
        let mark = hasMark ? reader.take(1, of: line) : zone
        guard let mark, let group = reader.take(2, of: line),
            let code = reader.take(4, of: line), let type = reader.take(2, of: line),
            line[type + 1] == UInt8(ascii: "8"), line[type] | 0x08 == UInt8(ascii: "9"),
            let qualifier = ContactIDEvent.Qualifier(letter: line[code]),
            let event = ContactIDEvent(
                qualifier: qualifier,
                digits: line.bytes(code + 1, 3) | line.bytes(group, 2) << 24
                    | line.bytes(zone, 3) << 40),
            let account = reader.rest(of: line),
            let receiver = line.shortText(0..<receiverLength)
        else { return nil }
        if hasMark {
            guard line[mark] == UInt8(ascii: "U") || line[mark] == UInt8(ascii: "C")
            else { return nil }
        }
        self.receiver = receiver
        self.account = account
        self.event = event
        isUser = hasMark ? line[mark] == UInt8(ascii: "U") : nil
    }

    /// The event in the station's words, and its text. Account 0000 on group or line 0 is the
    /// receiver's way to speak of itself.
    @inline(__always)
    func tell(_ body: borrowing EventBody) {
        guard isOfReceiver else { return body(draft(address: account), nil) }
        let draft = draft(address: nil)
        body(draft, ofReceiver(draft.words(with: nil)))
    }

    @inline(__always)
    private func draft(address: ShortText?) -> EventDraft {
        var draft = event.draft(address: address)
        if let isUser { draft.zoneIsUser = isUser && draft.zone != nil }
        return draft
    }

    @inline(__always)
    private var isOfReceiver: Bool {
        guard receiver[receiver.count - 1] == UInt8(ascii: "0") else { return false }
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

/// Takes fields of a known length off the end of a line, and the blanks behind each.
private struct BackwardReader {
    private var end: Int
    private let least: Int

    @inline(__always)
    init(end: Int, least: Int) {
        self.end = end
        self.least = least
    }

    /// Where the next field of `count` bytes stands; nil when the line is too short.
    @inline(__always)
    mutating func take(_ count: Int, of line: Span<UInt8>) -> Int? {
        while end > least, line[end &- 1] == UInt8(ascii: " ") { end &-= 1 }
        end &-= count
        return end >= least ? end : nil
    }

    /// What is left, as an account; nil when it is none.
    @inline(__always)
    func rest(of line: Span<UInt8>) -> ShortText? {
        var last = end
        while last > least, line[last &- 1] == UInt8(ascii: " ") { last &-= 1 }
        var first = least
        while first < last, line[first] == UInt8(ascii: " ") { first &+= 1 }
        guard PrintedEvent.accountLengths.contains(last &- first) else { return nil }
        var low: UInt64 = 0
        var high: UInt64 = 0
        for index in first..<last {
            let byte = line[index]
            let capital = byte &- UInt8(ascii: "a") < 6 ? byte & ~0x20 : byte
            guard capital.isUpperHexDigit else { return nil }
            let place = index &- first
            if place < 8 {
                low |= UInt64(capital) &<< UInt64(place &* 8)
            } else {
                high |= UInt64(capital) &<< UInt64(place &* 8 &- 64)
            }
        }
        return ShortText(littleEndian: low, high, count: last &- first)
    }
}

extension Span<UInt8> {
    /// `count` bytes from `offset`, the first lowest. At most eight.
    @inline(__always)
    fileprivate func bytes(_ offset: Int, _ count: Int) -> UInt64 {
        var word: UInt64 = 0
        for index in 0..<count { word |= UInt64(self[offset &+ index]) &<< UInt64(index &* 8) }
        return word
    }
}
