import AlarmModel

extension RFXtrx {
    enum PacketType {
        /// The receiver about itself.
        static let interface: UInt8 = 0x01
        static let security: UInt8 = 0x20
    }

    static let securityLength: UInt8 = 8

    /// The lengths that packets of a type can have, without the length byte. A type that is not
    /// here is noise.
    static let packetLengths: [(type: UInt8, lengths: [UInt8])] = [
        (PacketType.security, [securityLength]),
        (PacketType.interface, [13, 20]),
        (0x02, [4]),  // answer of the transmitter
        // Undecoded; longer ones are left out, for behind a lost byte the type and subtype of a
        // KD101 would be the length of one that swallows three packets.
        (0x03, Array(5...12)),
        (0x10, [7]), (0x11, [11]), (0x12, [8]), (0x13, [9]), (0x14, [10]), (0x15, [11]),  // lights
        (0x16, [7]),  // chime
        (0x19, [9]), (0x1A, [8, 12]), (0x1E, [9]), (0x31, [12]),  // blinds and remotes
        (0x4E, [10]), (0x4F, [10]), (0x50, [8]), (0x51, [8]), (0x52, [10]), (0x53, [9]),
        (0x54, [13]), (0x55, [11]), (0x56, [16]), (0x57, [9]),  // weather
        (0x59, [13]), (0x5A, [17]), (0x5B, [19]), (0x5C, [15]), (0x60, [17, 21]),  // energy
        (0x71, [10]),  // meters
    ]

    /// Orders to the receiver: packets of type and subtype 0 and of 13 bytes.
    enum Command {
        static let reset: UInt8 = 0x00
        static let status: UInt8 = 0x02
        static let start: UInt8 = 0x07

        static func packet(_ command: UInt8, sequence: UInt8) -> [UInt8] {
            [13, 0, 0, sequence, command] + [UInt8](repeating: 0, count: 9)
        }
    }

    /// The detectors among the subtypes of security packets, which send no state of the battery:
    /// KD101, Alecto SA30 and RM174RF.
    @inline(__always)
    static func isSmokeDetector(subtype: UInt8) -> Bool {
        subtype == 0x03 || subtype == 0x09 || subtype == 0x0A
    }

    enum Status {
        static let normal: UInt8 = 0x00
        static let panic: UInt8 = 0x06
        static let endOfPanic: UInt8 = 0x07
        /// Above the status proper.
        static let tamper: UInt8 = 0x80
    }

    /// What one status of a security packet means.
    public struct StatusMeaning: Equatable, Sendable {
        public var status: UInt8
        public var kind: EventKind
        /// What the kind does not say.
        public var text: String?

        public init(_ status: UInt8, _ kind: EventKind, text: String? = nil) {
            self.status = status
            self.kind = kind
            self.text = text
        }
    }

    /// The statuses that are assigned; any other is `unknown`. What a person pressed is told; what
    /// a sensor sees of a usual day is telemetry. Panic of a smoke detector is smoke.
    public static let statuses: [StatusMeaning] = [
        StatusMeaning(Status.normal, .checkIn),
        StatusMeaning(0x01, .checkIn, text: "delayed"),
        StatusMeaning(0x02, .intrusion),
        StatusMeaning(0x03, .intrusion, text: "delayed"),
        StatusMeaning(0x04, .checkIn, text: "motion"),
        StatusMeaning(0x05, .inactivity, text: "no motion"),
        StatusMeaning(Status.panic, .sos),
        StatusMeaning(Status.endOfPanic, .sos),
        StatusMeaning(0x08, .checkIn, text: "infrared"),
        StatusMeaning(0x09, .unknown, text: "armed away"),
        StatusMeaning(0x0A, .unknown, text: "armed away, delayed"),
        StatusMeaning(0x0B, .unknown, text: "armed home"),
        StatusMeaning(0x0C, .unknown, text: "armed home, delayed"),
        StatusMeaning(0x0D, .unknown, text: "disarmed"),
        StatusMeaning(0x10, .checkIn, text: "light 1 off"),
        StatusMeaning(0x11, .checkIn, text: "light 1 on"),
        StatusMeaning(0x12, .checkIn, text: "light 2 off"),
        StatusMeaning(0x13, .checkIn, text: "light 2 on"),
        StatusMeaning(0x14, .checkIn, text: "dark"),
        StatusMeaning(0x15, .checkIn, text: "light"),
        StatusMeaning(0x16, .batteryLow),
        StatusMeaning(0x17, .serviceRequest, text: "pairing"),
    ]

    @inline(never)
    static func text(of status: UInt8) -> String? {
        statuses.first { $0.status == status }?.text
    }

    /// Lowest bits of ``EventDraft/heldConditions``: what every packet of a device says again.
    enum Held {
        static let tamper: UInt8 = 0
        static let batteryLow: UInt8 = 1
    }

    /// 9 is full. In practice devices send full, or this or less.
    static let lowBattery: UInt8 = 1
    static let fullBattery: UInt8 = 9
}
