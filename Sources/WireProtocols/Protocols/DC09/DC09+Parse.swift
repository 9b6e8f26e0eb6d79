import AlarmModel

extension DC09 {
    @inline(__always)
    public static func parse(_ frame: Span<UInt8>) throws(DecodeError) -> Message {
        let front = try Front(of: frame)
        let content = frame.extracting(front.content..<frame.count - 1)
        let header = front.header(in: frame)
        guard front.isSealed else {
            return Message(header, .plain(Body(content, of: header.token)))
        }
        guard content.count > 0, content.count % 32 == 0 else { throw .badField }
        for index in content.indices where hexValue(content[index]) == nil { throw .badField }
        return Message(header, .sealed(content.array()))
    }

    /// Where the fields of a header are in its frame.
    struct Front {
        let isSealed: Bool
        let token: Token
        let sequence: UInt16
        private var receiver = 0..<0
        private var line = 0..<0
        /// Without its mark.
        private var account = 0..<0
        /// Offset of the first byte behind the first bracket.
        let content: Int

        /// Receiver, line and account stand in any order; receiver and line may be missing.
        @inline(__always)
        init(of frame: Span<UInt8>) throws(DecodeError) {
            let end = frame.count - 1
            guard end > Field.text + 2, frame[end] == Mark.carriageReturn else { throw .truncated }
            isSealed = frame[Field.text + 1] == Mark.sealed
            let start = Field.text + (isSealed ? 2 : 1)
            guard frame[Field.text] == Mark.quote,
                let quote = frame.firstIndex(of: Mark.quote, near: start),
                Field.tokenLengths.contains(quote - start)
            else { throw .badField }
            token = Token(frame.name(start..<quote))
            if token.isAnswer { throw .unknownFormat }

            var offset = quote + 1 + Field.sequenceLength
            guard offset <= end,
                let digits = frame.word(at: quote + 1, count: Field.sequenceLength)
                    .digits(like: 0x3030_3030)
            else { throw .badField }
            sequence = UInt16(truncatingIfNeeded: digits.number(0) * 100 + digits.number(2))
            while offset < end, frame[offset] != Mark.open {
                let digits = offset + 1..<frame.hexDigitsEnd(from: offset + 1)
                switch frame[offset] {
                case UInt8(ascii: "R") where Field.numberLengths.contains(digits.count):
                    receiver = offset..<digits.upperBound
                case UInt8(ascii: "L") where Field.numberLengths.contains(digits.count):
                    line = offset..<digits.upperBound
                case Mark.account where Field.accountLengths.contains(digits.count):
                    account = digits
                default: throw .badField
                }
                offset = digits.upperBound
            }
            guard offset < end, !account.isEmpty else { throw .badField }
            content = offset + 1
        }

        @inline(always)
        func header(in frame: Span<UInt8>) -> Header {
            Header(
                checked: token, sequence: sequence, receiver: Number(receiver, of: frame),
                line: Number(line, of: frame), account: frame.name(account))
        }
    }

    /// Where the parts of a text that is not encrypted are: `data ] [x...] [x...] _time`. What is
    /// behind them is left out, and a bracket that is never closed is closed by the end: the
    /// checksum says that the sender meant it so.
    struct Parts {
        let data: Range<Int>
        let extended: Range<Int>
        let timestamp: WallTime?

        @inline(__always)
        init(of text: Span<UInt8>) {
            let dataEnd = text.firstIndex(of: Mark.close, near: 0) ?? text.count
            let start = min(dataEnd + 1, text.count)
            var offset = start
            while offset < text.count, text[offset] == Mark.open {
                offset = text.firstIndex(of: Mark.close, near: offset).map { $0 + 1 } ?? text.count
            }
            data = 0..<dataEnd
            extended = start..<offset
            timestamp = text.dc09Time(at: offset, marked: true)
        }
    }
}

extension DC09.Body {
    @inline(always)
    init(_ text: Span<UInt8>, of token: DC09.Token) {
        let parts = DC09.Parts(of: text)
        extended = DC09.ExtendedData(text.extracting(parts.extended))
        timestamp = parts.timestamp
        (account, report) = Self.report(in: text.extracting(parts.data), of: token)
    }

    /// `#1234|1131 01 015`, the account empty when there is none.
    @inline(__always)
    private static func contactID(
        in data: Span<UInt8>
    ) -> (account: ShortText, event: ContactIDEvent)? {
        let bar = data.firstIndex(of: DC09.Mark.bar, near: 0)
        guard let account = innerAccount(in: data, before: bar),
            let event = data.extracting((bar.map { $0 + 1 } ?? 0)..<data.count).contactIDEvent
        else { return nil }
        return (account, event)
    }

    @inline(__always)
    private static func report(
        in data: Span<UInt8>, of token: DC09.Token
    ) -> (account: ShortText, report: DC09.Report) {
        switch token {
        case .null, .extendedNull:
            return (ShortText(), .none)
        case .contactID:
            if let (account, event) = contactID(in: data) { return (account, .contactID(event)) }
        case .sia:
            let bar = data.firstIndex(of: DC09.Mark.bar, near: 0)
            let account = innerAccount(in: data, before: bar)
            let rest = data.extracting((bar.map { $0 + 1 } ?? 0)..<data.count)
            let hasNoBar = bar == nil && !rest.isEmpty && rest[0] == DC09.Mark.account
            if let account, !rest.isEmpty, !hasNoBar { return (account, .sia(rest.array())) }
        case .other: break
        }
        return (ShortText(), .other(data.array()))
    }

    /// `#1234` in front of the bar, or nothing; nil when it is something else.
    private static func innerAccount(in data: Span<UInt8>, before bar: Int?) -> ShortText? {
        guard let bar, bar > 0 else { return ShortText() }
        guard data[0] == DC09.Mark.account, bar - 1 <= ShortText.capacity else { return nil }
        return data.name(1..<bar)
    }
}

extension Span<UInt8> {
    /// Short text of a range that fits, two words at a time where the span reaches that far.
    @inline(__always)
    func name(_ range: Range<Int>) -> ShortText {
        guard range.count <= 16, range.lowerBound + 16 <= count else {
            return shortText(range) ?? ShortText()
        }
        return ShortText(
            littleEndian: word(at: range.lowerBound), word(at: range.lowerBound + 8),
            count: range.count)
    }

    /// Where the hexadecimal digits end that begin at `start`, which may be none.
    @inline(__always)
    fileprivate func hexDigitsEnd(from start: Int) -> Int {
        var end = start
        while end >= 0, end &+ 8 <= count {
            let digits = word(at: end).hexCountASCII
            end &+= digits
            if digits < 8 { return end }
        }
        while end < count, hexValue(self[end]) != nil { end += 1 }
        return end
    }

    /// `1131 01 015`, the blanks as they come, up to a second bar.
    fileprivate var contactIDEvent: ContactIDEvent? {
        let isPlain = count == 11 && self[4] == 0x20 && self[7] == 0x20
        guard !isPlain else {
            let front = word(at: 0)
            let back = word(at: 3)
            let digits =
                (front >> 8 & 0xFF_FFFF) | (front >> 40 & 0xFFFF) << 24 | (back >> 40) << 40
            return event(qualifier: self[0], digits)
        }
        var digits: UInt64 = 0
        var found = 0
        var qualifier: UInt8 = 0
        for index in indices where self[index] != 0x20 {
            if self[index] == DC09.Mark.bar { break }
            guard found < 9 else { return nil }
            if found == 0 { qualifier = self[index] }
            if found > 0 { digits |= UInt64(self[index]) << UInt64((found - 1) * 8) }
            found += 1
        }
        return found == 9 ? event(qualifier: qualifier, digits) : nil
    }

    @inline(__always)
    private func event(qualifier: UInt8, _ digits: UInt64) -> ContactIDEvent? {
        ContactIDEvent.Qualifier(rawValue: qualifier &- UInt8(ascii: "0"))
            .flatMap { ContactIDEvent(qualifier: $0, digits: digits) }
    }

    /// `_HH:MM:SS,MM-DD-YYYY` in UTC; nil when it is none.
    func dc09Time(at start: Int, marked: Bool) -> WallTime? {
        let offset = marked ? start + 1 : start
        guard offset + 19 <= count, !marked || self[start] == DC09.Mark.time,
            let clock = word(at: offset).digits(like: 0x3030_3A30_303A_3030),  // 00:00:00
            let date = word(at: offset + 8).digits(like: 0x302D_3030_2D30_302C),  // ,00-00-0
            let year = word(at: offset + 11).digits(like: 0x3030_3030_2D30_302D)  // -00-0000
        else { return nil }
        return CivilTime(
            year: year.number(4) * 100 + year.number(6), month: date.number(1),
            day: date.number(4), hour: clock.number(0), minute: clock.number(3),
            second: clock.number(6))?.wallTime()
    }
}

extension UInt64 {
    /// The digits of eight characters as numbers, where their marks are those of `form`; nil when
    /// they are not, or when there is no digit where `form` has a 0.
    @inline(__always)
    fileprivate func digits(like form: UInt64) -> UInt64? {
        let difference = self ^ form
        let isZero = form ^ 0x3030_3030_3030_3030
        var marks: UInt64 = 0
        for shift: UInt64 in stride(from: 0, to: 64, by: 8) where isZero >> shift & 0xFF != 0 {
            marks |= 0xFF << shift
        }
        let tooLarge = (difference &+ 0x7676_7676_7676_7676 | difference) & 0x8080_8080_8080_8080
        return difference & marks == 0 && tooLarge == 0 ? difference : nil
    }

    /// Two of them as a number, the first at `index`.
    @inline(__always)
    fileprivate func number(_ index: UInt64) -> Int {
        Int(self >> (index * 8) & 0x0F) * 10 + Int(self >> (index * 8 + 8) & 0x0F)
    }
}
