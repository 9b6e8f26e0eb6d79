import CBytes

/// The few byte operations that need more than a checked loop. Each is bounds-checked here, once
/// per call, and hands a pointer to C for the length of that call.
extension Span<UInt8> {
    /// Offset of the first `byte` at or after `start`; nil when there is none.
    @inline(__always)
    func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
        guard start < count else { return nil }
        let hit = unsafe withUnsafeBufferPointer { buffer -> Int in
            guard let base = buffer.baseAddress else { return -1 }
            return unsafe tocsin_find(base + start, buffer.count - start, byte)
        }
        return hit < 0 ? nil : start + hit
    }

    /// The same where it is expected within some tens of bytes.
    @inline(__always)
    func firstIndex(of byte: UInt8, near start: Int) -> Int? {
        guard start >= 0, start < count else { return nil }
        let hit = unsafe withUnsafeBufferPointer { buffer in
            // Where a byte is, there is an address.
            unsafe tocsin_find_near(
                buffer.baseAddress.unsafelyUnwrapped + start, buffer.count &- start, byte)
        }
        return hit < 0 ? nil : start &+ hit
    }

    /// Offset of the first two equal bytes in a row, at or after `start`, which are `even` or the
    /// odd number behind it; nil when there are none.
    @inline(__always)
    func firstPair(of even: UInt8, from start: Int = 0) -> Int? {
        guard start >= 0, start < count else { return nil }
        let hit = unsafe withUnsafeBufferPointer { buffer -> Int in
            guard let base = buffer.baseAddress else { return -1 }
            return unsafe tocsin_find_pair(base + start, buffer.count - start, even)
        }
        return hit < 0 ? nil : start + hit
    }

    /// Offset of the first byte of `range` that `marks` sets bits for in a word of eight; nil when
    /// there is none. For what is near, where a call to the C library is most of a search.
    @inline(__always)
    func firstIndex(in range: Range<Int>, where marks: (UInt64) -> UInt64) -> Int? {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        return unsafe withUnsafeBufferPointer { buffer -> Int? in
            guard let base = buffer.baseAddress else { return nil }
            var index = range.lowerBound
            // A word may go beyond the range, never beyond the bytes.
            while index < range.upperBound, index <= buffer.count &- 8 {
                let found = unsafe marks(tocsin_load64(base + index))
                if found != 0 { return index.place(of: found, in: range) }
                index &+= 8
            }
            guard index < range.upperBound else { return nil }
            let rest = unsafe marks(tocsin_load_few(base + index, buffer.count &- index))
            return rest == 0 ? nil : index.place(of: rest, in: range)
        }
    }

    /// Sum of the bytes of `range`, of each the bits that `kept` has.
    @inline(__always)
    func sum(_ range: Range<Int>, keeping kept: UInt8) -> UInt64 {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        return unsafe withUnsafeBufferPointer { buffer -> UInt64 in
            guard let base = buffer.baseAddress else { return 0 }
            return unsafe tocsin_sum(base + range.lowerBound, range.count, kept)
        }
    }

    /// XOR of the bytes of `range`.
    @inline(__always)
    func xor(_ range: Range<Int>) -> UInt8 {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        return unsafe withUnsafeBufferPointer { buffer -> UInt8 in
            guard let base = buffer.baseAddress else { return 0 }
            return unsafe tocsin_xor(base + range.lowerBound, range.count)
        }
    }

    /// Eight bytes from `offset` as one little-endian word.
    @inline(__always)
    func word(at offset: Int) -> UInt64 {
        precondition(offset >= 0 && offset <= count &- 8)
        return unsafe withUnsafeBufferPointer { buffer in
            // Where eight bytes are, there is an address.
            unsafe tocsin_load64(buffer.baseAddress.unsafelyUnwrapped + offset)
        }
    }

    /// The `count` bytes from `offset`, 1...8, as the low bytes of one little-endian word.
    @inline(__always)
    func word(at offset: Int, count few: Int) -> UInt64 {
        precondition(offset >= 0 && few >= 1 && few <= 8 && offset + few <= count)
        return unsafe withUnsafeBufferPointer { buffer -> UInt64 in
            guard let base = buffer.baseAddress else { return 0 }
            return unsafe tocsin_load_few(base + offset, few)
        }
    }
}

extension MutableSpan<UInt8> {
    /// Writes all bytes of `value` from `offset` on, the lowest first.
    @inline(__always)
    mutating func store<Value: FixedWidthInteger>(littleEndian value: Value, at offset: Int) {
        precondition(offset >= 0 && offset + Value.bitWidth / 8 <= count)
        unsafe withUnsafeMutableBytes { bytes in
            unsafe bytes.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self)
        }
    }
}

extension Int {
    /// Where the lowest of `marks` is, those of eight bytes from here; nil beyond `range`.
    @inline(__always)
    fileprivate func place(of marks: UInt64, in range: Range<Int>) -> Int? {
        let place = self &+ marks.trailingZeroBitCount / 8
        return place < range.upperBound ? place : nil
    }
}
