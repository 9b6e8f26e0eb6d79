import AlarmModel

/// Goes through the fields of a sentence from left to right. Where its commas are was found on the
/// way to its checksum.
struct SentenceFields {
    /// Bytes of text, start included, of the longest sentence that is taken apart.
    static let textMax = 128

    private var start: Int
    /// Where fields end that were not met yet: the first bit stands for the byte at `base`. Behind
    /// the text every byte ends one, so that there is always a next field, an empty one.
    private var ends: UInt64
    private var laterEnds: UInt64
    private var base = NMEA.Field.address

    /// - Parameters:
    ///   - commas: the first bit stands for the byte behind the start.
    ///   - check: where the text ends, ``textMax`` at most.
    @inline(__always)
    init(_ commas: (UInt64, UInt64), check: Int) {
        let bits = UInt64(truncatingIfNeeded: check &- NMEA.Field.address)
        let isShort = bits < 64
        // The comma behind the address goes before the first field.
        let address: UInt64 = .max << UInt64(NMEA.Field.first &- NMEA.Field.address)
        start = NMEA.Field.first
        ends = commas.0 & address | (isShort ? .max &<< bits : 0)
        laterEnds = isShort ? .max : commas.1 | .max &<< bits
    }

    /// The next field; empty behind the last one.
    @inline(__always)
    mutating func next() -> SentenceField {
        if ends == 0 { continueWithLater() }
        let end = base &+ ends.trailingZeroBitCount
        ends &= ends &- 1
        defer { start = end &+ 1 }
        return SentenceField(start: start, end: end)
    }

    /// Passes over so many fields, 2 or more.
    @inline(__always)
    mutating func skip(_ count: Int) {
        for _ in 1..<count {
            if ends == 0 { continueWithLater() }
            ends &= ends &- 1
        }
        _ = next()
    }

    @inline(__always)
    private mutating func continueWithLater() {
        ends = laterEnds
        laterEnds = .max
        base &+= 64
    }
}

/// Where a field is. Its end is the eighth byte at the earliest, as start, address and comma stand
/// in front of the first.
struct SentenceField {
    let start: Int
    let end: Int

    @inline(__always) var count: Int { end &- start }
}

/// Which of the two coordinates.
struct Axis {
    /// Of degrees and minutes.
    let wholeDigits: Int
    let positive: UInt8
    let negative: UInt8
    /// 1e-7 degrees.
    let most: Int64

    static var latitude: Axis {
        @inline(__always) get {
            Axis(
                wholeDigits: 4, positive: UInt8(ascii: "N"), negative: UInt8(ascii: "S"),
                most: 900_000_000)
        }
    }
    static var longitude: Axis {
        @inline(__always) get {
            Axis(
                wholeDigits: 5, positive: UInt8(ascii: "E"), negative: UInt8(ascii: "W"),
                most: 1_800_000_000)
        }
    }
}

/// What cannot be read is the least number.
extension Span<UInt8> {
    /// One character, or 0.
    @inline(__always)
    func letter(_ field: SentenceField) -> UInt8 { field.count == 1 ? self[field.start] : 0 }

    /// `hhmmss`, with or without a point and decimals, as milliseconds.
    @inline(__always)
    func timeOfDay(_ field: SentenceField) -> Int32 {
        guard field.count >= 6 else { return .min }
        let digits = digits(6, before: field.start &+ 6)
        var thousandths: UInt64 = 0
        if field.count > 7 {
            guard self[field.start &+ 6] == UInt8(ascii: ".") else { return .min }
            let count = min(field.count &- 7, 3)
            thousandths =
                self.digits(count, before: field.start &+ 7 &+ count)
                &>> UInt64(truncatingIfNeeded: 24 &- count &* 8)
        }
        let pairs = digits.pairs
        let (hour, minute, second) = (pairs.pair(1), pairs.pair(2), pairs.pair(3))
        guard digits.areDigits, thousandths.areDigits, hour < 24, minute < 60, second < 60
        else { return .min }
        let millisecond =
            thousandths.digit(5) &* 100 &+ thousandths.digit(6) &* 10 &+ thousandths.digit(7)
        return ((hour &* 60 &+ minute) &* 60 &+ second) &* 1_000 &+ millisecond
    }

    /// `ddmmyy` as the number `yyyymmdd`. Years from 80 on were in the last century.
    @inline(__always)
    func date(_ field: SentenceField) -> Int32 {
        guard field.count == 6 else { return .min }
        let digits = digits(6, before: field.end)
        guard digits.areDigits else { return .min }
        let pairs = digits.pairs
        let year = pairs.pair(3) &+ (pairs.pair(3) < 80 ? 2_000 : 1_900)
        return (year &* 100 &+ pairs.pair(2)) &* 100 &+ pairs.pair(1)
    }

    /// A whole number of so many digits, eight at most.
    func number(_ field: SentenceField, digits count: ClosedRange<Int>) -> Int32 {
        guard count.contains(field.count) else { return .min }
        let digits = digits(field.count, before: field.end)
        return digits.areDigits ? Int32(truncatingIfNeeded: digits.number) : .min
    }

    /// `ddmm.mmmm` and the letter of the hemisphere, in 1e-7 degrees; decimals behind the eighth
    /// are left out.
    @inline(__always)
    func degrees(_ field: SentenceField, _ hemisphere: SentenceField, _ axis: Axis) -> Int32 {
        let point = field.start &+ axis.wholeDigits
        guard point &+ 1 < field.end, self[point] == UInt8(ascii: ".") else { return .min }
        let whole = digits(axis.wholeDigits, before: point)
        let count = min(field.end &- point &- 1, 8)
        let decimals =
            digits(count, before: point &+ 1 &+ count)
            &>> UInt64(truncatingIfNeeded: 64 &- count &* 8)
        let side = letter(hemisphere)
        guard whole.areDigits, decimals.areDigits, side == axis.positive || side == axis.negative
        else { return .min }
        let pairs = whole.pairs
        let degree = pairs.pair(1) &* 100 &+ pairs.pair(2)
        // 1e-8 minutes.
        let minute = Int64(pairs.pair(3)) &* 100_000_000 &+ Int64(decimals.number)
        let degrees = Int64(degree) &* 10_000_000 &+ (minute &+ 300) / 600
        // Sixty is what receivers make of 59.99999 by rounding.
        guard minute <= 60 * 100_000_000, degrees <= axis.most else { return .min }
        let magnitude = Int32(truncatingIfNeeded: degrees)
        return side == axis.negative ? 0 &- magnitude : magnitude
    }

    /// A decimal such as `084.4` or `-3.25` of at most eight characters, in units of 10^-`places`;
    /// digits behind them are left out. In its unit it has at most eight digits.
    @inline(__always)
    func decimal(_ field: SentenceField, places: Int) -> Int32 {
        guard field.count > 0, field.count <= 8 else { return .min }
        let isNegative = self[field.start] == UInt8(ascii: "-")
        let count = isNegative ? field.count &- 1 : field.count
        guard count > 0 else { return .min }
        var digits = digits(count, before: field.end)
        var wholeDigits = count
        var decimals = 0
        let point = digits.firstPoint
        if point < 8 {
            let before: UInt64 = .max &<< UInt64(truncatingIfNeeded: point &* 8)
            // What stands in front of the point moves up to close the gap.
            digits = digits & (before << 8) | (digits & ~before) << 8
            decimals = 7 &- point
            wholeDigits = count &- 1 &- decimals
        }
        guard digits.areDigits, wholeDigits &+ places <= 8 else { return .min }
        // Zeros come behind the last digit, or it is taken off.
        let missing = UInt64(truncatingIfNeeded: (places &- decimals) &* 8)
        digits = decimals <= places ? digits &>> missing : digits &<< (0 &- missing)
        let value = Int32(truncatingIfNeeded: digits.number)
        return isNegative ? 0 &- value : value
    }

    /// The last `count` characters before `end` as digits, zeros in front of them.
    ///
    /// - Parameters:
    ///   - count: 1...8.
    ///   - end: 8 at least.
    @inline(__always)
    private func digits(_ count: Int, before end: Int) -> UInt64 {
        let kept: UInt64 = .max &<< UInt64(truncatingIfNeeded: 64 &- count &* 8)
        return (word(at: end &- 8) ^ 0x3030_3030_3030_3030) & kept
    }
}

/// Eight digits by their values, the first in the lowest byte: characters XOR `0`, which makes none
/// but digits 0...9.
extension UInt64 {
    @inline(__always)
    fileprivate var areDigits: Bool {
        (self | self &+ 0x0606_0606_0606_0606) & 0xF0F0_F0F0_F0F0_F0F0 == 0
    }

    /// Place of the first that is no digit but a point; 8 when there is none.
    @inline(__always)
    fileprivate var firstPoint: Int {
        let difference = self ^ 0x1E1E_1E1E_1E1E_1E1E
        // The lowest mark is exact: only bytes above it can be marked wrongly.
        let marks = (difference &- 0x0101_0101_0101_0101) & ~difference & 0x8080_8080_8080_8080
        return marks.trailingZeroBitCount &>> 3
    }

    /// The one at `place`, 0...7.
    @inline(__always)
    fileprivate func digit(_ place: UInt64) -> Int32 {
        Int32(truncatingIfNeeded: self >> (place &* 8) & 0xFF)
    }

    /// Four numbers of two digits, sixteen bits each.
    @inline(__always)
    fileprivate var pairs: UInt64 { (self &* 2_561) >> 8 & 0x00FF_00FF_00FF_00FF }

    /// One of four such numbers, 0...3.
    @inline(__always)
    fileprivate func pair(_ place: UInt64) -> Int32 {
        Int32(truncatingIfNeeded: self >> (place &* 16) & 0xFF)
    }

    /// The number that all eight say. Pairs are put together, then pairs of pairs, and those.
    @inline(__always)
    fileprivate var number: UInt32 {
        let fours = (pairs &* 6_553_601) >> 16
        let whole = ((fours & 0x0000_FFFF_0000_FFFF) &* 42_949_672_960_001) >> 32
        return UInt32(truncatingIfNeeded: whole)
    }
}

extension UInt64 {
    /// The first two characters are capital letters or digits.
    @inline(__always)
    var startsUpperAlphanumeric: Bool {
        UInt8(truncatingIfNeeded: self).isUpperAlphanumeric
            && UInt8(truncatingIfNeeded: self >> 8).isUpperAlphanumeric
    }
}
