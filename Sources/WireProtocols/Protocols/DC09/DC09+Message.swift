import AlarmModel

extension DC09 {
    public struct Message: Equatable, Sendable {
        public let header: Header
        public let content: Content

        /// Nil when the report is not one of the header's token.
        public init?(_ header: Header, _ body: Body) {
            switch (header.token, body.report) {
            case (.null, .none), (.extendedNull, .none), (.contactID, .contactID), (.sia, .sia),
                (.contactID, .other), (.sia, .other), (.other, .other):
                self.init(header, .plain(body))
            default: return nil
            }
        }

        init(_ header: Header, _ content: Content) {
            self.header = header
            self.content = content
        }
    }

    public enum Content: Equatable, Sendable {
        case plain(Body)
        /// The hexadecimal digits of whole cipher blocks, as they were sent.
        case sealed([UInt8])
    }

    /// What a message is. The name of the wire has no more than 23 bytes.
    public enum Token: Equatable, Sendable {
        /// Supervision: the sender is there.
        case null
        /// The same with extended data.
        case extendedNull
        case contactID
        case sia
        /// One that the station keeps as it comes.
        case other(ShortText)

        init(_ name: ShortText) {
            self =
                switch name {
                case Names.contactID: .contactID
                case Names.null: .null
                case Names.sia: .sia
                case Names.extendedNull: .extendedNull
                default: .other(name)
                }
        }

        public var name: ShortText {
            switch self {
            case .null: Names.null
            case .extendedNull: Names.extendedNull
            case .contactID: Names.contactID
            case .sia: Names.sia
            case .other(let name): name
            }
        }

        /// What a receiver sends: no such message comes in.
        var isAnswer: Bool {
            if case .other(let name) = self { Names.answers.contains(name) } else { false }
        }

        private enum Names {
            // As words, so that telling them apart costs nothing.
            static var null: ShortText { name(0x4C4C_554E, 4) }  // NULL
            static var extendedNull: ShortText { name(0x4D_4E58, 3) }  // XNM
            static var contactID: ShortText { name(0x44_4943_2D4D_4441, 7) }  // ADM-CID
            static var sia: ShortText { name(0x53_4344_2D41_4953, 7) }  // SIA-DCS
            static let answers: [ShortText] = ["ACK", "NAK", "DUH", "RSP"]

            @inline(__always)
            private static func name(_ letters: UInt64, _ count: Int) -> ShortText {
                ShortText(littleEndian: letters, shortCount: count)
            }
        }
    }

    /// What stands in front of the first bracket and is never encrypted. Receiver, line and account
    /// are kept as they were written, because the answer has to repeat them.
    public struct Header: Equatable, Sendable {
        public let token: Token
        /// 0...9999; 0 where the sender does not count.
        public let sequence: UInt16
        /// `R` and up to six hexadecimal digits; empty when the message has none.
        let receiver: Number
        /// `L` and up to six hexadecimal digits; empty when the message has none.
        let line: Number
        /// 3...16 hexadecimal digits.
        public let account: ShortText

        /// Nil when a field is something else.
        public init?(
            _ token: Token, sequence: UInt16, receiver: ShortText = "R0", line: ShortText = "L0",
            account: ShortText
        ) {
            guard sequence <= 9_999, !token.isAnswer, isPlainName(token.name),
                isNumber(receiver, UInt8(ascii: "R")), isNumber(line, UInt8(ascii: "L")),
                Field.accountLengths.contains(account.count), areHexDigits(account, from: 0)
            else { return nil }
            self.token = token
            self.sequence = sequence
            self.receiver = Number(receiver)
            self.line = Number(line)
            self.account = account
        }

        @inline(__always)
        init(
            checked token: Token, sequence: UInt16, receiver: Number, line: Number,
            account: ShortText
        ) {
            self.token = token
            self.sequence = sequence
            self.receiver = receiver
            self.line = line
            self.account = account
        }

        /// The account in capitals: one device has one address.
        var address: ShortText { account.inCapitals }

        /// Receiver and line as `R1L0`; nil when the message says neither.
        @inline(__always)
        var prefix: ShortText? { receiver.isZero && line.isZero ? nil : writtenPrefix }

        @inline(never)
        private var writtenPrefix: ShortText {
            var prefix = ShortText()
            for number in [receiver, line] where number.count > 0 {
                let text = ShortText(littleEndian: number.word, shortCount: number.count)
                for index in 0..<text.count { prefix.append(text[index]) }
            }
            return prefix.inCapitals
        }
    }

    /// A letter and its digits, none of which is a zero byte: the first of them lowest.
    struct Number: Equatable, Sendable {
        let word: UInt64

        @inline(__always)
        init(_ range: Range<Int>, of frame: Span<UInt8>) {
            word = range.isEmpty ? 0 : frame.word(at: range.lowerBound, count: range.count)
        }

        init(_ text: ShortText) {
            word = text.withBytes { Number($0.indices, of: $0).word }
        }

        @inline(__always)
        var count: Int { (71 &- word.leadingZeroBitCount) / 8 }

        /// Absent, or a letter and zeros only: the message says nothing by it.
        @inline(__always)
        var isZero: Bool {
            guard word != 0 else { return true }
            let zeros = UInt64(0x3030_3030_3030_3030) &>> UInt64(64 &- count &* 8)
            return word | 0xFF == zeros | 0xFF
        }
    }

    /// What stands behind the first bracket of a message that is not encrypted, or not any more.
    public struct Body: Equatable, Sendable {
        /// The account once more, as some senders pad or leave it out there.
        public let account: ShortText
        public let report: Report
        public let extended: ExtendedData
        /// When the sender sent it.
        public let timestamp: WallTime?
    }

    public enum Report: Equatable, Sendable {
        /// Of a NULL or XNM message.
        case none
        case contactID(ContactIDEvent)
        /// What stands behind the bar: see ``SIABlockReader``.
        case sia([UInt8])
        /// All of the data, where its token is not known or its grammar has no place for it.
        case other([UInt8])
    }
}

extension DC09.Body {
    /// - Parameters:
    ///   - extended: fields in brackets, such as `[X007E20.000]`.
    ///   - timestamp: a whole second.
    /// - Returns: nil when all of it is longer than a frame, or when a character of the frame is
    ///   inside: a line break, or a bracket in the report.
    public init?(
        _ report: DC09.Report, account: ShortText = "", extended: String = "",
        timestamp: WallTime? = nil
    ) {
        let bytes =
            switch report {
            case .none, .contactID: [UInt8]()
            case .sia(let bytes), .other(let bytes): bytes
            }
        let isClean = bytes.allSatisfy { byte in
            byte >= 0x20 && byte != DC09.Mark.open && byte != DC09.Mark.close
        }
        guard isClean, extended.utf8.allSatisfy({ $0 >= 0x20 }),
            bytes.count + extended.utf8.count < DC09.frameLengthMax / 2
        else { return nil }
        self.account = account
        self.report = report
        self.extended = DC09.ExtendedData(Array(extended.utf8).span)
        self.timestamp = timestamp
    }
}

private func isPlainName(_ name: ShortText) -> Bool {
    guard DC09.Field.tokenLengths.contains(name.count) else { return false }
    for index in 0..<name.count {
        let byte = name[index]
        guard byte > 0x20, byte < 0x7F, byte != DC09.Mark.quote else { return false }
    }
    return name[0] != DC09.Mark.sealed
}

private func isNumber(_ text: ShortText, _ mark: UInt8) -> Bool {
    if text.isEmpty { return true }
    return text[0] == mark && DC09.Field.numberLengths.contains(text.count - 1)
        && areHexDigits(text, from: 1)
}

private func areHexDigits(_ text: ShortText, from start: Int) -> Bool {
    for index in start..<text.count where hexValue(text[index]) == nil { return false }
    return true
}

extension ShortText {
    @inline(__always)
    var inCapitals: ShortText {
        for index in 0..<count where self[index] >= UInt8(ascii: "a") { return capitalised }
        return self
    }

    private var capitalised: ShortText {
        var capitals = ShortText()
        for index in 0..<count {
            let isSmall = self[index] &- UInt8(ascii: "a") < 26
            capitals.append(isSmall ? self[index] & ~0x20 : self[index])
        }
        return capitals
    }
}
