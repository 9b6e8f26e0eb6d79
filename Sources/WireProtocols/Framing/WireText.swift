import AlarmModel

/// What a device says in words, in its wire's own encoding: which that is the session's
/// ``Charset`` knows.
public struct WireText: Hashable, Sendable {
    /// Bytes of the longest text that a message is made of.
    public static let capacity = 256

    /// One scalar for each byte, so that nothing is lost whatever the encoding is.
    let string: String
    /// Printable ASCII and nothing else.
    let isPlain: Bool

    public init() {
        string = ""
        isPlain = true
    }

    @inline(__always)
    init(_ bytes: Span<UInt8>) {
        isPlain = bytes.isPrintableASCII
        string = isPlain ? Self.plain(bytes) : Self.scalars(of: bytes)
    }

    /// Nil when the text has more than 256 bytes of UTF-8, or a control character.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.capacity, bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
        else { return nil }
        self.init(bytes.span)
    }

    public var isEmpty: Bool { string.isEmpty }

    /// As they came.
    var bytes: [UInt8] { string.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } }

    /// Printable ASCII is UTF-8, so that the other way is never gone.
    @inline(__always)
    private static func plain(_ bytes: Span<UInt8>) -> String {
        guard let utf8 = try? UTF8Span(validating: bytes) else { return scalars(of: bytes) }
        return String(copying: utf8)
    }

    private static func scalars(of bytes: Span<UInt8>) -> String {
        var scalars = String.UnicodeScalarView()
        for index in bytes.indices { scalars.append(Unicode.Scalar(bytes[index])) }
        return String(scalars)
    }
}

extension Span<UInt8> {
    /// Every byte is from a blank to `~`.
    @inline(__always)
    var isPrintableASCII: Bool {
        var index = 0
        while index + 8 <= count {
            guard word(at: index).isPrintableASCII else { return false }
            index += 8
        }
        while index < count {
            guard self[index] >= 0x20, self[index] < 0x7F else { return false }
            index += 1
        }
        return true
    }
}

extension Span<UInt8> {
    /// The bytes of `range` as short text, loaded at once where there are enough behind them; nil
    /// when they are too many.
    @inline(__always)
    func wordText(_ range: Range<Int>) -> ShortText? {
        let start = range.lowerBound
        guard range.count > 0, range.count <= 8, start >= 0, start + 8 <= count
        else { return shortText(range) }
        return ShortText(littleEndian: word(at: start), count: range.count)
    }
}

extension ShortText {
    /// Blanks and control characters left out.
    @inline(__always)
    var withoutBlanks: ShortText {
        for index in 0..<count where self[index] <= 0x20 { return filtered }
        return self
    }

    private var filtered: ShortText {
        var text = ShortText()
        for index in 0..<count where self[index] > 0x20 { text.append(self[index]) }
        return text
    }
}

extension UInt64 {
    /// Every one of eight bytes is from a blank to `~`.
    @inline(__always)
    var isPrintableASCII: Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        // A byte below 0x20, DEL or one beyond ASCII has the highest bit in one of the three.
        let below = self &- ones &* 0x20
        let above = self &+ ones
        return (self | below | above) & (ones &* 0x80) == 0
    }

    /// Every one of eight bytes is ASCII from `least` up.
    @inline(__always)
    func isASCII(from least: UInt8) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        return (self | (self &- ones &* UInt64(least))) & (ones &* 0x80) == 0
    }

    /// The XOR of eight bytes.
    @inline(__always)
    var xorOfBytes: UInt8 {
        let half = self ^ self >> 32
        let quarter = half ^ half >> 16
        return UInt8(truncatingIfNeeded: quarter ^ quarter >> 8)
    }

    /// The sum of eight bytes.
    @inline(__always)
    var sumOfBytes: UInt64 {
        let pairs = (self & 0x00FF_00FF_00FF_00FF) &+ (self >> 8 & 0x00FF_00FF_00FF_00FF)
        return (pairs &* 0x0001_0001_0001_0001) >> 48
    }
}
