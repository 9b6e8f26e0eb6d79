/// A civil date and time of day without a zone, as devices put it on the wire.
///
/// Valid by construction: ``init(year:month:day:hour:minute:second:microsecond:)`` refuses a month
/// 13 and a 30 February, so a clock that a device never set cannot become a plausible time.
public struct CivilTime: Hashable, Sendable {
    public let year: Int  // 1...9999
    public let month: Int  // 1...12
    public let day: Int  // 1...31
    public let hour: Int  // 0...23
    public let minute: Int  // 0...59
    public let second: Int  // 0...60, a leap second is folded into the next minute
    public let microsecond: Int  // 0...999_999

    @inlinable @inline(__always)
    public init?(
        year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int, microsecond: Int = 0
    ) {
        guard (1...9999).contains(year), (1...12).contains(month), day >= 1,
            day <= Self.days(inMonth: month, year: year), (0...23).contains(hour),
            (0...59).contains(minute), (0...60).contains(second),
            (0...999_999).contains(microsecond)
        else { return nil }
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
        self.microsecond = microsecond
    }

    /// This time read as local time `offsetMinutes` east of Greenwich.
    @inlinable @inline(__always)
    public func wallTime(offsetMinutes: Int = 0) -> WallTime {
        let days = Self.daysSinceEpoch(year: year, month: month, day: day)
        let seconds = ((days * 24 + hour) * 60 + minute - offsetMinutes) * 60 + second
        return WallTime(microseconds: Int64(seconds) * 1_000_000 + Int64(microsecond))
    }

    /// The civil time in UTC plus `offsetMinutes`; nil outside the years 1 to 9999.
    public init?(_ time: WallTime, offsetMinutes: Int = 0) {
        let shift = Int64(offsetMinutes) * 60_000_000
        let (local, overflow) = time.microseconds.addingReportingOverflow(shift)
        guard !overflow else { return nil }
        let second = Self.floorDivide(local, 1_000_000)
        let day = Self.floorDivide(second, 86_400)
        guard day > -719_163, day < 2_932_897 else { return nil }
        let (y, m, d) = Self.civil(daysSinceEpoch: Int(day))
        let inDay = Int(second - day * 86_400)
        self.init(
            year: y, month: m, day: d, hour: inDay / 3_600, minute: inDay / 60 % 60,
            second: inDay % 60, microsecond: Int(local - second * 1_000_000))
    }

    @inlinable @inline(__always)
    static func days(inMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from 1970-01-01, counted in years that begin on 1 March, so that the leap day is the
    /// last of its year and needs no case of its own. Positive numbers of 32 bits are divided by
    /// constants fastest.
    @inlinable @inline(__always)
    static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int {
        let isEarly: UInt32 = month <= 2 ? 1 : 0
        let marchYear = UInt32(truncatingIfNeeded: year) &- isEarly
        let marchMonth = UInt32(truncatingIfNeeded: month) &+ isEarly &* 12 &- 3
        let centuries = marchYear / 100
        let leapDays = marchYear / 4 &- centuries &+ centuries / 4
        let dayOfYear = (153 &* marchMonth &+ 2) / 5 &+ UInt32(truncatingIfNeeded: day) &- 1
        return Int(marchYear &* 365 &+ leapDays &+ dayOfYear) &- 719_468
    }

    /// - Parameter days: of the years 1 to 9999, so that all below is positive and fits.
    private static func civil(daysSinceEpoch days: Int) -> (Int, Int, Int) {
        let shifted = UInt32(truncatingIfNeeded: days &+ 719_468)
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let leapDays = dayOfEra / 1_460 &- dayOfEra / 36_524 &+ dayOfEra / 146_096
        let yearOfEra = (dayOfEra &- leapDays) / 365
        let dayOfYear = dayOfEra &- (365 &* yearOfEra &+ yearOfEra / 4 &- yearOfEra / 100)
        let marchMonth = (5 &* dayOfYear &+ 2) / 153
        let month = marchMonth < 10 ? marchMonth &+ 3 : marchMonth &- 9
        let year = yearOfEra &+ era &* 400 &+ (month <= 2 ? 1 : 0)
        return (Int(year), Int(month), Int(dayOfYear &- (153 &* marchMonth &+ 2) / 5 &+ 1))
    }

    private static func floorDivide(_ a: Int64, _ b: Int64) -> Int64 {
        let (quotient, remainder) = a.quotientAndRemainder(dividingBy: b)
        return remainder < 0 ? quotient - 1 : quotient
    }
}

extension WallTime {
    /// The years 1 to 9999: what RFC 3339 has digits for. A decoder refuses any other time.
    public static let sayable =
        WallTime(
            microseconds: -62_135_596_800_000_000)...WallTime(microseconds: 253_402_300_799_999_999)

    /// RFC 3339 in UTC: `2026-11-21T09:25:58Z`, with six decimals when there is a fraction. What
    /// lies outside of ``sayable`` is the nearer end of it: there is no value without a text.
    public var rfc3339: String { String(room: 27) { $0.append(self) } }

    /// Its date and time of day in UTC, of the nearer end where it is not ``sayable``.
    @usableFromInline
    var sayableCivil: CivilTime {
        let time = min(max(self, Self.sayable.lowerBound), Self.sayable.upperBound)
        guard let civil = CivilTime(time) else { preconditionFailure("a sayable time has a date") }
        return civil
    }

    /// Reads RFC 3339: `2026-11-21T09:25:58Z`, `2026-11-21T17:25:58.5+08:00`.
    ///
    /// Nil for any other form and for a date that does not exist. Digits behind the microsecond are
    /// cut off.
    public init?(rfc3339 text: some StringProtocol) {
        var reader = TimeTextReader(unread: Array(text.utf8)[...])
        guard let year = reader.number(digits: 4), reader.skip("-"),
            let month = reader.number(digits: 2), reader.skip("-"),
            let day = reader.number(digits: 2), reader.skip("T") || reader.skip("t"),
            let hour = reader.number(digits: 2), reader.skip(":"),
            let minute = reader.number(digits: 2), reader.skip(":"),
            let second = reader.number(digits: 2),
            let microsecond = reader.microsecond(),
            let offset = reader.offsetMinutes(), reader.unread.isEmpty,
            let civil = CivilTime(
                year: year, month: month, day: day, hour: hour, minute: minute, second: second,
                microsecond: microsecond)
        else { return nil }
        self = civil.wallTime(offsetMinutes: offset)
    }
}

/// Takes a time apart from left to right; each step is nil or false when the text is otherwise.
private struct TimeTextReader {
    var unread: ArraySlice<UInt8>

    mutating func skip(_ mark: Unicode.Scalar) -> Bool {
        guard let first = unread.first, first == UInt8(ascii: mark) else { return false }
        unread.removeFirst()
        return true
    }

    mutating func digit() -> Int? {
        guard let first = unread.first, first >= UInt8(ascii: "0"), first <= UInt8(ascii: "9")
        else { return nil }
        unread.removeFirst()
        return Int(first - UInt8(ascii: "0"))
    }

    mutating func number(digits: Int) -> Int? {
        var value = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// `.5` is 500_000; 0 where there is no fraction.
    mutating func microsecond() -> Int? {
        guard skip(".") else { return 0 }
        guard var value = digit() else { return nil }
        for _ in 1..<6 { value = value * 10 + (digit() ?? 0) }
        while digit() != nil {}
        return value
    }

    /// `Z` is 0, `+08:00` is 480.
    mutating func offsetMinutes() -> Int? {
        if skip("Z") || skip("z") { return 0 }
        let isEast = skip("+")
        guard isEast || skip("-"), let hours = number(digits: 2), hours < 24, skip(":"),
            let minutes = number(digits: 2), minutes < 60
        else { return nil }
        return (isEast ? 1 : -1) * (hours * 60 + minutes)
    }
}
