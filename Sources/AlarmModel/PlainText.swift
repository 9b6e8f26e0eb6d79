/// Numbers, times, ids and bytes as text, written straight into the bytes that they end in: each
/// has one way, for a `String` of its own as well as for a line of JSON.
///
/// Digits are made eight at a time in a word, the first of them in its lowest byte, and a word is
/// stored at once.
extension TextBuffer {
    @inlinable
    public mutating func append(decimal value: Int64) {
        if value < 0 { append(mark: "-") }
        append(decimal: value.magnitude)
    }

    /// Without zeros in front.
    @inlinable
    public mutating func append(decimal value: UInt64) {
        guard value >= 100_000_000 else {
            return appendFew(whole: UInt32(truncatingIfNeeded: value))
        }
        let (high, low) = value.quotientAndRemainder(dividingBy: 100_000_000)
        append(decimal: high)
        append(word: eightDigits(UInt32(truncatingIfNeeded: low)))
    }

    @inlinable @inline(__always)
    mutating func appendFew(whole value: UInt32) {
        if value < 10 { return append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value)) }
        guard value < 100_000_000 else { return append(decimal: UInt64(value)) }
        let digits = eightDigits(value)
        let zeros = min((digits & 0x0F0F_0F0F_0F0F_0F0F).trailingZeroBitCount / 8, 7)
        append(word: digits &>> UInt64(zeros &* 8), count: 8 &- zeros)
    }

    /// A whole number of 10^-`decimals` units: see ``fixedPointText(_:decimals:)``.
    ///
    /// - Parameter decimals: 0...18.
    @inlinable
    public mutating func append(_ value: Int64, decimals: Int) {
        precondition((0...18).contains(decimals), "an Int64 has no more than 18 whole decimals")
        guard decimals > 0 else { return append(decimal: value) }
        if value < 0 { append(mark: "-") }
        let magnitude = value.magnitude
        if decimals <= 8, magnitude <= UInt64(UInt32.max) {
            return append(few: UInt32(truncatingIfNeeded: magnitude), decimals: decimals)
        }
        let (whole, fraction) = magnitude.quotientAndRemainder(dividingBy: powerOfTen(decimals))
        append(decimal: whole)
        append(mark: ".")
        var rest = fraction
        var left = decimals
        // At least one digit behind the point, and no zeros at the end.
        repeat {
            left &-= 1
            let unit = powerOfTen(left)
            append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest / unit))
            rest %= unit
        } while rest > 0
    }

    /// The same of what fits into words: nearly all that devices say.
    ///
    /// - Parameter decimals: 1...8.
    @inlinable @inline(__always)
    mutating func append(few value: UInt32, decimals: Int) {
        let scale = UInt32(truncatingIfNeeded: powerOfTen(decimals))
        appendFew(whole: value / scale)
        append(mark: ".")
        let digits = eightDigits(value % scale) &>> UInt64((8 &- decimals) &* 8)
        let zeros = (digits & 0x0F0F_0F0F_0F0F_0F0F).leadingZeroBitCount / 8
        append(word: digits, count: max(1, 8 &- zeros))
    }

    /// RFC 3339 in UTC: see ``WallTime/rfc3339``.
    ///
    /// - Parameter isWhole: with six decimals also where they are zeros, so that all such times are
    ///   as long and sort as text.
    @inlinable
    public mutating func append(_ time: WallTime, isWhole: Bool = false) {
        let civil = time.sayableCivil
        let date = eightDigits(UInt32(civil.year &* 10_000 &+ civil.month &* 100 &+ civil.day))
        let clock = eightDigits(UInt32(civil.hour &* 10_000 &+ civil.minute &* 100 &+ civil.second))
        // YYYY-MM- DDTHH:MM :SS.
        append(word: date & 0xFFFF_FFFF | (date &>> 32 & 0xFFFF) &<< 40 | 0x2D00_002D_0000_0000)
        append(
            word: date &>> 48 | (clock &>> 16 & 0xFFFF) &<< 24 | (clock &>> 32 & 0xFFFF) &<< 48
                | 0x3A_0000_5400_00)
        let hasFraction = isWhole || civil.microsecond != 0
        append(word: 0x2E00_003A | (clock &>> 48) &<< 8, count: hasFraction ? 4 : 3)
        if hasFraction {
            append(word: eightDigits(UInt32(civil.microsecond)) &>> 16, count: 6)
        }
        append(mark: "Z")
    }

    @inlinable @inline(__always)
    public mutating func append(_ text: ShortText) {
        let (first, second, third) = text.words
        append(word: first, count: min(text.count, 8))
        guard text.count > 8 else { return }
        append(word: second, count: min(text.count &- 8, 8))
        if text.count > 16 { append(word: third, count: text.count &- 16) }
    }

    @inlinable
    public mutating func append(_ id: UUIDv7) {
        let (first, second) = (hexDigits(id.high &>> 32), hexDigits(id.high))
        let (third, fourth) = (hexDigits(id.low &>> 32), hexDigits(id.low))
        append(word: first)
        append(mark: "-")
        append(word: second, count: 4)
        append(mark: "-")
        append(word: second &>> 32, count: 4)
        append(mark: "-")
        append(word: third, count: 4)
        append(mark: "-")
        append(word: third &>> 32, count: 4)
        append(word: fourth)
    }

    /// Two lower-case digits a byte.
    @inlinable
    public mutating func append(hex bytes: Span<UInt8>) {
        var index = 0
        while index &+ 4 <= bytes.count {
            let word =
                UInt64(bytes[index]) &<< 24 | UInt64(bytes[index &+ 1]) &<< 16
                | UInt64(bytes[index &+ 2]) &<< 8 | UInt64(bytes[index &+ 3])
            append(word: hexDigits(word))
            index &+= 4
        }
        while index < bytes.count {
            append(word: hexDigits(UInt64(bytes[index]) &<< 24), count: 2)
            index &+= 1
        }
    }
}

/// The eight decimal digits of `value`, zeros in front, the first in the lowest byte.
///
/// Three steps for eight digits: halves, quarters and single digits are divided side by side in one
/// word, by multiplying and shifting.
///
/// - Parameter value: below 100,000,000.
@inlinable @inline(__always)
func eightDigits(_ value: UInt32) -> UInt64 {
    let halves = UInt64(value / 10_000) | UInt64(value % 10_000) &<< 32
    let hundreds = (halves &* 10_486) &>> 20 & 0x7F_0000_007F
    let pairs = hundreds | (halves &- hundreds &* 100) &<< 16
    let tens = (pairs &* 103) &>> 10 & 0x000F_000F_000F_000F
    return (tens | (pairs &- tens &* 10) &<< 8) | 0x3030_3030_3030_3030
}

/// The eight hexadecimal digits of the low half of `value`, the first in the lowest byte.
@inlinable @inline(__always)
func hexDigits(_ value: UInt64) -> UInt64 {
    var word = UInt64(UInt32(truncatingIfNeeded: value).byteSwapped)
    word = (word | word &<< 16) & 0x0000_FFFF_0000_FFFF
    word = (word | word &<< 8) & 0x00FF_00FF_00FF_00FF
    let nibbles = word &>> 4 & 0x000F_000F_000F_000F | (word & 0x000F_000F_000F_000F) &<< 8
    // A letter is `a` - `9` - 1 further on.
    let letters = (nibbles &+ 0x0606_0606_0606_0606) &>> 4 & 0x0101_0101_0101_0101
    return nibbles &+ 0x3030_3030_3030_3030 &+ letters &* 0x27
}
