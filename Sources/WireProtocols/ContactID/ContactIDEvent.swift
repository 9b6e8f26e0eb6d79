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
    /// XYZ, 0...999.
    public let code: UInt16
    /// GG, 0...99; 0 is none.
    public let partition: UInt8
    /// CCC, zone or user, 0...999; 0 is none.
    public let zone: UInt16

    /// Nil when a number has more digits than the wire has room for.
    public init?(qualifier: Qualifier, code: UInt16, partition: UInt8 = 0, zone: UInt16 = 0) {
        guard code <= 999, partition <= 99, zone <= 999 else { return nil }
        self.qualifier = qualifier
        self.code = code
        self.partition = partition
        self.zone = zone
    }

    /// - Parameter digits: the eight characters `XYZGGCCC`, the first lowest, as they are loaded.
    @inline(__always)
    init?(qualifier: Qualifier, digits: UInt64) {
        guard digits.isDecimalASCII else { return nil }
        func digit(_ index: UInt64) -> UInt16 {
            UInt16(truncatingIfNeeded: digits >> (index * 8) & 0x0F)
        }
        self.qualifier = qualifier
        code = digit(0) &* 100 &+ digit(1) &* 10 &+ digit(2)
        partition = UInt8(truncatingIfNeeded: digit(3) &* 10 &+ digit(4))
        zone = digit(5) &* 100 &+ digit(6) &* 10 &+ digit(7)
    }

    /// `1131`: the qualifier's digit and the event code, as operators write it.
    var text: ShortText {
        let code = UInt64(self.code)
        let digits =
            UInt64(qualifier.rawValue) | (code / 100) << 8 | (code / 10 % 10) << 16
            | (code % 10) << 24
        return ShortText(littleEndian: digits | 0x3030_3030, count: 4)
    }

    /// The event in the station's words, from the device at `address`.
    @inline(__always)
    func draft(address: ShortText?) -> EventDraft {
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
            draft.zoneIsUser = meaning.namesUser
        }
        return draft
    }
}
