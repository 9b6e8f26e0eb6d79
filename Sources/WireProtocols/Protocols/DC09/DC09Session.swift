import AlarmModel

/// What one connection knows: the keys, whether plain messages have to be on time too, and the
/// time.
public struct DC09Session: ProtocolSession {
    /// By account in capitals.
    private let keys: [ShortText: DC09Cipher]
    private let anyKey: DC09Cipher?
    let checksPlainTime: Bool
    /// Nil where bytes come without a time, as out of a file.
    private(set) var now: WallTime?
    /// Of the message whose events were told last; its answer follows it.
    private(set) var verdict = Verdict()

    struct Verdict {
        var isRefused = false
        /// What an answer that carries a time says.
        var time: WallTime?
    }

    /// Options: `key`, `key.<account>` and `checkTime`.
    public init(options: ProtocolOptions) throws(OptionProblem) {
        let accounts = options.values.keys.filter { $0.hasPrefix(Option.keyOfAccount) }
        try options.refuseAll(except: [Option.key, Option.checkTime] + accounts.sorted())
        var keys: [ShortText: DC09Cipher] = [:]
        for option in accounts.sorted() {
            let digits = option.dropFirst(Option.keyOfAccount.count).uppercased()
            guard let account = ShortText(exactly: digits),
                DC09.Field.accountLengths.contains(account.count),
                digits.utf8.allSatisfy({ hexValue($0) != nil })
            else {
                throw OptionProblem(
                    key: option, message: "an account is 3 to 16 hexadecimal digits")
            }
            keys[account] = try Self.cipher(option, of: options)
        }
        self.keys = keys
        anyKey = try Self.cipher(Option.key, of: options)
        switch options.values[Option.checkTime] {
        case nil, "false": checksPlainTime = false
        case "true": checksPlainTime = true
        case let text?:
            throw OptionProblem(
                key: Option.checkTime, message: "'\(text)' is neither true nor false")
        }
    }

    private enum Option {
        static let key = "key"
        static let keyOfAccount = "key."
        static let checkTime = "checkTime"
    }

    /// The message never shows the key: it ends in a journal.
    private static func cipher(
        _ option: String, of options: ProtocolOptions
    ) throws(OptionProblem) -> DC09Cipher? {
        guard let text = options.values[option] else { return nil }
        guard let key = try? bytes(hex: text), let cipher = DC09Cipher(key: key) else {
            throw OptionProblem(
                key: option,
                message: "a key is 32, 48 or 64 hexadecimal digits, for AES-128, 192 or 256; "
                    + "this has \(text.utf8.count) characters")
        }
        return cipher
    }

    public mutating func heard(at now: Moment) { self.now = now.wall }

    func cipher(for address: ShortText) -> DC09Cipher? { keys[address] ?? anyKey }

    /// Decides on the answer to a message with this time.
    /// - Returns: by how many seconds the sender's clock is ahead, when that is too much.
    mutating func judge(timestamp: WallTime?, isSealed: Bool) -> Int64? {
        verdict = Verdict(time: now ?? timestamp)
        guard isSealed || checksPlainTime, let now, let timestamp else { return nil }
        let (ahead, overflow) = timestamp.microseconds
            .subtractingReportingOverflow(now.microseconds)
        guard overflow || !DC09.clockWindow.contains(ahead) else { return nil }
        verdict.isRefused = true
        return overflow ? 0 : ahead / 1_000_000
    }

    /// Decides on the answer to a message that cannot be read.
    mutating func judgeUnreadable() { verdict = Verdict(isRefused: true, time: now) }
}

extension DC09 {
    /// Microseconds that a sender's clock may be ahead of the station's.
    static let clockWindow: ClosedRange<Int64> = -40_000_000...20_000_000

    enum Unsealed {
        case body(Body)
        case noKey
        case wrongKey
    }

    /// Opens an encrypted message.
    ///
    /// Nothing but its form tells whether the key was right. A time, which the standard demands, is
    /// proof enough; without one, an alarm code is.
    static func unseal(_ digits: [UInt8], of header: Header, in session: Session) -> Unsealed {
        guard let cipher = session.cipher(for: header.address) else { return .noKey }
        var sealed: [UInt8] = []
        sealed.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count - 1, by: 2) {
            sealed.append((hexValue(digits[index]) ?? 0) << 4 | (hexValue(digits[index + 1]) ?? 0))
        }
        guard let text = cipher.decrypt(sealed),
            let mark = text.firstIndex(where: { $0 == Mark.bar || $0 == Mark.close })
        else { return .wrongKey }
        // Some senders leave the bar out in front of data that is empty.
        let start = text[mark] == Mark.bar ? mark + 1 : mark
        let rest = text.span.extracting(start..<text.count)
        let body = Body(rest, of: header.token)
        guard body.timestamp != nil || hasCode(body.report) else { return .wrongKey }
        return .body(body)
    }

    private static func hasCode(_ report: Report) -> Bool {
        switch report {
        case .contactID: return true
        case .sia(let block):
            var reader = SIABlockReader()
            return reader.next(in: block.span) != nil
        case .none, .other: return false
        }
    }
}
