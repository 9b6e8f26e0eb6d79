import AlarmModel

extension SurGard {
    /// Offsets and lengths in a line without its terminator. What is behind the account of a
    /// Contact ID line is counted from the line's end.
    enum Field {
        /// Receiver and line, three to five digits.
        static let receiverLine = 1
        /// The account behind three digits of line, a blank and `18`.
        static let usualAccount = 7
        /// `18`, or `98` from older panels.
        static let messageTypeLength = 2
        static let accountLengths = 3...10
        static let siaAccountLengths = 1...16
        /// Q, from the end.
        static let qualifier = 9
        /// XYZGGCCC, from the end.
        static let event = 8
        /// Of Contact ID, from no blank and three digits of account to a blank and ten.
        static let contactIDLengths = 18...28
        /// No line of any kind is shorter: eight bytes can be loaded behind the first.
        static let shortest = 9
        /// Of SIA, what is no digit, account or block: `S`, `[#`, `|`, `]` and the terminator.
        static let siaMarksLength = 6
    }

    public static func parse(_ frame: Span<UInt8>) throws(DecodeError) -> Message {
        guard let end = frame.indices.last, frame[end] == terminator else { throw .truncated }
        let line = frame.extracting(0..<lineCount(of: frame))
        guard line.count >= Field.shortest else { throw .unknownFormat }
        switch line[0] {
        case Start.contactID:
            if let message = ContactIDLine.of(line) { return .contactID(message) }
        case Start.sia, Start.internalSIA:
            if let message = sia(in: line) { return .sia(message) }
        case Start.heartbeat:
            if let message = heartbeat(in: line) { return .heartbeat(message) }
        default: break
        }
        throw .unknownFormat
    }

    /// A Contact ID line about anything but the receiver.
    @inline(__always)
    public static func decodeUsual(
        _ frame: Span<UInt8>, in session: inout Session, _ body: borrowing EventBody,
        into reply: inout Reply
    ) -> Bool {
        guard let line = ContactIDLine.usual(frame.extracting(0..<frame.count &- 1)),
            !line.line.isReceiver
        else { return false }
        body(line.event.draft(address: line.account), nil)
        reply.append(LineAnswer.ack)
        return true
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
    @inline(__always)
    fileprivate static func of(_ bytes: Span<UInt8>) -> Self? { usual(bytes) ?? other(bytes) }

    /// `5`, three digits of line, a blank, `18` or `98`, and three to five digits of account: all
    /// the digits fit in one word.
    @inline(__always)
    fileprivate static func usual(_ bytes: Span<UInt8>) -> Self? {
        let start = SurGard.Field.usualAccount
        let accountDigits = bytes.count &- SurGard.Field.qualifier &- start
        guard accountDigits >= 3, accountDigits <= 5 else { return nil }
        let front = bytes.word(at: 0)
        let digits = front >> 8 & 0xFF_FFFF | bytes.word(at: start) << 24
        guard front & 0x00FF_F7FF_0000_00FF == 0x0038_3120_0000_0035,
            digits.isHexASCII(count: 3 &+ accountDigits), let event = event(of: bytes)
        else { return nil }
        let capitals = digits.capitalHexASCII
        return Self(
            checked: ShortText(littleEndian: capitals >> 24, shortCount: accountDigits),
            line: SurGard.ReceiverLine(checked: capitals, count: 3), event: event)
    }

    /// Any other number of digits, with or without the blank.
    private static func other(_ bytes: Span<UInt8>) -> Self? {
        guard SurGard.Field.contactIDLengths.contains(bytes.count),
            bytes[0] == SurGard.Start.contactID, let event = event(of: bytes)
        else { return nil }
        let line = bytes.word(at: SurGard.Field.receiverLine)
        for lineDigits in 3...5 {
            let digitsEnd = SurGard.Field.receiverLine + lineDigits
            let type = bytes[digitsEnd] == UInt8(ascii: " ") ? digitsEnd + 1 : digitsEnd
            let start = type + SurGard.Field.messageTypeLength
            let accountDigits = bytes.count - SurGard.Field.qualifier - start
            guard bytes[type + 1] == UInt8(ascii: "8"), bytes[type] | 0x08 == UInt8(ascii: "9"),
                SurGard.Field.accountLengths.contains(accountDigits)
            else { continue }
            let low = bytes.word(at: start)
            let high = accountDigits > 8 ? bytes.word(at: start + 8) : 0x3030
            if line.isHexASCII(count: lineDigits), low.isHexASCII(count: min(accountDigits, 8)),
                high.isHexASCII(count: max(accountDigits - 8, 1))
            {
                return Self(
                    checked: ShortText(
                        littleEndian: low.capitalHexASCII, high.capitalHexASCII,
                        count: accountDigits),
                    line: SurGard.ReceiverLine(checked: line.capitalHexASCII, count: lineDigits),
                    event: event)
            }
        }
        return nil
    }

    /// What stands at the end of a line that is long enough for it.
    @inline(__always)
    private static func event(of bytes: Span<UInt8>) -> ContactIDEvent? {
        let letter = bytes[bytes.count &- SurGard.Field.qualifier]
        return ContactIDEvent.Qualifier(letter: letter).flatMap {
            ContactIDEvent(
                qualifier: $0, digits: bytes.word(at: bytes.count &- SurGard.Field.event))
        }
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
