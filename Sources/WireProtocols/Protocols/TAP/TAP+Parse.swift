import AlarmModel

extension TAP {
    enum Field {
        /// STX, end, check, CR.
        static let aroundContent = 6
        static let passwordLengthMax = 16
        /// `ESC PG`, the type, the password and CR.
        static let loginLengthMax = 21
        static let loginPassword = 4
    }

    /// What stands behind the end mark of a block: the three characters of its check, and CR.
    enum Tail {
        static let length = 4

        /// How many of the first `count` bytes of a tail are none.
        @inline(__always)
        static func damage(_ tail: UInt64, count: Int) -> Int {
            let kept = UInt64.max &>> UInt64(truncatingIfNeeded: 64 &- count &* 8)
            let wrong = (tail & 0xFFF0_F0F0 ^ 0x0D30_3030) & kept
            return wrong == 0 ? 0 : 8 - wrong.marks(of: 0).nonzeroBitCount
        }
    }

    /// Which values of a character the check of a block counts.
    private enum CheckWidth { case sevenBits, eightBits }

    @inline(__always)
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

    @inline(always)
    private static func block(in frame: Span<UInt8>) throws(DecodeError) -> Block {
        let end = frame.count - Tail.length - 1
        let ending: Block.Ending
        switch frame[end] {
        case Mark.etx: ending = .page
        case Mark.etb: ending = .field
        case Mark.us: ending = .part
        default: throw .unknownFormat
        }
        guard let width = checkWidth(of: frame) else { throw .badField }
        return width == .eightBits
            ? Block(1..<end, of: frame, ending: ending)
            : blockOfSevenBits(frame.extracting(1..<end), ending)
    }

    private static func blockOfSevenBits(_ content: Span<UInt8>, _ ending: Block.Ending) -> Block {
        let bytes = content.array().map { $0 & 0x7F }
        return Block(bytes.span, ending: ending)
    }

    /// How the check of this block was made; nil when it is wrong either way.
    ///
    /// The rule counts seven bits of each character. Eight count the same as long as nothing is
    /// beyond ASCII, and a sender that counts them means what is beyond ASCII.
    @inline(__always)
    private static func checkWidth(of frame: Span<UInt8>) -> CheckWidth? {
        let end = frame.count - Tail.length
        let tail = frame.word(at: end, count: Tail.length)
        guard Tail.damage(tail, count: Tail.length) == 0 else { return nil }
        let check = (tail & 0x0F) << 8 | tail >> 4 & 0xF0 | tail >> 16 & 0x0F
        if frame.sum(0..<end, keeping: 0xFF) & 0xFFF == check { return .eightBits }
        return frame.sum(0..<end, keeping: 0x7F) & 0xFFF == check ? .sevenBits : nil
    }

    /// The low twelve bits of the sum of `bytes`, from STX to the end mark, as three characters
    /// from `0` to `?`, the highest four bits first.
    static func check(of bytes: some Swift.Sequence<UInt8>) -> [UInt8] {
        let sum = bytes.reduce(0) { $0 &+ UInt32($1) }
        return [sum >> 8, sum >> 4, sum].map { 0x30 | UInt8($0 & 0x0F) }
    }
}
