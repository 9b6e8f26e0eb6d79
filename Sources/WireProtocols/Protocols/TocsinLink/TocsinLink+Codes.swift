import AlarmModel

extension TocsinLink {
    /// Bit 7 set: from the station to the receiver.
    enum MessageType {
        static let hello: UInt8 = 0x01
        static let event: UInt8 = 0x02
        static let keepAlive: UInt8 = 0x03
        static let stationHello: UInt8 = 0x81
        static let ack: UInt8 = 0x82
        static let nak: UInt8 = 0x83

        static func isFromStation(_ type: UInt8) -> Bool { type & 0x80 != 0 }
    }

    enum EventFlag {
        static let restored: UInt8 = 1 << 0
        static let test: UInt8 = 1 << 1
        static let late: UInt8 = 1 << 2
    }

    /// The optional fields that may follow the fixed part of any body.
    enum Tag {
        static let position: UInt8 = 0x01
        static let accuracy: UInt8 = 0x02
        static let altitude: UInt8 = 0x03
        static let speed: UInt8 = 0x04
        static let course: UInt8 = 0x05
        static let fixedAt: UInt8 = 0x06
        static let clock: UInt8 = 0x07
        static let battery: UInt8 = 0x08
        static let signal: UInt8 = 0x09
        static let zone: UInt8 = 0x0A
        static let partition: UInt8 = 0x0B
        static let fence: UInt8 = 0x0C
        static let code: UInt8 = 0x0D
        static let text: UInt8 = 0x0E
        static let maker: UInt8 = 0x10
        static let model: UInt8 = 0x11
        static let serial: UInt8 = 0x12
    }

    /// Longest texts, in bytes. A longer one is cut.
    enum TextLimit {
        static let address = 16
        static let fence = 16
        static let code = 16
        static let name = 32
        static let text = 128
    }

    /// Why the receiver is asked to send again.
    public enum NakReason: UInt8, CaseIterable, Sendable {
        case badChecksum = 1
        case badEscape = 2
        case badLength = 3
        case tooLong = 4

        /// Nil for what is no damage: bytes between frames, and our own echo.
        init?(_ reason: SkipReason) {
            switch reason {
            case .badChecksum: self = .badChecksum
            case .badEscape: self = .badEscape
            case .badLength: self = .badLength
            case .tooLong: self = .tooLong
            case .noise, .badFormat, .cutOff: return nil
            }
        }
    }

    /// Bits of the receiver's own state in KEEPALIVE. Each holds for as long as it is sent.
    static let conditions: [(bit: UInt8, kind: EventKind)] = [
        (0, .communicationFault),  // the radio band is jammed
        (1, .powerLost),  // mains
        (2, .batteryLow),  // the receiver's own
        (3, .tamper),  // the receiver's case
        (4, .deviceFault),  // a self-test failed
    ]

    /// Set by us too, for a KEEPALIVE with a field that cannot be.
    static let receiverFaultBit: UInt16 = 1 << 4

    /// Sixteen codes a priority, ascending codes of descending gravity; nil for one that is not
    /// assigned.
    @inline(__always)
    static func kind(ofCode code: UInt8) -> EventKind? {
        switch code {
        case 0x01: .sos
        case 0x02: .fall
        case 0x03: .medical
        case 0x04: .duress
        case 0x05: .fire
        case 0x06: .smoke
        case 0x07: .gas
        case 0x08: .carbonMonoxide
        case 0x11: .geofenceExit
        case 0x12: .inactivity
        case 0x13: .intrusion
        case 0x14: .flood
        case 0x15: .helpNeeded
        case 0x16: .removed
        case 0x17: .unknown
        case 0x21: .batteryLow
        case 0x22: .tamper
        case 0x23: .powerLost
        case 0x24: .supervisionLost
        case 0x25: .communicationFault
        case 0x26: .deviceFault
        case 0x31: .geofenceEnter
        case 0x32: .cancel
        case 0x33: .helpArrived
        case 0x34: .serviceRequest
        case 0x35: .test
        case 0x36: .checkIn
        case 0x37: .position
        default: nil
        }
    }

    /// Codes by which a reader knows a kind without looking for it.
    enum KindCode {
        static let unknown: UInt8 = 0x17
        static let deviceFault: UInt8 = 0x26
        static let position: UInt8 = 0x37
    }

    static let kinds: [(code: UInt8, kind: EventKind)] = (0..<64).compactMap { code in
        kind(ofCode: code).map { (code, $0) }
    }

    /// The kinds of one message: a set of codes 0...63, of which some may be unassigned.
    public struct KindSet: Equatable, Sendable {
        private(set) var bits: UInt64 = 0

        public init() {}

        public init(_ kinds: [EventKind]) {
            for kind in kinds { insert(kind) }
        }

        public var isEmpty: Bool { bits == 0 }
        var count: Int { bits.nonzeroBitCount }

        public func contains(_ kind: EventKind) -> Bool {
            kinds.contains { $0.kind == kind && contains(code: $0.code) }
        }

        @inline(__always)
        func contains(code: UInt8) -> Bool { bits >> UInt64(code) & 1 != 0 }

        mutating func insert(_ kind: EventKind) {
            for assigned in kinds where assigned.kind == kind { insert(code: assigned.code) }
        }

        /// Codes from 64 are not assigned in any version: they count as `unknown`.
        @inline(__always)
        mutating func insert(code: UInt8) {
            bits |= 1 << UInt64(code < 64 ? code : KindCode.unknown)
        }

        /// In ascending order.
        func forEachCode(_ body: (UInt8) -> Void) {
            var rest = bits
            while rest != 0 {
                body(UInt8(truncatingIfNeeded: rest.trailingZeroBitCount))
                rest &= rest &- 1
            }
        }

        /// Takes out the code of the gravest kind: an unassigned one is an `unknown`, which is a
        /// warning.
        @inline(__always)
        mutating func popGravest() -> UInt8? {
            guard bits != 0 else { return nil }
            let emergencies = bits & Self.emergencies
            let warnings = bits & ~Self.others
            let gravest = emergencies != 0 ? emergencies : warnings != 0 ? warnings : bits
            bits &= ~(gravest & (0 &- gravest))
            return UInt8(truncatingIfNeeded: gravest.trailingZeroBitCount)
        }

        /// The assigned codes of the gravest priority, and of the two behind warnings.
        static let emergencies: UInt64 = 0x0000_0000_0000_01FE
        static let others: UInt64 = 0x00FE_007E_0000_0000
    }
}
