import AlarmModel

/// The fields of a report, each ended by a comma or the end of the text. Every reader leaves
/// `offset` behind the comma, also when it finds nothing to read.
extension Span<UInt8> {
    @inline(__always)
    func skipField(_ offset: inout Int) {
        while offset < count, self[offset] != Watch.Mark.comma { offset &+= 1 }
        offset &+= 1
    }

    /// True when a field ends at `index`.
    @inline(__always)
    private func isFieldEnd(_ index: Int) -> Bool {
        index >= count || self[index] == Watch.Mark.comma
    }

    /// A field of one letter.
    @inline(__always)
    func letterField(_ offset: inout Int) -> UInt8? {
        let start = offset
        guard !isFieldEnd(start), isFieldEnd(start &+ 1) else {
            skipField(&offset)
            return nil
        }
        offset = start &+ 2
        return self[start]
    }

    /// A decimal number as a whole one of 10^-`decimals`; further digits are cut off. Blanks may
    /// stand in front of it.
    ///
    /// - Parameter decimals: 0...7.
    @inline(__always)
    func decimalField(_ offset: inout Int, decimals: Int) -> Int64? {
        var index = offset
        var isNegative = false
        if index < count, self[index] < UInt8(ascii: "0") { isNegative = skipSign(&index) }
        let start = index
        var value: Int64 = 0
        while let digit = digit(at: index) {
            value = value &* 10 &+ digit
            index &+= 1
        }
        let whole = index &- start
        var places = decimals
        if index < count, self[index] == UInt8(ascii: ".") {
            index &+= 1
            while let digit = digit(at: index) {
                index &+= 1
                guard places > 0 else { continue }
                value = value &* 10 &+ digit
                places &-= 1
            }
        }
        while places > 0 {
            value = value &* 10
            places &-= 1
        }
        let isAtEnd = isFieldEnd(index)
        offset = index &+ 1
        if !isAtEnd { skipField(&offset) }
        // Nine digits and seven decimals are far from an overflow.
        guard isAtEnd, whole >= 1, whole <= 9 else { return nil }
        return isNegative ? 0 &- value : value
    }

    /// Passes over blanks and a sign; true when it is a minus.
    private func skipSign(_ index: inout Int) -> Bool {
        while index < count, self[index] == UInt8(ascii: " ") { index &+= 1 }
        guard index < count, self[index] == UInt8(ascii: "-") else { return false }
        index &+= 1
        return true
    }

    @inline(__always)
    private func digit(at index: Int) -> Int64? {
        guard index < count else { return nil }
        let digit = self[index] &- UInt8(ascii: "0")
        return digit < 10 ? Int64(digit) : nil
    }

    /// A whole number of at most 100.
    @inline(__always)
    func percentField(_ offset: inout Int) -> UInt8? {
        let start = offset
        var value: Int64 = 0
        while let digit = digit(at: offset) {
            value = Swift.min(value &* 10 &+ digit, 101)
            offset &+= 1
        }
        let isNumber = offset > start && isFieldEnd(offset)
        skipField(&offset)
        return isNumber && value <= 100 ? UInt8(truncatingIfNeeded: value) : nil
    }

    /// One to eight hexadecimal digits.
    @inline(__always)
    func hexField(_ offset: inout Int) -> UInt32? {
        let start = offset
        if start &+ 8 <= count, isFieldEnd(start &+ 8) {
            let digits = word(at: start)
            if digits.isHexASCII(count: 8) {
                offset = start &+ 9
                return digits.hexValueASCII
            }
        }
        return shortHexField(&offset)
    }

    private func shortHexField(_ offset: inout Int) -> UInt32? {
        let start = offset
        skipField(&offset)
        let end = Swift.min(offset &- 1, count)
        guard end > start, end &- start < 8 else { return nil }
        var value: UInt32 = 0
        for index in start..<end {
            guard let digit = hexValue(self[index]) else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    /// Two fields: day, month, year of the century; hour, minute, second.
    @inline(__always)
    func timeFields(_ offset: inout Int) -> WallTime? {
        let start = offset
        // Of the first word the last two bytes are no digits of the date, of the second the first.
        guard start &+ 13 <= count, self[start &+ 6] == Watch.Mark.comma, isFieldEnd(start &+ 13),
            (word(at: start) & 0xFFFF_FFFF_FFFF | 0x3030 << 48).isDecimalASCII,
            (word(at: start &+ 5) >> 16 | 0x3030 << 48).isDecimalASCII
        else {
            skipField(&offset)
            skipField(&offset)
            return nil
        }
        let date = word(at: start), time = word(at: start &+ 5)
        offset = start &+ 14
        func pair(_ word: UInt64, _ place: UInt64) -> Int {
            let digits = word >> (place * 8)
            return Int(truncatingIfNeeded: digits & 0x0F) * 10
                + Int(truncatingIfNeeded: digits >> 8 & 0x0F)
        }
        return CivilTime(
            year: 2000 + pair(date, 4), month: pair(date, 2), day: pair(date, 0),
            hour: pair(time, 2), minute: pair(time, 4), second: pair(time, 6)
        )?.wallTime()
    }
}

/// Eight characters in one word, the first lowest.
extension UInt64 {
    /// The value of eight hexadecimal digits.
    @inline(__always)
    fileprivate var hexValueASCII: UInt32 {
        let letters = self >> 6 & 0x0101_0101_0101_0101
        var nibbles = ((self & 0x0F0F_0F0F_0F0F_0F0F) &+ letters &* 9).byteSwapped
        nibbles = (nibbles | nibbles >> 4) & 0x00FF_00FF_00FF_00FF
        nibbles = (nibbles | nibbles >> 8) & 0x0000_FFFF_0000_FFFF
        return UInt32(truncatingIfNeeded: nibbles | nibbles >> 16)
    }
}
