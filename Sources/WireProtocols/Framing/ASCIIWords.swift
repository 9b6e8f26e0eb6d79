/// Eight ASCII characters in one word, the first lowest, judged all at once: what a fixed field of
/// a text protocol is checked with on its way.
extension UInt64 {
    /// True when all eight are `0`...`9`.
    @inline(__always)
    var isDecimalASCII: Bool {
        // Only 0x30...0x39 has the high nibble 3 before and after 6 is added.
        self & (self &+ every(0x06)) & every(0xF0) == every(0x30)
    }

    /// True when all eight leave ink.
    @inline(__always)
    var isGraphicASCII: Bool {
        // No high bit, not 0x7F, and from 0x21 on.
        (self | (self &+ every(0x01)) | ~(self &+ every(0x5F))) & every(0x80) == 0
    }

    /// True when the first `count` of them are hexadecimal digits, capital or small.
    ///
    /// - Parameter count: 1...8.
    @inline(__always)
    func isHexASCII(count: Int) -> Bool {
        // Those of the others are shifted out.
        marksOfNoHexASCII &<< UInt64(truncatingIfNeeded: 64 &- count &* 8) == 0
    }

    /// How many of them, up to the first that is none, are hexadecimal digits: 0...8.
    @inline(__always)
    var hexCountASCII: Int { marksOfNoHexASCII.trailingZeroBitCount / 8 }

    /// Bits in the first byte that is no hexadecimal digit, none in those before.
    @inline(__always)
    private var marksOfNoHexASCII: UInt64 {
        // 1 in each byte that is a letter, which has bit 6. `A` follows `9` when 7 is taken.
        let letters = self >> 6 & every(0x01)
        let digits = capitalHexASCII &- (letters << 3 &- letters)
        // All are 0x30...0x3F then, and those from 0x3A on, which 6 more lift to 0x40, are letters.
        let isHigh = (digits &+ every(0x06)) >> 6
        return digits & every(0xF0) ^ every(0x30) | (isHigh ^ letters) & every(0x01)
    }

    /// 0x80 in each byte that is `byte`.
    @inline(__always)
    func marks(of byte: UInt8) -> UInt64 {
        // Only 0 stays below 0x80 when 0x7F is added.
        let others = self ^ every(byte)
        return ~((others & every(0x7F)) &+ every(0x7F) | others | every(0x7F))
    }

    /// 0x80 in each byte that is less than `bound`, which is 0x80 at most.
    @inline(__always)
    func marks(below bound: UInt8) -> UInt64 {
        ~((self & every(0x7F)) &+ every(0x80 &- bound) | self) & every(0x80)
    }

    /// 0x80 in each byte that is a control character: less than a blank, or DEL.
    @inline(__always)
    var controlMarks: UInt64 { unprintableMarks & ~self }

    /// 0x80 in each byte that is not from a blank to `~`.
    @inline(__always)
    var unprintableMarks: UInt64 {
        let low = self & every(0x7F)
        return (self | ~(low &+ every(0x60)) | (low &+ every(0x01))) & every(0x80)
    }

    /// Hexadecimal digits with `a`...`f` as `A`...`F`; other characters become others.
    @inline(__always)
    var capitalHexASCII: UInt64 { self & ~((self >> 6 & every(0x01)) << 5) }

    /// The two digits of `byte`, capital letters, the first lowest.
    @inline(__always)
    init(capitalHexASCII byte: UInt8) {
        self = Self.capitalHexASCII(UInt64(byte >> 4) | UInt64(byte & 0x0F) << 8) & 0xFFFF
    }

    /// The eight digits of `number`, capital letters, the first highest.
    @inline(__always)
    init(capitalHexASCII number: UInt32) {
        let halves = (UInt64(number) | UInt64(number) << 16) & 0x0000_FFFF_0000_FFFF
        let bytes = (halves | halves << 8) & 0x00FF_00FF_00FF_00FF
        self = Self.capitalHexASCII((bytes | bytes << 4) & every(0x0F))
    }

    /// - Parameter nibbles: one a byte.
    @inline(__always)
    private static func capitalHexASCII(_ nibbles: UInt64) -> UInt64 {
        let letters = (nibbles &+ every(0x06)) >> 4 & every(0x01)
        return nibbles &+ every(0x30) &+ letters &* 7
    }
}

/// `byte` in each of the eight.
@inline(__always)
private func every(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }

extension UInt8 {
    /// A blank, or a character that leaves ink.
    @inline(__always) var isPrintableASCII: Bool { self &- 0x20 < 0x5F }
    @inline(__always) var isDecimalDigit: Bool { self &- UInt8(ascii: "0") < 10 }

    /// `0`...`9`, `A`...`F`.
    @inline(__always) var isUpperHexDigit: Bool {
        isDecimalDigit || self &- UInt8(ascii: "A") < 6
    }

    /// `0`...`9`, `A`...`Z`.
    @inline(__always) var isUpperAlphanumeric: Bool {
        isDecimalDigit || self &- UInt8(ascii: "A") < 26
    }
}
