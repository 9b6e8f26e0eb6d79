import CBytes

/// What one pass over a line of text tells a reader of its fields.
struct Survey {
    /// XOR of all bytes.
    var sum: UInt8
    /// Some byte is less than the bound.
    var hasLess: Bool
    /// A bit for each of the first 128 bytes that is the delimiter, the first lowest.
    var delimiters: (UInt64, UInt64)
}

extension Span<UInt8> {
    /// Looks once at each byte of `range`.
    @inline(__always)
    func survey(_ range: Range<Int>, delimiter: UInt8, bound: UInt8) -> Survey {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        return unsafe withUnsafeBufferPointer { buffer -> Survey in
            guard let base = buffer.baseAddress else {
                return Survey(sum: 0, hasLess: false, delimiters: (0, 0))
            }
            let found = unsafe tocsin_survey(
                base + range.lowerBound, range.count, delimiter, bound)
            return Survey(
                sum: found.sum, hasLess: found.has_less != 0, delimiters: found.delimiters)
        }
    }
}
