import AlarmModel

extension EV07B {
    /// Commands: the first byte of a body.
    public enum Command {
        public static let data: UInt8 = 0x01
        public static let configuration: UInt8 = 0x02
        public static let services: UInt8 = 0x03
        public static let systemControl: UInt8 = 0x04
        public static let debug: UInt8 = 0x06
        public static let firmware: UInt8 = 0x7E
        public static let response: UInt8 = 0x7F
    }

    /// Records, by their key.
    enum Key {
        static let imei: UInt8 = 0x01
        static let alarm: UInt8 = 0x02
        /// Of the command 03.
        static let heartbeat: UInt8 = 0x10
        static let addressRequest: UInt8 = 0x11
        static let timeRequest: UInt8 = 0x12
        static let weatherRequest: UInt8 = 0x13
        /// Percent and millivolts; of another length it is something else.
        static let battery: UInt8 = 0x14
        static let gps: UInt8 = 0x20
        static let blePlace: UInt8 = 0x23
        static let general: UInt8 = 0x24
        static let blePlaceHigh: UInt8 = 0x26
        static let estimate: UInt8 = 0x27
        static let beacon: UInt8 = 0x28
        static let homeWiFi: UInt8 = 0x2A
        static let beaconWithBattery: UInt8 = 0x2C
    }

    /// The kind of a message whose records the station does not read. Only commands that cannot
    /// hold an alarm are mere signs of life; whatever else a device says is kept for a person to
    /// see.
    static func kind(ofCommand command: UInt8) -> EventKind {
        switch command {
        case Command.configuration, Command.systemControl, Command.debug, Command.firmware,
            Command.response:
            .checkIn
        default: .unknown
        }
    }

    /// What one bit of the alarm words means.
    public struct AlarmBit: Equatable, Sendable {
        public var kind: EventKind
        /// The bit says that it is over.
        public var isRestored: Bool
        public var fence: ShortText
        /// What the kind does not say.
        public var text: String?

        public init(
            _ kind: EventKind, isRestored: Bool = false, fence: ShortText = ShortText(),
            text: String? = nil
        ) {
            self.kind = kind
            self.isRestored = isRestored
            self.fence = fence
            self.text = text
        }
    }

    static let sosBit = 12
    /// Of the fences 1 to 4: something happened at the fence, and the wearer is inside now.
    static let fenceBits: ClosedRange<Int> = 4...7
    static let insideBits: ClosedRange<Int> = 26...29

    /// The alarm bits that count: of a fence with both bits only the one that says "entered".
    @inline(__always)
    static func telling(_ bits: UInt64) -> UInt64 {
        let inside: UInt64 = 0xF << UInt64(insideBits.lowerBound)
        let distance = UInt64(insideBits.lowerBound - fenceBits.lowerBound)
        return bits & ~((bits & inside) >> distance)
    }

    /// The alarm word, bit 0 first, and then the extended word. Bits not listed have no meaning
    /// that was published.
    ///
    /// Charging and the daily upload are signs of life. What matters to nobody but the one who
    /// set it up is `unknown`: shown, with its text, and hidden behind nothing.
    public static let alarmBits: [AlarmBit] = {
        let listed = [
            AlarmBit(.batteryLow),
            AlarmBit(.unknown, text: "overspeed"),
            AlarmBit(.fall),
            AlarmBit(.helpNeeded, text: "tilt"),
            AlarmBit(.geofenceExit, fence: "1"),
            AlarmBit(.geofenceExit, fence: "2"),
            AlarmBit(.geofenceExit, fence: "3"),
            AlarmBit(.geofenceExit, fence: "4"),
            AlarmBit(.powerLost, text: "switched off"),
            AlarmBit(.powerLost, isRestored: true, text: "switched on"),
            AlarmBit(.unknown, text: "motion"),
            AlarmBit(.inactivity),
            AlarmBit(.sos),
            AlarmBit(.helpNeeded, text: "call button 1"),
            AlarmBit(.helpNeeded, text: "call button 2"),
            AlarmBit(.checkIn, text: "charging started"),
            AlarmBit(.checkIn, text: "charging stopped"),
            AlarmBit(.sos, isRestored: true),
            AlarmBit(.helpNeeded, text: "amber alert"),
            AlarmBit(.helpNeeded, text: "welfare check"),
            AlarmBit(.helpNeeded, isRestored: true, text: "amber alert"),
            AlarmBit(.fall, isRestored: true),
            AlarmBit(.helpNeeded, isRestored: true, text: "welfare check"),
            AlarmBit(.checkIn, text: "daily upload"),
            AlarmBit(.geofenceExit, fence: "home"),
            AlarmBit(.geofenceEnter, fence: "home"),
            AlarmBit(.geofenceEnter, fence: "1"),
            AlarmBit(.geofenceEnter, fence: "2"),
            AlarmBit(.geofenceEnter, fence: "3"),
            AlarmBit(.geofenceEnter, fence: "4"),
            AlarmBit(.communicationFault, text: "Bluetooth disconnected"),
            AlarmBit(.unknown, text: "bark"),
            AlarmBit(.removed),
        ]
        return listed + [AlarmBit](repeating: AlarmBit(.unknown), count: 64 - listed.count)
    }()
}
