import AlarmModel

/// One event as Ademco Contact ID (SIA DC-05) says it, whichever receiver or network carries it.
///
/// ```
///   Q XYZ GG CCC      1 131 01 015: new, perimeter, partition 1, zone 15
/// ```
public struct ContactIDEvent: Equatable, Sendable {
    public enum Qualifier: UInt8, CaseIterable, Sendable {
        /// New, or an opening.
        case begun = 1
        /// Restored, or a closing.
        case ended = 3
        /// Reported before and still there.
        case present = 6

        /// The letter that receivers print, or the digit of the telephone line.
        @inline(__always)
        init?(letter: UInt8) {
            switch letter {
            case UInt8(ascii: "E"), UInt8(ascii: "1"): self = .begun
            case UInt8(ascii: "R"), UInt8(ascii: "3"): self = .ended
            case UInt8(ascii: "P"), UInt8(ascii: "6"): self = .present
            default: return nil
            }
        }

        var letter: UInt8 {
            switch self {
            case .begun: UInt8(ascii: "E")
            case .ended: UInt8(ascii: "R")
            case .present: UInt8(ascii: "P")
            }
        }
    }

    public var qualifier: Qualifier
    /// The eight characters `XYZGGCCC`, the first lowest: kept as they came, for most of what is
    /// made of them is text again.
    private let digits: UInt64

    /// Nil when a number has more digits than the wire has room for.
    public init?(qualifier: Qualifier, code: UInt16, partition: UInt8 = 0, zone: UInt16 = 0) {
        guard code <= 999, partition <= 99, zone <= 999 else { return nil }
        var number = (UInt64(code) * 100 + UInt64(partition)) * 1_000 + UInt64(zone)
        var digits: UInt64 = 0
        for _ in 0..<8 {
            digits = digits << 8 | 0x30 + number % 10
            number /= 10
        }
        self.qualifier = qualifier
        self.digits = digits
    }

    /// - Parameter digits: `XYZGGCCC`, the first lowest, as they are loaded.
    @inline(__always)
    init?(qualifier: Qualifier, digits: UInt64) {
        guard digits.isDecimalASCII else { return nil }
        self.qualifier = qualifier
        self.digits = digits
    }

    /// XYZ, 0...999.
    @inline(__always)
    public var code: UInt16 { UInt16(pair(0)) &* 10 &+ UInt16(digit(2)) }
    /// GG, 0...99; 0 is none.
    @inline(__always)
    public var partition: UInt8 { pair(3) }
    /// CCC, zone or user, 0...999; 0 is none.
    @inline(__always)
    public var zone: UInt16 { UInt16(pair(5)) &* 10 &+ UInt16(digit(7)) }

    @inline(__always)
    private func digit(_ index: UInt64) -> UInt8 {
        UInt8(truncatingIfNeeded: digits &>> (index &* 8)) & 0x0F
    }

    /// The number that a digit and the next one are, made of all of them at once.
    @inline(__always)
    private func pair(_ index: UInt64) -> UInt8 {
        let values = digits & 0x0F0F_0F0F_0F0F_0F0F
        return UInt8(truncatingIfNeeded: (values &* 10 &+ values >> 8) &>> (index &* 8))
    }

    /// `1131`: the qualifier's digit and the event code, as operators write it.
    @inline(__always)
    var text: ShortText {
        let first = UInt64(UInt8(ascii: "0") &+ qualifier.rawValue)
        return ShortText(littleEndian: first | digits << 8, shortCount: 4)
    }

    /// The event in the station's words, from the device at `address`.
    ///
    /// - Parameter isUser: whether CCC is a person's, where that is said beside the code.
    @inline(__always)
    func draft(address: ShortText?, isUser: Bool? = nil) -> EventDraft {
        let (code, partition, zone) = (code, partition, zone)
        let meaning = ContactIDCodes.meaning(of: code)
        var draft = EventDraft(meaning.kind, address: address)
        draft.isRestored = qualifier == .ended && ContactIDCodes.qualifierEnds(code)
        draft.isTest = meaning.isTest
        draft.code = text
        if partition != 0 { draft.partition = UInt16(partition) }
        if zone != 0 {
            // The number of the wire stays a number, whatever it counts; an operator who looks for
            // "zone 3" in the panel's list must also see that it is a person here.
            draft.zone = UInt32(zone)
            draft.zoneIsUser = isUser ?? meaning.namesUser
        }
        return draft
    }
}
