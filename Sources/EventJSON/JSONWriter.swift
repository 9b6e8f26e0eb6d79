import AlarmModel

/// Writes JSON on one line, fields in the order in which they are given.
///
/// `JSONEncoder` would sort the fields and send decimals through floating point; an operator who
/// reads the stream with his eyes wants `id` and `kind` first, and a position is exact. A field
/// whose value is nil is left out.
public struct JSONWriter: Sendable {
    public private(set) var bytes: [UInt8] = []
    /// A comma has to come before the next field or element.
    private var followsValue = false

    /// The bytes that `body` writes.
    public static func text(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        body(&writer)
        return writer.bytes
    }

    // MARK: containers

    public mutating func object(_ body: (inout JSONWriter) -> Void) {
        enclose(UInt8(ascii: "{"), body, UInt8(ascii: "}"))
    }

    public mutating func object(_ name: String, _ body: (inout JSONWriter) -> Void) {
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
        _ name: String, _ elements: some Swift.Sequence<Element>,
        _ body: (inout JSONWriter, Element) -> Void
    ) {
        key(name)
        array(elements, body)
    }

    // MARK: fields

    public mutating func field(_ name: String, _ value: String?) {
        guard let value else { return }
        key(name)
        string(value)
    }

    public mutating func field(_ name: String, _ value: ShortText?) { field(name, value?.string) }

    public mutating func field(_ name: String, _ value: Bool) {
        key(name)
        literal(value ? "true" : "false")
    }

    public mutating func field(_ name: String, _ value: (some FixedWidthInteger)?) {
        guard let value else { return }
        key(name)
        literal(String(value))
    }

    /// `value` counts units of 10^-`decimals`.
    public mutating func field(_ name: String, _ value: Int32?, decimals: Int) {
        guard let value else { return }
        key(name)
        literal(fixedPointText(Int64(value), decimals: decimals))
    }

    /// A time that a device said.
    public mutating func field(_ name: String, _ value: WallTime?) { field(name, value?.rfc3339) }

    /// A time of the station's own clock: always with its microseconds, so that all are as long
    /// and sort as text.
    public mutating func field(_ name: String, stationTime value: WallTime) {
        let text = value.rfc3339
        field(name, text.contains(".") ? text : String(text.dropLast()) + ".000000Z")
    }

    // MARK: values

    public mutating func string(_ value: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        if value.utf8.allSatisfy(Self.isPlain) {
            bytes.append(contentsOf: value.utf8)
        } else {
            for byte in value.utf8 { appendEscaped(byte) }
        }
        bytes.append(UInt8(ascii: "\""))
        followsValue = true
    }

    // MARK: private

    private mutating func enclose(
        _ opening: UInt8, _ body: (inout JSONWriter) -> Void, _ closing: UInt8
    ) {
        separate()
        bytes.append(opening)
        followsValue = false
        body(&self)
        bytes.append(closing)
        followsValue = true
    }

    private mutating func key(_ name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        followsValue = false
    }

    private mutating func literal(_ text: String) {
        separate()
        bytes.append(contentsOf: text.utf8)
        followsValue = true
    }

    private mutating func separate() {
        if followsValue { bytes.append(UInt8(ascii: ",")) }
    }

    /// RFC 8259 §7: the quotation mark, the backslash and all below 0x20 must be escaped. A string
    /// of Swift is valid UTF-8, so every other byte may stand as it is.
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    private mutating func appendEscaped(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        case UInt8(ascii: "\n"): bytes.append(contentsOf: "\\n".utf8)
        case UInt8(ascii: "\r"): bytes.append(contentsOf: "\\r".utf8)
        case UInt8(ascii: "\t"): bytes.append(contentsOf: "\\t".utf8)
        case _ where Self.isPlain(byte): bytes.append(byte)
        default:
            bytes.append(contentsOf: "\\u00".utf8)
            bytes.append(hexDigit(byte >> 4))
            bytes.append(hexDigit(byte))
        }
    }
}
