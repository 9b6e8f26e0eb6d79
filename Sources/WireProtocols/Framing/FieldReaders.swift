import AlarmModel

/// Reading fixed fields out of a frame whose length has been checked: every offset below is
/// bounds-checked by the span all the same.
extension Span<UInt8> {
    @inline(__always)
    func uint16(at offset: Int) -> UInt16 {
        UInt16(self[offset]) << 8 | UInt16(self[offset + 1])
    }

    @inline(__always)
    func uint32(at offset: Int) -> UInt32 {
        UInt32(uint16(at: offset)) << 16 | UInt32(uint16(at: offset + 2))
    }

    /// Eight bytes with one bounds check and one load: several fields at once.
    @inline(__always)
    func uint64(at offset: Int) -> UInt64 { word(at: offset).byteSwapped }

    @inline(__always)
    func uint16LE(at offset: Int) -> UInt16 {
        precondition(offset >= 0 && offset <= count &- 2)
        return unsafe withUnsafeBytes {
            UInt16(littleEndian: unsafe $0.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
        }
    }

    @inline(__always)
    func uint32LE(at offset: Int) -> UInt32 {
        UInt32(uint16LE(at: offset)) | UInt32(uint16LE(at: offset + 2)) << 16
    }

    /// Two BCD digits as 0...99; nil when a nibble is not a digit.
    @inline(__always)
    func bcd(at offset: Int) -> Int? {
        let byte = self[offset]
        guard byte & 0x0F < 10, byte >> 4 < 10 else { return nil }
        return Int(byte >> 4) * 10 + Int(byte & 0x0F)
    }

    /// ASCII decimal digits of `range` as a number of at most nine digits; nil when any byte is
    /// not a digit or the range is empty.
    func decimal(_ range: Range<Int>) -> UInt32? {
        guard !range.isEmpty, range.count <= 9, range.lowerBound >= 0, range.upperBound <= count
        else { return nil }
        var value: UInt32 = 0
        for index in range {
            let digit = self[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = value * 10 + UInt32(digit)
        }
        return value
    }

    /// The bytes of `range` as short text; nil when they are too many.
    func shortText(_ range: Range<Int>) -> ShortText? {
        guard range.count <= ShortText.capacity else { return nil }
        var text = ShortText()
        for index in range { text.append(self[index]) }
        return text
    }

    /// The bytes of `range` as text for people; what is not UTF-8 shows as U+FFFD.
    func string(_ range: Range<Int>) -> String {
        String(decoding: extracting(range).array(), as: UTF8.self)
    }

    /// The bytes as an array: for what outlives the frame.
    public func array() -> [UInt8] {
        unsafe withUnsafeBufferPointer { unsafe Array($0) }
    }
}

/// Writing the same fields, for `emit`.
extension [UInt8] {
    mutating func append(uint16 value: UInt16) {
        append(UInt8(truncatingIfNeeded: value >> 8))
        append(UInt8(truncatingIfNeeded: value))
    }

    mutating func append(uint32 value: UInt32) {
        append(uint16: UInt16(truncatingIfNeeded: value >> 16))
        append(uint16: UInt16(truncatingIfNeeded: value))
    }

    mutating func append(uint16LE value: UInt16) {
        append(UInt8(truncatingIfNeeded: value))
        append(UInt8(truncatingIfNeeded: value >> 8))
    }

    mutating func append(uint32LE value: UInt32) {
        append(uint16LE: UInt16(truncatingIfNeeded: value))
        append(uint16LE: UInt16(truncatingIfNeeded: value >> 16))
    }

    /// The last `digits` decimal digits of `value`, with zeros in front.
    mutating func append(decimal value: some FixedWidthInteger, digits: Int) {
        var rest = UInt64(truncatingIfNeeded: value)
        let start = count
        for _ in 0..<digits {
            insert(UInt8(ascii: "0") + UInt8(rest % 10), at: start)
            rest /= 10
        }
    }

    mutating func append(ascii text: String) { append(contentsOf: text.utf8) }

    mutating func append(_ text: ShortText) {
        for index in 0..<text.count { append(text[index]) }
    }
}
