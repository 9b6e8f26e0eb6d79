import AlarmModel

/// Goes through the members of one JSON object (RFC 8259) that is all there is in a line.
///
/// What is nested is checked and passed over: no sensor has anything there that is read.
struct JSONMembers {
    /// Where a name and a value are. A string is without its quotes.
    struct Member {
        var name: Range<Int>
        var value: Range<Int>
        var type: ValueType
    }

    enum ValueType: Equatable {
        case string
        /// A number, `true` or `false`.
        case word
        /// `null`, and what is nested.
        case passed
    }

    /// Objects and arrays inside each other; rtl_433 has three.
    static let depthMax = 8

    /// The object was read to its end, and nothing but blanks stands behind it.
    private(set) var isWhole = false
    private var at = 0
    private var isFirst = true

    /// The next member; nil behind the last one, and where the grammar is broken.
    mutating func next(in line: Span<UInt8>) -> Member? {
        if isFirst {
            isFirst = false
            guard take("{", in: line) else { return nil }
            if take("}", in: line) { return end(in: line) }
        } else if !take(",", in: line) {
            return take("}", in: line) ? end(in: line) : nil
        }
        guard let name = string(in: line), take(":", in: line),
            let (value, type) = value(in: line, depth: 1)
        else { return nil }
        return Member(name: name, value: value, type: type)
    }

    private mutating func end(in line: Span<UInt8>) -> Member? {
        skipBlanks(in: line)
        isWhole = at == line.count
        return nil
    }

    private mutating func value(
        in line: Span<UInt8>, depth: Int
    ) -> (Range<Int>, ValueType)? {
        skipBlanks(in: line)
        guard at < line.count else { return nil }
        let start = at
        switch line[at] {
        case UInt8(ascii: "\""): return string(in: line).map { ($0, .string) }
        case UInt8(ascii: "["), UInt8(ascii: "{"):
            guard depth < Self.depthMax, nested(in: line, depth: depth) else { return nil }
            return (start..<at, .passed)
        case UInt8(ascii: "t"): return literal("true", in: line) ? (start..<at, .word) : nil
        case UInt8(ascii: "f"): return literal("false", in: line) ? (start..<at, .word) : nil
        case UInt8(ascii: "n"):
            let isNumber = at + 1 < line.count && line[at + 1] == UInt8(ascii: "a")
            return literal(isNumber ? "nan" : "null", in: line) ? (start..<at, .passed) : nil
        default: return number(in: line) ? (start..<at, .word) : nil
        }
    }

    /// An array or an object, whose first byte is next.
    private mutating func nested(in line: Span<UInt8>, depth: Int) -> Bool {
        let isObject = line[at] == UInt8(ascii: "{")
        let close: Unicode.Scalar = isObject ? "}" : "]"
        at += 1
        if take(close, in: line) { return true }
        repeat {
            if isObject {
                guard string(in: line) != nil, take(":", in: line) else { return false }
            }
            guard value(in: line, depth: depth + 1) != nil else { return false }
        } while take(",", in: line)
        return take(close, in: line)
    }

    /// What stands between two quotes.
    private mutating func string(in line: Span<UInt8>) -> Range<Int>? {
        guard take("\"", in: line) else { return nil }
        let start = at
        while at < line.count, line[at] >= 0x20 {
            switch line[at] {
            case UInt8(ascii: "\""):
                at += 1
                return start..<at - 1
            case UInt8(ascii: "\\"):
                let count = Self.escapeLength(line.extracting(at..<line.count))
                guard count > 0 else { return nil }
                at += count
            default: at += 1
            }
        }
        return nil
    }

    /// Bytes of the escape that begins here; 0 when it is none.
    private static func escapeLength(_ text: Span<UInt8>) -> Int {
        guard text.count >= 2 else { return 0 }
        switch text[1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return 2
        case UInt8(ascii: "u"):
            guard text.count >= 6 else { return 0 }
            for index in 2..<6 where hexValue(text[index]) == nil { return 0 }
            return 6
        default: return 0
        }
    }

    /// `-12.5e+3`; and `-inf`, which is no JSON, but what C prints of the level of no signal.
    private mutating func number(in line: Span<UInt8>) -> Bool {
        if at < line.count, line[at] == UInt8(ascii: "-") { at += 1 }
        if at < line.count, line[at] == UInt8(ascii: "i") { return literal("inf", in: line) }
        guard digits(in: line) else { return false }
        if at < line.count, line[at] == UInt8(ascii: ".") {
            at += 1
            guard digits(in: line) else { return false }
        }
        guard at < line.count, line[at] | 0x20 == UInt8(ascii: "e") else { return true }
        at += 1
        if at < line.count, line[at] == UInt8(ascii: "-") || line[at] == UInt8(ascii: "+") {
            at += 1
        }
        return digits(in: line)
    }

    private mutating func digits(in line: Span<UInt8>) -> Bool {
        let start = at
        while at < line.count, line[at].isDecimalDigit { at += 1 }
        return at > start
    }

    private mutating func literal(_ word: StaticString, in line: Span<UInt8>) -> Bool {
        let count = word.utf8CodeUnitCount
        guard at + count <= line.count else { return false }
        var isSame = true
        for (index, byte) in "\(word)".utf8.enumerated() where line[at + index] != byte {
            isSame = false
        }
        at += count
        return isSame
    }

    /// Passes over blanks and then over `mark`, if it is next.
    @inline(__always)
    private mutating func take(_ mark: Unicode.Scalar, in line: Span<UInt8>) -> Bool {
        skipBlanks(in: line)
        guard at < line.count, line[at] == UInt8(ascii: mark) else { return false }
        at += 1
        return true
    }

    @inline(__always)
    private mutating func skipBlanks(in line: Span<UInt8>) {
        while at < line.count, line[at] <= 0x20, Self.isBlank(line[at]) { at += 1 }
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A
    }
}
