import AlarmModel

/// Writes JSON on one line, fields in the order in which they are given.
///
/// `JSONEncoder` would sort the fields and send decimals through floating point; an operator who
/// reads the stream with his eyes wants `id` and `kind` first, and a position is exact. A field
/// whose value is nil is left out.
public struct JSONWriter: ~Copyable {
    /// There is room for most records.
    private var text = TextBuffer(room: 768)
    /// A comma has to come before the next field or element.
    private var followsValue = false

    /// The bytes that `body` writes.
    public static func text(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        body(&writer)
        return writer.text.bytes
    }

    // MARK: containers

    public mutating func object(_ body: (inout JSONWriter) -> Void) {
        enclose(UInt8(ascii: "{"), body, UInt8(ascii: "}"))
    }

    public mutating func object(_ name: StaticString, _ body: (inout JSONWriter) -> Void) {
        key(name)
        object(body)
    }

    public mutating func array<Element>(
        _ elements: some Swift.Sequence<Element>, _ body: (inout JSONWriter, Element) -> Void
    ) {
        enclose(
            UInt8(ascii: "["), { for element in elements { body(&$0, element) } },
            UInt8(ascii: "]"))
    }

    public mutating func array<Element>(
        _ name: StaticString, _ elements: some Swift.Sequence<Element>,
        _ body: (inout JSONWriter, Element) -> Void
    ) {
        key(name)
        array(elements, body)
    }

    // MARK: fields

    @inline(__always)
    public mutating func field(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        key(name)
        string(value)
    }

    @inline(__always)
    public mutating func field(_ name: StaticString, _ value: ShortText?) {
        guard let value else { return }
        guard value.isPlainJSON else { return field(name, value.string) }
        key(name)
        text.append(mark: "\"")
        text.append(value)
        text.append(mark: "\"")
        followsValue = true
    }

    @inline(__always)
    public mutating func field(_ name: StaticString, _ value: Bool) {
        key(name)
        text.append(ascii: value ? "true" : "false")
        followsValue = true
    }

    @inline(__always)
    public mutating func field(_ name: StaticString, _ value: (some FixedWidthInteger)?) {
        guard let value else { return }
        key(name)
        if let signed = Int64(exactly: value) {
            text.append(decimal: signed)
        } else {
            text.append(decimal: UInt64(clamping: value))
        }
        followsValue = true
    }

    /// `value` counts units of 10^-`decimals`.
    @inline(__always)
    public mutating func field(_ name: StaticString, _ value: Int32?, decimals: Int) {
        guard let value else { return }
        key(name)
        text.append(Int64(value), decimals: decimals)
        followsValue = true
    }

    /// A time that a device said.
    @inline(__always)
    public mutating func field(_ name: StaticString, _ value: WallTime?) {
        guard let value else { return }
        key(name)
        text.append(mark: "\"")
        text.append(value)
        text.append(mark: "\"")
        followsValue = true
    }

    /// A time of the station's own clock: always with its microseconds, so that all are as long
    /// and sort as text.
    @inline(__always)
    public mutating func field(_ name: StaticString, stationTime value: WallTime) {
        key(name)
        text.append(mark: "\"")
        text.append(value, isWhole: true)
        text.append(mark: "\"")
        followsValue = true
    }

    @inline(__always)
    public mutating func field(_ name: StaticString, _ value: UUIDv7?) {
        guard let value else { return }
        key(name)
        string(value)
    }

    /// Lower-case hexadecimal.
    @inline(__always)
    public mutating func field(_ name: StaticString, hex value: [UInt8]) {
        key(name)
        text.append(mark: "\"")
        text.append(hex: value.span)
        text.append(mark: "\"")
        followsValue = true
    }

    /// A count under a name that is known when it is written.
    public mutating func field(named name: String, _ value: UInt64) {
        string(name)
        text.append(mark: ":")
        text.append(decimal: value)
    }

    // MARK: values

    public mutating func string(_ value: String) {
        separate()
        text.append(mark: "\"")
        let words = value.utf8.span
        var isPlain = true
        for index in words.indices where !Self.isPlain(words[index]) { isPlain = false }
        if isPlain {
            text.append(bytes: words)
        } else {
            for index in words.indices { append(escaping: words[index]) }
        }
        text.append(mark: "\"")
        followsValue = true
    }

    public mutating func string(_ id: UUIDv7) {
        separate()
        text.append(mark: "\"")
        text.append(id)
        text.append(mark: "\"")
        followsValue = true
    }

    // MARK: private

    private mutating func enclose(
        _ opening: UInt8, _ body: (inout JSONWriter) -> Void, _ closing: UInt8
    ) {
        separate()
        text.append(opening)
        followsValue = false
        body(&self)
        text.append(closing)
        followsValue = true
    }

    /// Nothing in a name has to be escaped.
    @inline(__always)
    private mutating func key(_ name: StaticString) {
        text.append(key: name, followsValue: followsValue)
        followsValue = false
    }

    @inline(__always)
    private mutating func separate() {
        if followsValue { text.append(mark: ",") }
    }

    /// RFC 8259 §7: the quotation mark, the backslash and all below 0x20 must be escaped. A string
    /// of Swift is valid UTF-8, so every other byte may stand as it is.
    @inline(__always)
    static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    private mutating func append(escaping byte: UInt8) {
        switch byte {
        case _ where Self.isPlain(byte): text.append(byte)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            text.append(mark: "\\")
            text.append(byte)
        case UInt8(ascii: "\n"): text.append(ascii: "\\n")
        case UInt8(ascii: "\r"): text.append(ascii: "\\r")
        case UInt8(ascii: "\t"): text.append(ascii: "\\t")
        default:
            text.append(ascii: "\\u00")
            text.append(hexDigit(byte >> 4))
            text.append(hexDigit(byte))
        }
    }
}

extension ShortText {
    /// Stands between quotation marks as it is: plain, and sure to be UTF-8.
    fileprivate var isPlainJSON: Bool {
        for index in 0..<count where !JSONWriter.isPlain(self[index]) || self[index] >= 0x80 {
            return false
        }
        return true
    }
}
