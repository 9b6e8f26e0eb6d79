import AlarmModel

/// Takes a block apart from left to right. Every step is nil when too few bytes are left.
struct PcapngFields {
    var unread: ArraySlice<UInt8>
    var isBigEndian: Bool

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count <= unread.count else { return nil }
        defer { unread = unread.dropFirst(count) }
        return unread.prefix(count)
    }

    /// `count` bytes, and over the filling behind them.
    mutating func take(padded count: Int) -> ArraySlice<UInt8>? {
        take(Pcapng.padded(count))?.prefix(count)
    }

    /// An unsigned number of `count` bytes, 1...8.
    mutating func number(bytes count: Int) -> UInt64? {
        guard let bytes = take(count) else { return nil }
        var value: UInt64 = 0
        var shift = isBigEndian ? 8 * (count - 1) : 0
        for byte in bytes {
            value |= UInt64(byte) << UInt64(shift)
            shift += isBigEndian ? -8 : 8
        }
        return value
    }

    /// All that is left, as UTF-8; broken parts are replaced.
    var text: String { String(decoding: unread, as: UTF8.self) }
}

/// How the time stamps of one interface count.
struct PcapngClock: Sendable {
    /// Units are 10^-n seconds, or 2^-n when the top bit is set.
    var resolution = Pcapng.microsecondResolution
    /// Added to every time stamp.
    var offsetSeconds: Int64 = 0

    /// What is finer than a microsecond is cut off. Nil when the outcome is no date of the years 1
    /// to 9999, or the resolution is beyond what 64 bits can count.
    func wallTime(ticks: UInt64) -> WallTime? {
        let isBinary = resolution & 0x80 != 0
        let exponent = Int(resolution & 0x7F)
        guard
            let ticked = isBinary
                ? binaryMicroseconds(ticks, bits: exponent)
                : decimalMicroseconds(ticks, digits: exponent),
            let sinceOffset = Int64(exactly: ticked)
        else { return nil }
        let (offset, isOffsetTooLarge) = offsetSeconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, isSumTooLarge) = sinceOffset.addingReportingOverflow(offset)
        let time = WallTime(microseconds: sum)
        guard !isOffsetTooLarge, !isSumTooLarge, CivilTime(time) != nil else { return nil }
        return time
    }

    private func decimalMicroseconds(_ ticks: UInt64, digits: Int) -> UInt64? {
        // 10^19 is the largest power of ten in 64 bits.
        guard digits <= 6 + 19 else { return nil }
        let factor = (0..<abs(digits - 6)).reduce(UInt64(1)) { power, _ in power * 10 }
        guard digits < 6 else { return ticks / factor }
        let (product, isTooLarge) = ticks.multipliedReportingOverflow(by: factor)
        return isTooLarge ? nil : product
    }

    private func binaryMicroseconds(_ ticks: UInt64, bits: Int) -> UInt64? {
        guard bits < 64 else { return nil }
        let product = ticks.multipliedFullWidth(by: 1_000_000)
        guard product.high >> UInt64(bits) == 0 else { return nil }
        return product.low >> UInt64(bits) | product.high << UInt64(64 - bits)
    }
}
