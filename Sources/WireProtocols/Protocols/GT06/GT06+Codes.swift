import AlarmModel

extension GT06 {
    /// The types that are treated in a way of their own.
    enum TypeID {
        static let login: UInt8 = 0x01
        static let heartbeat: UInt8 = 0x13
        static let commandAnswer: UInt8 = 0x15
        static let longCommandAnswer: UInt8 = 0x21
        static let location: UInt8 = 0x22
        static let alarm: UInt8 = 0x26
        static let commands: ClosedRange<UInt8> = 0x80...0x82
        static let timeRequest: UInt8 = 0x8A
        static let address: UInt8 = 0x97
    }

    /// How the content of a type is laid out.
    enum Layout: Equatable {
        case login
        /// Information, battery in so many bytes, signal, alarm, language.
        case heartbeat(batteryBytes: Int)
        /// Time and place, then a cell; behind it ignition, cause and whether it was kept back.
        case location(tellsLate: Bool, isWide: Bool)
        /// Time and place, a cell with its length in front, then as a heartbeat.
        case alarm(tellsFence: Bool)
        /// A cell, then as a heartbeat.
        case cellAlarm(isWide: Bool)
        /// Time, cells and access points; alarm and language at the end.
        case accessPointAlarm
        /// Time in front of what is not read.
        case timed
        /// Items of id, length and value.
        case modular
        /// What holds no alarm and is not read.
        case sign
        /// What may hold anything.
        case unknown
    }

    @inline(always)
    static func layout(of type: UInt8) -> Layout {
        switch type {
        case TypeID.login: .login
        case TypeID.heartbeat: .heartbeat(batteryBytes: 1)
        case 0x23: .heartbeat(batteryBytes: 2)
        case TypeID.location, 0x2D, 0x37: .location(tellsLate: true, isWide: false)
        case 0xA0: .location(tellsLate: true, isWide: true)
        case 0x10, 0x11, 0x12, 0x1A, 0x1E, 0x2A, 0x31: .location(tellsLate: false, isWide: false)
        case 0x16, TypeID.alarm, 0xA3: .alarm(tellsFence: false)
        case 0x27, 0xA4: .alarm(tellsFence: true)
        case 0x19: .cellAlarm(isWide: false)
        case 0xA5: .cellAlarm(isWide: true)
        case 0xA9: .accessPointAlarm
        case 0x18, 0x24, 0x28, 0x2C, 0x2E, 0xA1, 0xA2: .timed
        case 0x70: .modular
        case TypeID.commandAnswer, TypeID.longCommandAnswer, 0x14, 0x17, 0x69,
            TypeID.timeRequest, 0x94, TypeID.address, TypeID.commands:
            .sign
        default: .unknown
        }
    }

    /// The older types, whose time is that of the zone in the login; the newer ones send UTC.
    static func isLocalTime(_ type: UInt8) -> Bool {
        switch type {
        case 0x10, 0x11, 0x12, 0x16, 0x1A, 0x1E: true
        default: false
        }
    }

    /// False for a device's own answers, and for an echo of what only a station sends: two that
    /// answer each other would not end.
    static func isAnswered(_ type: UInt8) -> Bool {
        switch type {
        case TypeID.commandAnswer, TypeID.longCommandAnswer, TypeID.address, TypeID.commands: false
        default: true
        }
    }

    /// In these types the high half of the language byte is the high part of the alarm.
    static func hasLongAlarms(_ type: UInt8) -> Bool {
        type == 0x27 || type == 0xA4 || type == 0xA9
    }

    /// What a code means.
    public struct Meaning: Equatable, Sendable {
        /// Nil for what is no alarm, and stands with its text in the telemetry.
        public var kind: EventKind?
        /// What the kind does not say.
        public var text: String?

        public init(_ kind: EventKind?, text: String? = nil) {
            self.kind = kind
            self.text = text
        }

        static let undescribed = Meaning(.unknown)
    }

    /// The alarm byte. What it can say besides is `unknown`.
    public static func meaning(ofAlarm code: UInt16) -> Meaning {
        code < 256 ? alarmTable[Int(code)] : .undescribed
    }

    private static let alarmTable = (UInt16(0)..<256).map { alarms[$0] ?? .undescribed }

    /// Alarms of what lasts.
    enum AlarmID {
        static let powerCut: UInt16 = 0x02
        static let batteryLow: UInt16 = 0x19
    }

    /// 0 is no alarm, and has no row. Driving is `unknown`: shown, with its text.
    static let alarms: [UInt16: Meaning] = [
        0x01: Meaning(.sos),
        AlarmID.powerCut: Meaning(.powerLost),
        0x03: Meaning(.unknown, text: "vibration"),
        0x04: Meaning(.geofenceEnter),
        0x05: Meaning(.geofenceExit),
        0x06: Meaning(.unknown, text: "overspeed"),
        0x09: Meaning(.unknown, text: "moved"),
        0x0A: Meaning(nil, text: "entered a GNSS blind area"),
        0x0B: Meaning(nil, text: "left a GNSS blind area"),
        0x0C: Meaning(nil, text: "switched on"),
        0x0D: Meaning(nil, text: "first fix"),
        0x0E: Meaning(.batteryLow, text: "external battery"),
        0x0F: Meaning(.batteryLow, text: "external battery, protection"),
        0x10: Meaning(.tamper, text: "SIM changed"),
        0x11: Meaning(.powerLost, text: "switched off"),
        0x12: Meaning(.communicationFault, text: "flight mode after low battery"),
        0x13: Meaning(.tamper),
        0x14: Meaning(.intrusion, text: "door"),
        0x15: Meaning(.powerLost, text: "switched off, battery empty"),
        0x16: Meaning(.unknown, text: "sound"),
        0x17: Meaning(.communicationFault, text: "rogue base station"),
        0x18: Meaning(.tamper, text: "cover removed"),
        AlarmID.batteryLow: Meaning(.batteryLow),
        0x20: Meaning(nil, text: "deep sleep"),
        0x23: Meaning(.fall),
        0x25: Meaning(.tamper),
        0x29: Meaning(.unknown, text: "hard acceleration"),
        0x2A: Meaning(.unknown, text: "sharp turn to the left"),
        0x2B: Meaning(.unknown, text: "sharp turn to the right"),
        0x2C: Meaning(.helpNeeded, text: "collision"),
        0x30: Meaning(.unknown, text: "hard braking"),
        0x32: Meaning(.removed),
        0xFE: Meaning(nil, text: "ignition on"),
        0xFF: Meaning(nil, text: "ignition off"),
    ]

    /// One value of bits 3 to 5 of the information byte.
    struct Information: Sendable {
        var meaning: Meaning
        /// Alarms that say the same; with one of them this one is not told once more.
        var sameAs: [UInt16]
    }

    static let powerCutInformation: UInt8 = 2
    static let batteryLowInformation: UInt8 = 3

    /// Row n is value n; 0 is none. An exit must not be hidden: a fence without a direction was
    /// left.
    static let information: [Information] = [
        Information(meaning: Meaning(nil), sameAs: []),
        Information(meaning: Meaning(.unknown, text: "vibration"), sameAs: [0x03]),
        Information(meaning: Meaning(.powerLost), sameAs: [0x02]),
        Information(meaning: Meaning(.batteryLow), sameAs: [0x0E, 0x19]),
        Information(meaning: Meaning(.sos), sameAs: [0x01]),
        Information(meaning: .undescribed, sameAs: []),
        Information(
            meaning: Meaning(.geofenceExit, text: "direction unknown"), sameAs: [0x04, 0x05]),
        Information(meaning: Meaning(.removed), sameAs: [0x32]),
    ]

    /// Items of a modular frame.
    enum ItemID {
        static let event: UInt16 = 0x2B
        static let place: UInt16 = 0x33
        static let alarm: UInt16 = 0x34
    }

    /// The first byte of item 0x34.
    static let modularAlarms: [UInt8: Meaning] = [
        0x12: Meaning(.removed),
        0x14: Meaning(.geofenceEnter),
        0x15: Meaning(.geofenceExit),
        0x1A: Meaning(.batteryLow),
        0x1C: Meaning(nil, text: "switched on"),
        0x1D: Meaning(.powerLost, text: "switched off"),
        0x23: Meaning(.tamper),
    ]

    /// Item 0x2B.
    static let modularEvents: [UInt8: Meaning] = [
        0x11: Meaning(.batteryLow),
        0x12: Meaning(.batteryLow, text: "external battery"),
        0x13: Meaning(.powerLost),
        0x14: Meaning(.removed),
    ]
}
