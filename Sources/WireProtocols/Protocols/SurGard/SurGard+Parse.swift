import AlarmModel

extension SurGard {
    /// Offsets and lengths in a line without its terminator. What is behind the account of a
    /// Contact ID line is counted from the line's end.
    enum Field {
        /// Receiver and line, three to five digits.
        static let receiverLine = 1
        /// `98` from older panels; `18` differs in one bit.
        static let messageType: UInt16 = 0x3839
        static let messageTypeLength = 2
        static let siaAccountLengths = 1...16
        /// Q, from the end, and XYZGGCCC behind it.
        static let qualifier = 9
        /// Of Contact ID, from no blank and three digits of account to a blank and ten.
        static let contactIDLengths = 18...28
        /// No line of any kind is shorter: eight bytes can be loaded behind the first.
        static let shortest = 9
        /// Of SIA, what is no digit, account or block: `S`, `[#`, `|`, `]` and the terminator.
        static let siaMarksLength = 6
    }

    @inline(__always)
    public static func parse(_ frame: Span<UInt8>) throws(DecodeError) -> Message {
        guard let end = frame.indices.last, frame[end] == terminator else { throw .truncated }
        let line = frame.extracting(0..<lineCount(of: frame))
        guard line.count >= Field.shortest else { throw .unknownFormat }
        // Nearly all lines are these.
        if line[0] == Start.contactID, let message = ContactIDLine.of(line) {
            return .contactID(message)
        }
        switch line[0] {
        case Start.sia, Start.internalSIA:
            if let message = sia(in: line) { return .sia(message) }
        case Start.heartbeat:
            if let message = heartbeat(in: line) { return .heartbeat(message) }
        default: break
        }
        throw .unknownFormat
    }

    public static func isLine(_ bytes: Span<UInt8>) -> Bool {
        let line = bytes.extracting(0..<trimmedCount(bytes))
        guard line.count >= Field.shortest else { return false }
        switch line[0] {
        case Start.contactID: return ContactIDLine.of(line) != nil
        case Start.sia, Start.internalSIA: return SIAFields(of: line) != nil
        case Start.heartbeat: return heartbeat(in: line) != nil
        default: return false
        }
    }

    /// `S RR L [#AAAA|N...]`, with or without a blank before the bracket.
    @inline(never)
    private static func sia(in line: Span<UInt8>) -> SIALine? {
        guard let fields = SIAFields(of: line) else { return nil }
        var account = ShortText()
        for index in fields.account {
            let isSmall = line[index] &- UInt8(ascii: "a") < 26
            account.append(isSmall ? line[index] & ~0x20 : line[index])
        }
        return SIABlock(line.extracting(fields.block)).flatMap {
            SIALine(line: fields.line, account: account, block: $0)
        }
    }

    /// `1 RR L`, blanks, `@`, blanks.
    @inline(never)
    private static func heartbeat(in line: Span<UInt8>) -> ReceiverLine? {
        guard let at = line.firstIndex(of: UInt8(ascii: "@")) else { return nil }
        var digitsEnd = at
        while digitsEnd > 0, line[digitsEnd - 1] == UInt8(ascii: " ") { digitsEnd -= 1 }
        for index in at + 1..<line.count where line[index] != UInt8(ascii: " ") { return nil }
        guard digitsEnd < at else { return nil }
        return receiverLine(in: line, before: digitsEnd)
    }

    /// The digits between the first byte and `end`, or a blank before it.
    fileprivate static func receiverLine(in line: Span<UInt8>, before end: Int) -> ReceiverLine? {
        var count = end - Field.receiverLine
        if count > 0, line[end - 1] == UInt8(ascii: " ") { count -= 1 }
        return ReceiverLine(line.word(at: Field.receiverLine), count: count)
    }
}

extension SurGard.ContactIDLine {
    /// `5 RR L _ 18 AAAA Q XYZ GG CCC`, the blank and the digits of line and account as they come.
    @inline(always)
    fileprivate static func of(_ bytes: Span<UInt8>) -> Self? {
        guard SurGard.Field.contactIDLengths.contains(bytes.count) else { return nil }
        let accountEnd = bytes.count &- SurGard.Field.qualifier
        guard let qualifier = ContactIDEvent.Qualifier(letter: bytes[accountEnd]),
            let event = ContactIDEvent(
                qualifier: qualifier, digits: bytes.word(at: accountEnd &+ 1))
        else { return nil }
        let lineDigits = bytes.word(at: SurGard.Field.receiverLine)
        var type = SurGard.Field.receiverLine &+ 3
        while type <= SurGard.Field.receiverLine &+ 5 {
            let count = type &- SurGard.Field.receiverLine
            let start = bytes[type] == UInt8(ascii: " ") ? type &+ 1 : type
            if bytes.uint16LE(at: start) | 0x0008 == SurGard.Field.messageType,
                let line = SurGard.ReceiverLine(lineDigits, count: count),
                let account = bytes.account(
                    start &+ SurGard.Field.messageTypeLength..<accountEnd)
            {
                return Self(checked: account, line: line, event: event)
            }
            type &+= 1
        }
        return nil
    }
}

/// Where the fields of a SIA line are, when every byte of it is right.
private struct SIAFields {
    var line: SurGard.ReceiverLine
    var account: Range<Int>
    var block: Range<Int>

    init?(of bytes: Span<UInt8>) {
        guard let open = bytes.firstIndex(of: UInt8(ascii: "[")),
            let bar = bytes.firstIndex(of: UInt8(ascii: "|"), from: open),
            bytes[open + 1] == UInt8(ascii: "#"), bytes[bytes.count - 1] == UInt8(ascii: "]"),
            let line = SurGard.receiverLine(in: bytes, before: open)
        else { return nil }
        self.line = line
        account = open + 2..<bar
        block = bar + 1..<bytes.count - 1
        guard SurGard.Field.siaAccountLengths.contains(account.count), !block.isEmpty
        else { return nil }
        for index in account where !isAlphanumeric(bytes[index]) { return nil }
        for index in block where !bytes[index].isPrintableASCII { return nil }
    }
}

private func isAlphanumeric(_ byte: UInt8) -> Bool {
    byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 26
}
