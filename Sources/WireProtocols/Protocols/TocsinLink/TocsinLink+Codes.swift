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
            case .noise, .badFormat: return nil
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

    /// What sixteen codes a priority can say. Ascending codes are descending gravity.
    static let kinds: [(code: UInt8, kind: EventKind)] = [
        (0x01, .sos), (0x02, .fall), (0x03, .medical), (0x04, .duress), (0x05, .fire),
        (0x06, .smoke), (0x07, .gas), (0x08, .carbonMonoxide),
        (0x11, .geofenceExit), (0x12, .inactivity), (0x13, .intrusion), (0x14, .flood),
        (0x15, .helpNeeded), (0x16, .removed), (0x17, .unknown),
        (0x21, .batteryLow), (0x22, .tamper), (0x23, .powerLost), (0x24, .supervisionLost),
        (0x25, .communicationFault), (0x26, .deviceFault),
        (0x31, .geofenceEnter), (0x32, .cancel), (0x33, .helpArrived), (0x34, .serviceRequest),
        (0x35, .test), (0x36, .checkIn), (0x37, .position),
    ]

    /// By code, nil where none is assigned.
    static let kindByCode: [EventKind?] = {
        var table = [EventKind?](repeating: nil, count: 64)
        for (code, kind) in kinds { table[Int(code)] = kind }
        return table
    }()

    /// The kinds of one message: a set of codes 0...63, of which some may be unassigned.
    public struct KindSet: Equatable, Sendable {
        private(set) var bits: UInt64 = 0

        public init() {}

        public init(_ kinds: [EventKind]) {
            for kind in kinds { insert(kind) }
        }

        public var isEmpty: Bool { bits == 0 }
        var count: Int { bits.nonzeroBitCount }

        public func contains(_ kind: EventKind) -> Bool { bits & Self.bit(of: kind) != 0 }

        mutating func insert(_ kind: EventKind) { bits |= Self.bit(of: kind) }

        /// Codes from 64 are not assigned in any version: they count as `unknown`.
        mutating func insert(code: UInt8) {
            if code < 64 { bits |= 1 << UInt64(code) } else { insert(.unknown) }
        }

        /// In ascending order.
        func forEachCode(_ body: (UInt8) -> Void) { Self.forEachCode(of: bits, body) }

        /// The gravest first: an unassigned code is an `unknown`, which is a warning.
        func forEachCodeByGravity(_ body: (UInt8) -> Void) {
            Self.forEachCode(of: bits & Self.emergencies, body)
            Self.forEachCode(of: bits & Self.warnings, body)
            Self.forEachCode(of: bits & ~Self.emergencies & ~Self.warnings, body)
        }

        private static let emergencies = mask { $0.priority == .emergency }
        private static let warnings = mask { $0.priority == .warning } | ~mask { _ in true }

        private static func mask(_ isIn: (EventKind) -> Bool) -> UInt64 {
            kinds.reduce(0) { isIn($1.kind) ? $0 | 1 << UInt64($1.code) : $0 }
        }

        private static func bit(of kind: EventKind) -> UInt64 { mask { $0 == kind } }

        private static func forEachCode(of bits: UInt64, _ body: (UInt8) -> Void) {
            var rest = bits
            while rest != 0 {
                body(UInt8(rest.trailingZeroBitCount))
                rest &= rest - 1
            }
        }
    }
}
