import AlarmModel

extension Watch {
    /// What stands in front of the content.
    public struct Header: Equatable, Sendable {
        /// Two letters or digits: `3G`, `SG`, `ZJ`.
        public var maker: ShortText
        /// Ten digits out of the IMEI, or all of it; at most 16 letters and digits.
        public var id: ShortText
        /// Watches have one or have none; they are answered in the same shape.
        public var serial: UInt16?

        @inline(__always)
        public init(maker: ShortText, id: ShortText, serial: UInt16? = nil) {
            self.maker = maker
            self.id = id
            self.serial = serial
        }
    }
}

/// Offsets in a frame, and lengths.
private enum Field {
    static let maker = 1
    static let makerLength = 2
    static let id = 4
    static let idLengthMax = 16
    /// Four hexadecimal digits and a star.
    static let numberLength = 5
}

extension Watch.Header {
    /// Nil when `frame` begins with no header.
    @inline(__always)
    init?(_ frame: Span<UInt8>) {
        guard let parsed = Self.parse(frame) else { return nil }
        self = parsed.header
    }

    /// The header, and where the content begins.
    @inline(__always)
    static func parse(_ frame: Span<UInt8>) -> (header: Watch.Header, content: Int)? {
        guard frame.count > Field.id + Field.numberLength,
            isWord(frame[Field.maker]), isWord(frame[Field.maker + 1]),
            frame[Field.id - 1] == Watch.Mark.star,
            let idEnd = idEnd(in: frame), frame[idEnd] == Watch.Mark.star,
            isNumber(in: frame, at: idEnd + 1)
        else { return nil }
        var header = Watch.Header(
            maker: ShortText(
                littleEndian: UInt64(frame[Field.maker]) | UInt64(frame[Field.maker + 1]) << 8,
                count: Field.makerLength),
            id: id(frame, count: idEnd - Field.id))
        let content = idEnd + 1 + Field.numberLength
        guard isNumber(in: frame, at: content) else { return (header, content) }
        header.serial = number(in: frame, at: idEnd + 1)
        return (header, content + Field.numberLength)
    }

    /// False as soon as one byte is there that no header has in its place.
    static func canBegin(_ bytes: Span<UInt8>) -> Bool {
        for index in Field.maker..<min(bytes.count, Field.id - 1)
        where !isWord(bytes[index]) { return false }
        guard bytes.count >= Field.id else { return true }
        guard bytes[Field.id - 1] == Watch.Mark.star else { return false }
        guard bytes.count > Field.id else { return true }
        guard isWord(bytes[Field.id]) else { return false }
        guard let idEnd = idEnd(in: bytes) else {
            return bytes.count - Field.id <= Field.idLengthMax
        }
        guard bytes[idEnd] == Watch.Mark.star else { return false }
        for index in idEnd + 1..<min(bytes.count, idEnd + Field.numberLength)
        where hexValue(bytes[index]) == nil { return false }
        let end = idEnd + Field.numberLength
        return bytes.count <= end || bytes[end] == Watch.Mark.star
    }

    /// Offset of the first byte that is no letter or digit, behind at least one and at most 16.
    @inline(__always)
    private static func idEnd(in bytes: Span<UInt8>) -> Int? {
        var index = Field.id
        // Eight digits at once, which is how most begin.
        if bytes.count >= Field.id + 8, bytes.word(at: Field.id).isDecimalASCII { index += 8 }
        while index < bytes.count, index <= Field.id + Field.idLengthMax {
            guard isWord(bytes[index]) else { return index > Field.id ? index : nil }
            index += 1
        }
        return nil
    }

    @inline(__always)
    private static func id(_ frame: Span<UInt8>, count: Int) -> ShortText {
        guard frame.count >= Field.id + 16 else {
            return frame.shortText(Field.id..<Field.id + count) ?? ShortText()
        }
        return ShortText(
            littleEndian: frame.word(at: Field.id), frame.word(at: Field.id + 8), count: count)
    }

    /// Four hexadecimal digits, capital or small, and a star, at `offset`.
    @inline(__always)
    private static func isNumber(in bytes: Span<UInt8>, at offset: Int) -> Bool {
        guard offset &+ Field.numberLength <= bytes.count,
            bytes[offset &+ Field.numberLength &- 1] == Watch.Mark.star
        else { return false }
        guard offset &+ 8 <= bytes.count else {
            for index in offset..<offset &+ 4 where hexValue(bytes[index]) == nil { return false }
            return true
        }
        return bytes.word(at: offset).isHexASCII(count: 4)
    }

    private static func number(in bytes: Span<UInt8>, at offset: Int) -> UInt16 {
        (offset..<offset + 4).reduce(0) { $0 << 4 | UInt16(hexValue(bytes[$1]) ?? 0) }
    }

    @inline(__always)
    private static func isWord(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 26
    }
}
