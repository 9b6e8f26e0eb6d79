import AlarmModel

extension JTT808 {
    /// Messages, by the id in their header.
    enum ID {
        static let terminalAnswer: UInt16 = 0x0001
        static let heartbeat: UInt16 = 0x0002
        static let logout: UInt16 = 0x0003
        static let registration: UInt16 = 0x0100
        static let authentication: UInt16 = 0x0102
        static let parameters: UInt16 = 0x0104
        static let attributes: UInt16 = 0x0107
        static let upgradeResult: UInt16 = 0x0108
        static let timeRequest: UInt16 = 0x0109
        static let locationReport: UInt16 = 0x0200
        static let locationAnswer: UInt16 = 0x0201
        static let locationBatch: UInt16 = 0x0704
        static let multimedia: UInt16 = 0x0801
        static let generalAnswer: UInt16 = 0x8001
        static let registrationAnswer: UInt16 = 0x8100
        /// What only a platform sends. Coming in, it is an echo of ours.
        static let downlink: ClosedRange<UInt16> = 0x8000...0x8FFF
    }

    /// The last byte of a general answer.
    enum Result: UInt8 {
        case accepted = 0
        case badMessage = 2
        case notSupported = 3
    }

    /// The kind of a message whose body the station does not read. Only ids that cannot hold an
    /// alarm are mere signs of life; whatever else a terminal says is kept for a person to see.
    static func kind(ofMessage id: UInt16) -> EventKind {
        switch id {
        case ID.terminalAnswer, ID.logout, ID.registration, ID.authentication, ID.parameters,
            ID.attributes, ID.upgradeResult, ID.timeRequest, ID.multimedia:
            .checkIn
        default: .unknown
        }
    }

    /// What one bit of the alarm word means.
    public struct AlarmBit: Equatable, Sendable {
        public var kind: EventKind
        /// Set for as long as the condition lasts; otherwise until the station has answered.
        public var isHeld: Bool
        /// What the kind does not say.
        public var text: String?

        public init(_ kind: EventKind, isHeld: Bool, text: String? = nil) {
            self.kind = kind
            self.isHeld = isHeld
            self.text = text
        }
    }

    /// The standard has terminals keep the time of China, GMT+8.
    static let standardClockOffsetMinutes = 480

    static let areaBit = 20
    static let routeBit = 21

    /// The alarm word, bit 0 first. Bits 15, 16, 17 and 31 differ between editions and makers, so
    /// they have no text; the options `alarm.N` say what they are on a model.
    ///
    /// A collision, a rollover and the danger warning are calls to look after a person. What
    /// matters to a driver only is `unknown`: shown, with its text, and hidden behind nothing.
    public static let alarmBits: [AlarmBit] = [
        AlarmBit(.sos, isHeld: false),
        AlarmBit(.unknown, isHeld: true, text: "overspeed"),
        AlarmBit(.unknown, isHeld: true, text: "fatigue driving"),
        AlarmBit(.helpNeeded, isHeld: false, text: "danger warning"),
        AlarmBit(.deviceFault, isHeld: true, text: "GNSS module fault"),
        AlarmBit(.deviceFault, isHeld: true, text: "GNSS antenna open"),
        AlarmBit(.deviceFault, isHeld: true, text: "GNSS antenna short circuit"),
        AlarmBit(.batteryLow, isHeld: true),
        AlarmBit(.powerLost, isHeld: true),
        AlarmBit(.deviceFault, isHeld: true, text: "display fault"),
        AlarmBit(.deviceFault, isHeld: true, text: "speech fault"),
        AlarmBit(.deviceFault, isHeld: true, text: "camera fault"),
        AlarmBit(.deviceFault, isHeld: true, text: "card reader fault"),
        AlarmBit(.unknown, isHeld: true, text: "overspeed warning"),
        AlarmBit(.unknown, isHeld: true, text: "fatigue warning"),
        AlarmBit(.unknown, isHeld: true),
        AlarmBit(.unknown, isHeld: true),
        AlarmBit(.unknown, isHeld: true),
        AlarmBit(.unknown, isHeld: true, text: "driving time of the day exceeded"),
        AlarmBit(.unknown, isHeld: true, text: "parked too long"),
        AlarmBit(.geofenceExit, isHeld: false),
        AlarmBit(.geofenceExit, isHeld: false),
        AlarmBit(.unknown, isHeld: false, text: "time on a route section"),
        AlarmBit(.unknown, isHeld: true, text: "off route"),
        AlarmBit(.deviceFault, isHeld: true, text: "speed sensor fault"),
        AlarmBit(.unknown, isHeld: true, text: "fuel abnormal"),
        AlarmBit(.unknown, isHeld: true, text: "stolen"),
        AlarmBit(.unknown, isHeld: false, text: "illegal ignition"),
        AlarmBit(.unknown, isHeld: false, text: "illegal displacement"),
        AlarmBit(.helpNeeded, isHeld: true, text: "collision"),
        AlarmBit(.helpNeeded, isHeld: true, text: "rollover"),
        AlarmBit(.unknown, isHeld: false),
    ]
}
