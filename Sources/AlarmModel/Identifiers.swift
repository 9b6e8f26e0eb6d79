/// The id of a wire protocol, as the configuration and the event carry it: `surgard`, `jt808`.
public struct ProtocolID: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral,
    CustomStringConvertible
{
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public init(stringLiteral value: String) { rawValue = value }
    public var description: String { rawValue }

    /// Of what the station itself has to say.
    public static let station: ProtocolID = "station"
}

/// A way in on the station, named so that it is the same after unplugging and re-plugging:
/// `usb-FTDI_FT232R_A6008isP-if00`.
public struct PortID: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral,
    CustomStringConvertible
{
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public init(stringLiteral value: String) { rawValue = value }
    public var description: String { rawValue }
}

/// The pendant, pager, receiver or handset that a person carries, as its wire names it.
public struct DeviceAddress: Hashable, Sendable, CustomStringConvertible {
    public var protocolID: ProtocolID
    public var address: ShortText

    public init(_ protocolID: ProtocolID, _ address: ShortText) {
        self.protocolID = protocolID
        self.address = address
    }

    public var description: String { "\(protocolID) \(address)" }
}

/// The place of an event in the ledger: 1 for the first, without gaps.
public struct Sequence: RawRepresentable, Hashable, Comparable, Sendable,
    ExpressibleByIntegerLiteral, CustomStringConvertible
{
    public var rawValue: Int64
    public init(rawValue: Int64) { self.rawValue = rawValue }
    public init(integerLiteral value: Int64) { rawValue = value }

    public var next: Sequence { Sequence(rawValue: rawValue + 1) }
    public static func < (a: Sequence, b: Sequence) -> Bool { a.rawValue < b.rawValue }
    public var description: String { String(rawValue) }
}

/// Names one boot of the machine: any UUID, as the kernel gives it.
public typealias BootID = UUIDv7

/// A UUID of version 7 (RFC 9562 §5.7): 48 bits of Unix milliseconds, then random bits, so that
/// ids sort by time and stay unique across stations.
public struct UUIDv7: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let high: UInt64
    public let low: UInt64

    /// - Parameters:
    ///   - time: only its milliseconds are used; before 1970 counts as 1970.
    ///   - random: 12 + 62 of these bits are used.
    public init(time: WallTime, random: (UInt64, UInt64)) {
        let milliseconds = UInt64(max(0, time.microseconds) / 1_000) & 0xFFFF_FFFF_FFFF
        high = milliseconds << 16 | 0x7000 | (random.0 & 0x0FFF)
        low = 0x8000_0000_0000_0000 | (random.1 >> 2)
    }

    /// Any UUID in its usual text form, upper or lower case; nil when the text is something else.
    public init?(_ text: String) {
        var nibbles = 0
        var words: (UInt64, UInt64) = (0, 0)
        for (index, byte) in text.utf8.enumerated() {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            let value: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            if nibbles < 16 {
                words.0 = words.0 << 4 | UInt64(value)
            } else {
                words.1 = words.1 << 4 | UInt64(value)
            }
            nibbles += 1
        }
        guard nibbles == 32, text.utf8.count == 36 else { return nil }
        high = words.0
        low = words.1
    }

    /// The first and the last id whose text begins with `prefix`, as people shorten ids; nil where
    /// none does.
    public static func bounds(ofPrefix prefix: String) -> ClosedRange<UUIDv7>? {
        guard prefix.utf8.count <= 36,
            let first = UUIDv7(
                prefix + "00000000-0000-0000-0000-000000000000".dropFirst(prefix.count)),
            let last = UUIDv7(
                prefix + "ffffffff-ffff-ffff-ffff-ffffffffffff".dropFirst(prefix.count))
        else { return nil }
        return first...last
    }

    public static func < (a: UUIDv7, b: UUIDv7) -> Bool { (a.high, a.low) < (b.high, b.low) }

    /// The id as stored: 16 bytes in network order were taken apart into these two words.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    public var description: String { String(room: 36) { $0.append(self) } }
}

/// The lower-case hexadecimal digit of the low four bits of `nibble`.
@inlinable
public func hexDigit(_ nibble: UInt8) -> UInt8 {
    let value = nibble & 0x0F
    return value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
}
