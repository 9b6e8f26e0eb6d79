import AlarmModel

extension SurGard {
    public enum Message: Equatable, Sendable {
        case contactID(ContactIDLine)
        case sia(SIALine)
        /// The receiver is there and wants to know whether the station is.
        case heartbeat(ReceiverLine)
    }

    /// The receiver and the telephone line that took a call, `011` or `00001`: three to five
    /// hexadecimal digits. Some models put leading digits of a long account there.
    public struct ReceiverLine: Equatable, Sendable {
        /// The digits, letters in upper case, the first lowest.
        private let word: UInt64
        private let count: Int

        /// Nil when these are not three to five hexadecimal digits.
        public init?(_ digits: ShortText) {
            guard digits.count <= 5 else { return nil }
            var word: UInt64 = 0
            for index in 0..<digits.count { word |= UInt64(digits[index]) << UInt64(index * 8) }
            self.init(word, count: digits.count)
        }

        @inline(__always)
        init?(_ bytes: UInt64, count: Int) {
            guard count >= 3, count <= 5, bytes.isHexASCII(count: count) else { return nil }
            word = bytes.capitalHexASCII & UInt64.max &>> UInt64(64 &- count &* 8)
            self.count = count
        }

        public var digits: ShortText { ShortText(littleEndian: word, shortCount: count) }

        /// Line 0 is the receiver itself. The line is the last digit, or the last three of more.
        @inline(__always)
        var isReceiver: Bool {
            count == 3
                ? word >> 16 == 0x30 : word &>> UInt64(count &* 8 &- 24) == 0x30_3030
        }
    }

    public struct ContactIDLine: Equatable, Sendable {
        public let line: ReceiverLine
        /// 3...10 hexadecimal digits in upper case.
        public let account: ShortText
        public let event: ContactIDEvent

        /// Nil when the account is none.
        public init?(line: ReceiverLine, account: ShortText, event: ContactIDEvent) {
            guard PrintedEvent.accountLengths.contains(account.count) else { return nil }
            for index in 0..<account.count where !account[index].isUpperHexDigit { return nil }
            self.init(checked: account, line: line, event: event)
        }

        @inline(__always)
        init(checked account: ShortText, line: ReceiverLine, event: ContactIDEvent) {
            self.line = line
            self.account = account
            self.event = event
        }
    }

    public struct SIALine: Equatable, Sendable {
        public let line: ReceiverLine
        /// 1...16 letters and digits, letters in upper case.
        public let account: ShortText
        /// What stands between `|` and `]`: see ``SIABlockReader``.
        public let block: SIABlock

        /// Nil when the account is none, or all of it is longer than ``frameLengthMax``.
        public init?(line: ReceiverLine, account: ShortText, block: SIABlock) {
            let length =
                line.digits.count + account.count + block.bytes.count + Field.siaMarksLength
            guard Field.siaAccountLengths.contains(account.count), length <= frameLengthMax
            else { return nil }
            for index in 0..<account.count where !account[index].isUpperAlphanumeric {
                return nil
            }
            self.line = line
            self.account = account
            self.block = block
        }
    }

    /// The text of a SIA block, `Nri1/QA3/YT`: the one part of a line that costs an allocation,
    /// because held in place it would make every Contact ID message four times as large.
    public struct SIABlock: Equatable, Sendable {
        let bytes: [UInt8]

        /// Nil when the text is empty or has a byte that is not printable.
        public init?(_ text: String) { self.init(Array(text.utf8).span) }

        init?(_ text: Span<UInt8>) {
            guard !text.isEmpty else { return nil }
            for index in text.indices {
                guard text[index].isPrintableASCII else { return nil }
            }
            bytes = text.array()
        }
    }
}
