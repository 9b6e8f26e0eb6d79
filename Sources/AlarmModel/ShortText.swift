/// Up to 23 bytes of printable text held in place, so that a device address or an alarm code costs
/// no heap allocation. Longer input is cut by ``init(_:)`` and refused by ``init(exactly:)``.
///
/// The longest thing kept here is a JT/T 808-2019 terminal number of 20 digits.
public struct ShortText: Hashable, Sendable {
    public static let capacity = 23

    // 23 bytes, first byte lowest, and the count in the top byte of the last word: two equal texts
    // are three equal words.
    @usableFromInline var words: (UInt64, UInt64, UInt64)

    public init() { words = (0, 0, 0) }

    @inlinable public var count: Int { Int(words.2 >> 56) }
    public var isEmpty: Bool { count == 0 }

    /// The byte at `index`, 0 for the first. Precondition: `0 <= index < count`.
    @inlinable public subscript(index: Int) -> UInt8 {
        precondition(index >= 0 && index < count, "index outside the text")
        let shift = UInt64(index & 7) * 8
        switch index >> 3 {
        case 0: return UInt8(truncatingIfNeeded: words.0 >> shift)
        case 1: return UInt8(truncatingIfNeeded: words.1 >> shift)
        default: return UInt8(truncatingIfNeeded: words.2 >> shift)
        }
    }

    /// Lends the ``count`` bytes.
    @inlinable public func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        let words = (words.0.littleEndian, words.1.littleEndian, words.2.littleEndian)
        return unsafe withUnsafeBytes(of: words) { bytes in
            unsafe body(bytes.bindMemory(to: UInt8.self).span.extracting(first: count))
        }
    }

    /// Adds one byte; false, with the text unchanged, when it is full.
    @discardableResult
    public mutating func append(_ byte: UInt8) -> Bool {
        let index = count
        guard index < Self.capacity else { return false }
        let value = UInt64(byte) << (UInt64(index & 7) * 8)
        switch index >> 3 {
        case 0: words.0 |= value
        case 1: words.1 |= value
        default: words.2 |= value
        }
        words.2 += 1 << 56
        return true
    }

    /// `count` bytes out of two words, the first byte lowest: text that was loaded eight bytes at a
    /// time. What the words hold beyond it is left out.
    ///
    /// - Parameter count: 0...16.
    @inlinable @inline(__always)
    public init(littleEndian low: UInt64, _ high: UInt64 = 0, count: Int) {
        precondition(count >= 0 && count <= 16, "two words hold 16 bytes")
        words =
            count == 0
            ? (0, 0, 0)
            : (
                low & (UInt64.max &>> UInt64(64 - min(count, 8) * 8)),
                count <= 8 ? 0 : high & (UInt64.max &>> UInt64(128 - count * 8)),
                UInt64(count) << 56
            )
    }

    /// The same out of one word.
    ///
    /// - Parameter count: 1...8.
    @inlinable @inline(__always)
    public init(littleEndian word: UInt64, shortCount count: Int) {
        precondition(count >= 1 && count <= 8, "a word holds 8 bytes")
        words = (word & UInt64.max &>> UInt64(64 &- count &* 8), 0, UInt64(count) << 56)
    }

    /// The first 23 bytes of `text`.
    public init(_ text: String) {
        self.init()
        for byte in text.utf8 where !append(byte) { return }
    }

    /// All of `text`, or nil when it is longer than 23 bytes.
    public init?(exactly text: String) {
        guard text.utf8.count <= Self.capacity else { return nil }
        self.init(text)
    }

    public static func == (a: ShortText, b: ShortText) -> Bool {
        a.words.0 == b.words.0 && a.words.1 == b.words.1 && a.words.2 == b.words.2
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
    }
}

extension ShortText: ExpressibleByStringLiteral, CustomStringConvertible {
    public init(stringLiteral value: String) { self.init(value) }

    public var string: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        for index in 0..<count { bytes.append(self[index]) }
        return String(decoding: bytes, as: UTF8.self)
    }

    public var description: String { string }
}

extension ShortText {
    /// The decimal digits of `value`.
    public init(decimal value: some BinaryInteger) { self.init(String(value)) }

    /// The same without a detour through a string.
    public init(decimal value: UInt32) {
        var divisor: UInt32 = 1
        while value / divisor >= 10 { divisor *= 10 }
        self.init()
        while divisor > 0 {
            append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }
}
