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

    init(_ bytes: Span<UInt8>) { self.init(bytes.indices, of: bytes) }

    @inline(__always)
    init(_ range: Range<Int>, of bytes: Span<UInt8>) {
        isPlain = bytes.firstIndex(in: range, where: { $0.unprintableMarks }) == nil
        let text = bytes.extracting(range)
        string = isPlain ? Self.plain(text) : Self.scalars(of: text)
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

    /// - Parameter bytes: printable ASCII, which is UTF-8.
    @inline(__always)
    private static func plain(_ bytes: Span<UInt8>) -> String {
        unsafe String(copying: UTF8Span(unchecked: bytes, isKnownASCII: true))
    }

    private static func scalars(of bytes: Span<UInt8>) -> String {
        var scalars = String.UnicodeScalarView()
        for index in bytes.indices { scalars.append(Unicode.Scalar(bytes[index])) }
        return String(scalars)
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
    /// The XOR of eight bytes.
    @inline(__always)
    var xorOfBytes: UInt8 {
        let half = self ^ self >> 32
        let quarter = half ^ half >> 16
        return UInt8(truncatingIfNeeded: quarter ^ quarter >> 8)
    }
}
