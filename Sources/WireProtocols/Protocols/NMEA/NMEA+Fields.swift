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
    private var base = NMEA.Field.first

    /// - Parameters:
    ///   - commas: the first bit stands for the byte behind the start. One follows the address.
    ///   - check: where the text ends, ``textMax`` at most.
    @inline(__always)
    init(_ commas: (UInt64, UInt64), check: Int) {
        start = NMEA.Field.first
        let address = UInt64(NMEA.Field.first &- NMEA.Field.address)
        let bits = UInt64(truncatingIfNeeded: check &- NMEA.Field.first)
        let isShort = bits < 64
        ends = commas.0 >> address | commas.1 << (64 &- address) | (isShort ? .max &<< bits : 0)
        laterEnds = isShort ? .max : commas.1 >> address | .max &<< bits
    }

    /// The next field; empty behind the last one.
    ///
    /// The path is marked as slow to be a branch that is foretold, not a choice for each field.
    @inline(__always)
    mutating func next() -> SentenceField {
        if _slowPath(ends == 0) { continueWithLater() }
        let end = base &+ ends.trailingZeroBitCount
        ends &= ends &- 1
        defer { start = end &+ 1 }
        return SentenceField(start: start, end: end)
    }

    /// Passes over so many fields, 2 or more.
    @inline(__always)
    mutating func skip(_ count: Int) {
        let before = ends
        for _ in 1..<count { ends &= ends &- 1 }
        if _slowPath(ends == 0) {
            ends = before
            for _ in 1..<count { _ = next() }
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

/// What cannot be read is the least number. Behind a field that is not empty stand three bytes at
/// least, the checksum.
extension Span<UInt8> {
    /// One character, or 0.
    @inline(__always)
    func letter(_ field: SentenceField) -> UInt8 { field.count == 1 ? self[field.start] : 0 }

    /// `hhmmss`, with or without a point and decimals, as milliseconds.
    @inline(__always)
    func timeOfDay(_ field: SentenceField) -> Int32 {
        guard field.count >= 6 else { return .min }
        let clock = digits(at: field.start)
        var thousandths: UInt64 = 0
        if field.count > 7 {
            guard clock >> 48 & 0xFF == UInt64.point else { return .min }
            let bits = UInt64(truncatingIfNeeded: min(field.count &- 7, 3) &* 8)
            thousandths = digits(at: field.start &+ 3) >> 32 & ~(.max &<< bits)
        }
        let pairs = (clock << 16).pairs
        let (hour, minute, second) = (pairs.pair(1), pairs.pair(2), pairs.pair(3))
        guard UInt64.areDigits(clock << 16, thousandths), hour < 24, minute < 60, second < 60
        else { return .min }
        let millisecond =
            thousandths.digit(0) &* 100 &+ thousandths.digit(1) &* 10 &+ thousandths.digit(2)
        return ((hour &* 60 &+ minute) &* 60 &+ second) &* 1_000 &+ millisecond
    }

    /// `ddmmyy` as the number `yyyymmdd`. Years from 80 on were in the last century.
    @inline(__always)
    func date(_ field: SentenceField) -> Int32 {
        guard field.count == 6 else { return .min }
        let digits = digits(6, before: field.end)
        guard UInt64.areDigits(digits) else { return .min }
        let pairs = digits.pairs
        let year = pairs.pair(2) &+ (pairs.pair(2) < 80 ? 2_000 : 1_900)
        return (year &* 100 &+ pairs.pair(1)) &* 100 &+ pairs.pair(0)
    }

    /// A whole number of so many digits, eight at most.
    func number(_ field: SentenceField, digits count: ClosedRange<Int>) -> Int32 {
        guard count.contains(field.count) else { return .min }
        let digits = digits(field.count, before: field.end)
        guard UInt64.areDigits(digits) else { return .min }
        let missing = UInt64(truncatingIfNeeded: 64 &- field.count &* 8)
        return Int32(truncatingIfNeeded: (digits &<< missing).number)
    }

    /// `ddmm.mmmm` and the letter of the hemisphere, in 1e-7 degrees; decimals behind the eighth
    /// are left out.
    @inline(__always)
    func degrees(_ field: SentenceField, _ hemisphere: SentenceField, _ axis: Axis) -> Int32 {
        let point = field.start &+ axis.wholeDigits
        guard point &+ 1 < field.end else { return .min }
        // Up to the point, which is the eighth of them.
        let front = digits(at: point &- 7)
        let whole = front << 8 & .max << UInt64(64 &- axis.wholeDigits &* 8)
        let count = min(field.end &- point &- 1, 8)
        let decimals = digits(count, before: point &+ 1 &+ count)
        let side = letter(hemisphere)
        guard front >> 56 == UInt64.point, UInt64.areDigits(whole, decimals),
            side == axis.positive || side == axis.negative
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
        var text = digits(field.count, before: field.end)
        var wholeBits = UInt64(truncatingIfNeeded: field.count &* 8)
        let isNegative = text & 0xFF == UInt64.minus
        if isNegative {
            text >>= 8
            wholeBits &-= 8
            guard wholeBits > 0 else { return .min }
        }
        var decimals: UInt64 = 0
        let pointBits = text.bitsBeforePoint
        if pointBits < 64 {
            let fromPoint = text &>> pointBits
            guard fromPoint & 0xFF == UInt64.point else { return .min }
            decimals = fromPoint >> 8
            text &= ~(.max &<< pointBits)
            wholeBits = pointBits
        }
        // The last digit of the whole stands `places` before the end, and decimals fill these up.
        let room = UInt64(64 &- places &* 8)
        guard UInt64.areDigits(text, decimals), wholeBits <= room else { return .min }
        let digits = text &<< (room &- wholeBits) | decimals << room
        let value = Int32(truncatingIfNeeded: digits.number)
        return isNegative ? 0 &- value : value
    }

    /// Eight characters as digits.
    @inline(__always)
    private func digits(at start: Int) -> UInt64 { word(at: start) ^ 0x3030_3030_3030_3030 }

    /// The last `count` characters before `end` as digits, zeros behind them.
    ///
    /// - Parameters:
    ///   - count: 1...8.
    ///   - end: 8 at least.
    @inline(__always)
    private func digits(_ count: Int, before end: Int) -> UInt64 {
        digits(at: end &- 8) &>> UInt64(truncatingIfNeeded: 64 &- count &* 8)
    }
}

/// Eight digits by their values, the first in the lowest byte: characters XOR `0`, which makes none
/// but digits 0...9.
extension UInt64 {
    /// What is made of other characters.
    fileprivate static var point: UInt64 { 0x1E }
    fileprivate static var minus: UInt64 { 0x1D }

    /// Whether all bytes of both are.
    @inline(__always)
    fileprivate static func areDigits(_ first: UInt64, _ second: UInt64 = 0) -> Bool {
        let six: UInt64 = 0x0606_0606_0606_0606
        return (first | second | (first &+ six) | (second &+ six)) & 0xF0F0_F0F0_F0F0_F0F0 == 0
    }

    /// How many bits are in front of the first that is no digit but may be a point; 64 when there
    /// is none.
    @inline(__always)
    fileprivate var bitsBeforePoint: UInt64 {
        let marks = self & 0x1010_1010_1010_1010
        return UInt64(truncatingIfNeeded: marks.trailingZeroBitCount) & ~7
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
