import AlarmModel

/// How a value is written in a vector file, and a line taken apart.
///
/// A value of printable ASCII without blank, `"` and `\` stands bare. Anything else stands in
/// quotes, with `\"`, `\\`, `\n`, `\r`, `\t`, and `\xHH` for one byte; other characters, in UTF-8,
/// stand for themselves. A value is bytes: where it has to be text, they have to be UTF-8.
enum VectorText {
    /// `bytes` as a value, bare if it can be.
    static func value(_ bytes: [UInt8]) -> String {
        if !bytes.isEmpty, bytes.allSatisfy(isBare) {
            return String(decoding: bytes, as: UTF8.self)
        }
        // Bytes that are no text are escaped one by one.
        guard let text = String(validating: bytes, as: UTF8.self) else {
            return "\"" + bytes.map { escaped(Unicode.Scalar($0), [$0]) }.joined() + "\""
        }
        let scalars = text.unicodeScalars.map { scalar in
            isShown(scalar) ? String(scalar) : escaped(scalar, Array(String(scalar).utf8))
        }
        return "\"" + scalars.joined() + "\""
    }

    static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }

    static func isBare(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    /// Characters that an editor shows as themselves, and nothing that turns or breaks a line.
    private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
            false
        default: scalar != "\"" && scalar != "\\"
        }
    }

    private static func escaped(_ scalar: Unicode.Scalar, _ bytes: [UInt8]) -> String {
        switch scalar {
        case "\"": "\\\""
        case "\\": "\\\\"
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        case " "..."~" where bytes.count == 1: String(scalar)
        default: bytes.map { "\\x" + hexText([$0]) }.joined()
        }
    }
}

/// What is wrong with a line, and where in it.
struct VectorLineError: Error {
    /// Bytes before it in the line.
    var offset: Int
    var message: String
}

/// Takes one line of a vector file apart from left to right.
///
/// A `#` at the start of the line or behind a blank begins a comment, except inside quotes.
struct VectorLine {
    let bytes: [UInt8]
    private(set) var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    var isAtQuote: Bool { next == UInt8(ascii: "\"") }

    /// Over blanks; true when nothing but a comment is left.
    mutating func isAtEnd() -> Bool {
        while let byte = next, VectorText.isBlank(byte) { offset += 1 }
        return next == nil || next == UInt8(ascii: "#")
    }

    /// Over the rest of a word.
    mutating func skipToBlank(or stop: UInt8? = nil) {
        while let byte = next, !VectorText.isBlank(byte), byte != stop { offset += 1 }
    }

    /// The next run of bytes up to a blank or `stop`; empty at the end of the line.
    mutating func word(upTo stop: UInt8? = nil) -> String {
        guard !isAtEnd() else { return "" }
        let start = offset
        skipToBlank(or: stop)
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    /// True, and past it, when the next byte is `mark`.
    mutating func skip(_ mark: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: mark) else { return false }
        offset += 1
        return true
    }

    /// Everything up to a comment, without the blanks around it.
    mutating func freeText() -> String {
        guard !isAtEnd() else { return "" }
        let start = offset
        var end = offset
        while let byte = next {
            let isBlank = VectorText.isBlank(byte)
            if byte == UInt8(ascii: "#"), VectorText.isBlank(bytes[offset - 1]) { break }
            offset += 1
            if !isBlank { end = offset }
        }
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }

    /// A value, bare or in quotes, up to a blank or the end.
    mutating func value() throws(VectorLineError) -> [UInt8] {
        let start = offset
        let value = skip("\"") ? try quoted(from: start) : try bare()
        if let byte = next, !VectorText.isBlank(byte) {
            throw VectorLineError(offset: offset, message: "a blank has to follow the value")
        }
        return value
    }

    private mutating func bare() throws(VectorLineError) -> [UInt8] {
        let start = offset
        while let byte = next, VectorText.isBare(byte) { offset += 1 }
        if let byte = next, !VectorText.isBlank(byte) {
            throw VectorLineError(
                offset: offset, message: "a value with this character has to stand in quotes")
        }
        guard offset > start else {
            throw VectorLineError(
                offset: offset, message: "no value; the empty text is written \"\"")
        }
        return Array(bytes[start..<offset])
    }

    /// The rest of a quoted value, behind its first quote at `start`.
    private mutating func quoted(from start: Int) throws(VectorLineError) -> [UInt8] {
        var value: [UInt8] = []
        while let byte = next {
            offset += 1
            switch byte {
            case UInt8(ascii: "\""): return value
            case UInt8(ascii: "\\"): value.append(try escape())
            default: value.append(byte)
            }
        }
        throw VectorLineError(offset: start, message: "the quote opened here is not closed")
    }

    /// The byte that an escape stands for, behind its backslash.
    private mutating func escape() throws(VectorLineError) -> UInt8 {
        let start = offset - 1
        let kind = next
        offset += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): return kind ?? 0
        case UInt8(ascii: "n"): return UInt8(ascii: "\n")
        case UInt8(ascii: "r"): return UInt8(ascii: "\r")
        case UInt8(ascii: "t"): return UInt8(ascii: "\t")
        case UInt8(ascii: "x"):
            guard let high = next.flatMap(hexValue) else { break }
            offset += 1
            guard let low = next.flatMap(hexValue) else { break }
            offset += 1
            return high << 4 | low
        default: break
        }
        throw VectorLineError(
            offset: start,
            message: #"unknown escape; there are \" \\ \n \r \t and \xHH with two hex digits"#)
    }
}
