import AlarmModel

extension TAP {
    enum Field {
        /// End, check, CR.
        static let tailLength = 5
        /// STX and the tail.
        static let aroundContent = 6
        static let passwordLengthMax = 16
        /// `ESC PG`, the type, the password and CR.
        static let loginLengthMax = 21
        static let loginPassword = 4
    }

    /// Which values of a character the check of a block counts.
    enum CheckWidth { case sevenBits, eightBits }

    public static func parse(_ frame: Span<UInt8>) throws(DecodeError) -> Message {
        guard !frame.isEmpty, frame[frame.count - 1] == Mark.carriageReturn
        else { throw .truncated }
        switch (frame[0], frame.count) {
        case (Mark.carriageReturn, 1): return .wake
        case (Mark.eot, 2): return .end
        case (Mark.escape, (Field.loginPassword + 1)...Field.loginLengthMax):
            return .login(try login(in: frame))
        case (Mark.stx, Field.aroundContent...): return .block(try block(in: frame))
        default: throw .unknownFormat
        }
    }

    private static func login(in frame: Span<UInt8>) throws(DecodeError) -> Login {
        let text = frame.shortText(Field.loginPassword..<frame.count - 1)
        guard let login = Login(type: frame[Field.loginPassword - 1], password: text ?? "")
        else { throw .badField }
        return login
    }

    @inline(__always)
    private static func block(in frame: Span<UInt8>) throws(DecodeError) -> Block {
        let end = frame.count - Field.tailLength
        let ending: Block.Ending
        switch frame[end] {
        case Mark.etx: ending = .page
        case Mark.etb: ending = .field
        case Mark.us: ending = .part
        default: throw .unknownFormat
        }
        guard let width = checkWidth(of: frame) else { throw .badField }
        let content = frame.extracting(1..<end)
        if width == .eightBits { return Block(content, ending: ending) }
        var bytes = content.array()
        for index in bytes.indices { bytes[index] &= 0x7F }
        return Block(bytes.span, ending: ending)
    }

    /// How the check of this block was made; nil when it is wrong either way.
    ///
    /// The rule counts seven bits of each character. Eight count the same as long as nothing is
    /// beyond ASCII, and a sender that counts them means what is beyond ASCII.
    @inline(__always)
    static func checkWidth(of frame: Span<UInt8>) -> CheckWidth? {
        let end = frame.count - Field.tailLength + 1
        var sum = 0
        var high = 0
        var index = 0
        while index + 8 <= end {
            let word = frame.word(at: index)
            sum &+= Int(truncatingIfNeeded: word.sumOfBytes)
            high &+= (word & 0x8080_8080_8080_8080).nonzeroBitCount
            index += 8
        }
        while index < end {
            sum &+= Int(frame[index])
            high &+= Int(frame[index] >> 7)
            index += 1
        }
        var check = 0
        for index in end..<frame.count - 1 {
            guard frame[index] >> 4 == 3 else { return nil }
            check = check << 4 | Int(frame[index] & 0x0F)
        }
        if (sum ^ check) & 0xFFF == 0 { return .eightBits }
        return (sum &- high << 7 ^ check) & 0xFFF == 0 ? .sevenBits : nil
    }

    /// The low twelve bits of the sum of `bytes`, from STX to the end mark, as three characters
    /// from `0` to `?`, the highest four bits first.
    static func check(of bytes: some Swift.Sequence<UInt8>) -> [UInt8] {
        let sum = bytes.reduce(0) { $0 &+ UInt32($1) }
        return [sum >> 8, sum >> 4, sum].map { 0x30 | UInt8($0 & 0x0F) }
    }
}
