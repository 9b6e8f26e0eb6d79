import AlarmModel

/// Goes through the fields between the name of a report and its send time, from left to right.
struct FieldReader {
    private var start: Int
    /// Where the last field ends.
    private let end: Int
    /// The commas of the eight bytes at `base` that were not met yet.
    private var commas: UInt64
    private var base: Int

    @inline(__always)
    init(_ report: Span<UInt8>, from start: Int, to end: Int) {
        self.start = start
        self.end = end
        base = start
        commas = report.commas(at: start)
    }

    @inline(__always)
    var isAtEnd: Bool { start > end }

    /// The next field; empty behind the last one.
    @inline(__always)
    mutating func next(in report: Span<UInt8>) -> Range<Int> {
        guard start <= end else { return end..<end }
        while commas == 0, base < end {
            base &+= 8
            commas = report.commas(at: base)
        }
        let stop = commas == 0 ? end : min(base &+ commas.trailingZeroBitCount &>> 3, end)
        commas &= commas &- 1
        let field = start..<max(start, stop)
        start = stop &+ 1
        return field
    }
}

/// Where the last 16 fields begin. The one furthest from the time of its fix is nine in front.
struct FieldStarts: ~Copyable {
    private var starts = [16 of UInt16](repeating: 0)

    @inline(__always)
    init() {}

    /// - Parameter index: of the field, counted from the first.
    @inline(__always)
    subscript(index: Int) -> Int {
        get { Int(starts.span[index & 15]) }
        set {
            var span = starts.mutableSpan
            span[index & 15] = UInt16(truncatingIfNeeded: newValue)
        }
    }

    /// A field behind which another has begun.
    @inline(__always)
    func field(_ index: Int) -> Range<Int> {
        let start = self[index]
        return start..<max(start, self[index &+ 1] &- 1)
    }
}

extension Span<UInt8> {
    /// 0x80 for each comma of the eight bytes at `offset`, the first lowest; beyond the end there
    /// are none.
    @inline(__always)
    func commas(at offset: Int) -> UInt64 {
        guard offset &+ 8 <= count else { return lastCommas(at: offset) }
        return word(at: offset).commaMarks
    }

    private func lastCommas(at offset: Int) -> UInt64 {
        var marks: UInt64 = 0
        for index in min(offset, count)..<count where self[index] == Queclink.Mark.comma {
            marks |= 0x80 << UInt64((index - offset) * 8)
        }
        return marks
    }

    /// `yyyyMMddHHmmss` is all digits.
    @inline(__always)
    func isTimestamp(at start: Int) -> Bool {
        word(at: start).isDecimalASCII && word(at: start &+ 6).isDecimalASCII
    }

    /// The same as a time, as if it were UTC; nil when there is no such time.
    @inline(__always)
    func timestamp(at start: Int) -> WallTime? {
        let date = Int(word(at: start).decimalValue)
        let time = Int(word(at: start &+ 6).decimalValue)
        return CivilTime(
            year: date / 10_000, month: date / 100 % 100, day: date % 100,
            hour: time / 10_000 % 100, minute: time / 100 % 100, second: time % 100
        )?.wallTime()
    }

    /// Degrees with six decimals, such as `-121.354335`, in 1e-6 degrees.
    @inline(__always)
    func coordinate(_ field: Range<Int>) -> Int32? {
        guard field.count >= 8, field.count <= 11 else { return nil }
        let last = word(at: field.upperBound &- 8)
        // The digit in front of the point takes its place.
        let digits = last & ~0xFFFF | (last & 0xFF) << 8 | 0x30
        guard last >> 8 & 0xFF == UInt64(UInt8(ascii: ".")), digits.isDecimalASCII
        else { return nil }
        var value = Int32(truncatingIfNeeded: digits.decimalValue)
        var scale: Int32 = 10_000_000
        var at = field.upperBound &- 9
        while at >= field.lowerBound {
            let digit = self[at] &- UInt8(ascii: "0")
            guard digit < 10 else {
                let isSign = self[at] == UInt8(ascii: "-") && at == field.lowerBound
                return isSign ? 0 &- value : nil
            }
            guard scale <= 100_000_000 else { return nil }
            value &+= Int32(digit) &* scale
            scale = scale &* 10
            at &-= 1
        }
        return value
    }

    /// A decimal such as `70.0`, `-5` or `134.8` in tenths, -9_999_999...9_999_999; digits behind
    /// the first decimal are left out. Nil when the field is something else.
    @inline(__always)
    func tenths(_ field: Range<Int>) -> Int32? {
        guard field.count <= 8, !field.isEmpty else { return nil }
        var at = field.lowerBound
        let isNegative = self[at] == UInt8(ascii: "-")
        if isNegative { at &+= 1 }
        var value: Int32 = 0
        var digit: UInt8 = 10
        while at < field.upperBound {
            digit = self[at] &- UInt8(ascii: "0")
            if digit > 9 { break }
            value = value &* 10 &+ Int32(digit)
            at &+= 1
        }
        value = value &* 10
        if at < field.upperBound {
            guard self[at] == UInt8(ascii: "."), at &+ 1 < field.upperBound else { return nil }
            digit = self[at &+ 1] &- UInt8(ascii: "0")
            value = value &+ Int32(digit)
        }
        guard digit < 10, value < 10_000_000 else { return nil }
        return isNegative ? 0 &- value : value
    }

    /// A number of one or two digits.
    @inline(__always)
    func digits(_ field: Range<Int>) -> UInt8? {
        guard field.count == 1 || field.count == 2 else { return nil }
        let low = self[field.upperBound &- 1] &- UInt8(ascii: "0")
        let high = field.count == 1 ? 0 : self[field.lowerBound] &- UInt8(ascii: "0")
        return low < 10 && high < 10 ? high &* 10 &+ low : nil
    }

    /// 0...100 in one to three digits.
    @inline(__always)
    func percent(_ field: Range<Int>) -> UInt8? {
        if field.count == 3 { return decimal(field) == 100 ? 100 : nil }
        return digits(field)
    }

    /// Fifteen decimal digits, or the fourteen hexadecimal ones of an MEID.
    @inline(__always)
    func imei(_ field: Range<Int>) -> ShortText? {
        guard field.count == 15 else { return meid(field) }
        let low = word(at: field.lowerBound)
        let high = word(at: field.lowerBound &+ 7)
        guard low.isDecimalASCII, high.isDecimalASCII else { return nil }
        return ShortText(littleEndian: low, high >> 8, count: 15)
    }

    private func meid(_ field: Range<Int>) -> ShortText? {
        guard field.count == 14 else { return nil }
        let low = word(at: field.lowerBound)
        let high = word(at: field.lowerBound + 6)
        guard low.isHexASCII(count: 8), high.isHexASCII(count: 8) else { return nil }
        return ShortText(littleEndian: low, high >> 16, count: 14)
    }

    /// Up to 23 printable characters; empty for anything else.
    @inline(__always)
    func shortWord(_ field: Range<Int>) -> ShortText {
        let count = field.count
        guard count > 0, count <= 8, field.lowerBound &+ 8 <= self.count else {
            return longWord(field)
        }
        let word = word(at: field.lowerBound)
        guard word.isPrintableASCII(count: count) else { return ShortText() }
        return ShortText(littleEndian: word, shortCount: count)
    }

    private func longWord(_ field: Range<Int>) -> ShortText {
        for index in field where self[index] <= 0x20 || self[index] > 0x7E { return ShortText() }
        return shortText(field) ?? ShortText()
    }
}

extension UInt64 {
    /// 0x80 in each byte that is a comma.
    @inline(__always)
    var commaMarks: UInt64 {
        let low: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
        // A comma has become 0, the only byte that stays below 0x80 when 0x7F is added.
        let marked = self ^ 0x2C2C_2C2C_2C2C_2C2C
        return ~((marked & low) &+ low | marked | low)
    }

    /// The number that eight decimal digits say, the first in the lowest byte. Pairs of digits are
    /// put together, then pairs of pairs, and those.
    @inline(__always)
    var decimalValue: UInt32 {
        let pairs = ((self & 0x0F0F_0F0F_0F0F_0F0F) &* 2_561) >> 8
        let fours = ((pairs & 0x00FF_00FF_00FF_00FF) &* 6_553_601) >> 16
        let whole = ((fours & 0x0000_FFFF_0000_FFFF) &* 42_949_672_960_001) >> 32
        return UInt32(truncatingIfNeeded: whole)
    }

    /// The first `count` bytes, 1...8, are printable and no blanks.
    @inline(__always)
    func isPrintableASCII(count: Int) -> Bool {
        let kept: UInt64 = .max &>> UInt64(truncatingIfNeeded: 64 &- count &* 8)
        let text = self & kept | 0x3030_3030_3030_3030 & ~kept
        // 0x21...0x7E keeps bit 7 clear when 1 is added, and sets it when 0x5F is.
        let most = text &+ 0x0101_0101_0101_0101
        let least = (text & 0x7F7F_7F7F_7F7F_7F7F) &+ 0x5F5F_5F5F_5F5F_5F5F
        return (text | most | ~least) & 0x8080_8080_8080_8080 == 0
    }
}
