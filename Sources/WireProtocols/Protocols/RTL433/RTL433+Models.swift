import AlarmModel

extension RTL433 {
    /// A model of device, and what its lines mean.
    public struct Model: Sendable {
        public var name: ShortText
        /// Of models whose lines differ by one of these; the first model that fits counts.
        public var condition: Condition?
        public var rules: [Rule]
        /// Its lines say each time what still holds.
        let isHolding: Bool

        init(_ name: ShortText, when condition: Condition? = nil, _ rules: [Rule]) {
            self.name = name
            self.condition = condition
            self.rules = rules
            isHolding = rules.contains { $0.heldBit != nil }
        }

    }

    public enum Condition: Equatable, Sendable {
        case idStarts(with: UInt8)
        case has(Key, ShortText)
    }

    /// What one member of a line means. Of the rules for a member the first counts whose test it
    /// passes; the rules for others count beside it.
    public struct Rule: Sendable {
        public var key: Key
        public var test: Test
        public var kind: EventKind
        /// What somebody pressed, or a detector found: the option `device` of its id says what that
        /// means on the site.
        public var isCall: Bool
        /// Said again in every line for as long as it lasts: see ``EventDraft/heldBit``.
        public var heldBit: UInt8?
        /// What the kind does not say.
        public var text: String?

        init(
            _ key: Key, _ test: Test, _ kind: EventKind, isCall: Bool = false,
            heldBit: UInt8? = nil, text: String? = nil
        ) {
            self.key = key
            self.test = test
            self.kind = kind
            self.isCall = isCall
            self.heldBit = heldBit
            self.text = text
        }
    }

    public enum Test: Equatable, Sendable {
        case text(ShortText)
        /// The number without the bits that are not in the mask.
        case number(UInt32, mask: UInt32)
        /// The same of a number in hexadecimal digits.
        case hex(UInt32, mask: UInt32)
        /// A number that is not 0, or `true`.
        case isSet
        /// 0, `false`, or a level of a tenth and less.
        case isLow
        case any
        /// Anything, where no rule before it has found a call.
        case noCall
    }

    static let battery = Rule(.batteryOK, .isLow, .batteryLow, heldBit: 0)
    static let tamper = Rule(.tamper, .isSet, .tamper, heldBit: 1)

    static func isOpen(
        _ key: Key, _ kind: EventKind, text: String? = nil
    ) -> Rule {
        Rule(key, .text("OPEN"), kind, isCall: true, text: text)
    }

    /// The models that can call for help, and those that are met beside them. Any other is told as
    /// a check-in unless it says itself that something is wrong: see ``alarmingKeys``.
    public static let models: [Model] =
        x10 + chuango + kerui + interlogix + panels + yale + detectors + remotes

    /// `code` holds the low battery in its lowest bit.
    private static let x10 = [
        Model(
            "X10-Security",
            [
                Rule(.code, .hex(0x26, mask: 0xFE), .sos, isCall: true),
                Rule(.code, .hex(0x88, mask: 0xFE), .sos, isCall: true),
                Rule(.code, .hex(0x98, mask: 0xFE), .sos, isCall: true, text: "held 3 s"),
                Rule(.code, .hex(0x06, mask: 0xFE), .unknown, text: "armed"),
                Rule(.code, .hex(0x86, mask: 0xFE), .unknown, text: "disarmed"),
                Rule(.code, .hex(0x82, mask: 0xFE), .unknown, text: "disarmed"),
                Rule(.code, .hex(0x42, mask: 0x7A), .checkIn, text: "lights"),
                Rule(.code, .hex(0x00, mask: 0xBA), .checkIn, isCall: true, text: "open"),
                Rule(.code, .hex(0x80, mask: 0xBA), .checkIn, text: "closed"),
                Rule(.code, .hex(0x0C, mask: 0xBE), .checkIn, isCall: true, text: "motion"),
                Rule(.code, .hex(0x8C, mask: 0xBE), .checkIn, text: "no motion"),
                Rule(.code, .any, .unknown),
                battery, tamper,
            ])
    ]

    private static let chuango = [
        Model(
            "Chuango-Security",
            [
                Rule(.commandID, .text("0"), .test),
                Rule(.commandID, .text("1"), .unknown, text: "disarmed"),
                Rule(.commandID, .text("2"), .sos, isCall: true),
                Rule(.commandID, .text("3"), .tamper),
                Rule(.commandID, .text("4"), .unknown, text: "armed home"),
                Rule(.commandID, .text("5"), .checkIn, isCall: true, text: "on"),
                Rule(.commandID, .text("6"), .checkIn, isCall: true, text: "home mode zone"),
                Rule(.commandID, .text("7"), .checkIn, isCall: true, text: "normal zone"),
                Rule(.commandID, .text("8"), .unknown, text: "armed"),
                Rule(.commandID, .text("10"), .checkIn, isCall: true, text: "delayed zone"),
                Rule(
                    .commandID, .text("11"), .smoke, isCall: true,
                    text: "24 h zone: smoke, gas or water"),
                Rule(.commandID, .text("13"), .batteryLow),
                Rule(.commandID, .any, .unknown),
            ])
    ]

    private static let kerui = [
        Model(
            "Kerui-Security",
            [
                Rule(.state, .text("water"), .flood, isCall: true),
                Rule(.state, .text("tamper"), .tamper),
                Rule(.state, .text("battery"), .batteryLow),
                Rule(.state, .text("motion"), .checkIn, isCall: true, text: "motion"),
                Rule(.state, .text("open"), .checkIn, isCall: true, text: "open"),
                Rule(.state, .text("close"), .checkIn, text: "closed"),
                Rule(.state, .any, .unknown),
            ])
    ]

    /// The first digit of the id is the type of device, which rtl_433 names only in part.
    private static let interlogix = [
        Model(
            "Interlogix-Security", when: .idStarts(with: UInt8(ascii: "3")),
            [
                // Nobody has published which of its switches a panic button uses.
                isOpen(.switch1, .sos), isOpen(.switch2, .sos), isOpen(.switch3, .sos),
                isOpen(.switch4, .sos), isOpen(.switch5, .sos),
                battery,
                Rule(.subtype, .noCall, .unknown, isCall: true, text: "panic button"),
            ]),
        Model(
            "Interlogix-Security", when: .idStarts(with: UInt8(ascii: "2")),
            [
                isOpen(.switch1, .smoke), isOpen(.switch2, .smoke), isOpen(.switch4, .smoke),
                isOpen(.switch5, .smoke), openCover, battery,
            ]),
        Model(
            "Interlogix-Security", when: .idStarts(with: UInt8(ascii: "6")),
            [
                isOpen(.switch1, .fire, text: "heat"), isOpen(.switch2, .fire, text: "heat"),
                openCover, battery,
            ]),
        Model(
            "Interlogix-Security", when: .idStarts(with: UInt8(ascii: "f")),
            [
                // Of a key fob a pressed button is closed, and the fifth stands for two at once.
                Rule(.switch5, .text("CLOSED"), .sos, isCall: true, text: "two buttons"),
                Rule(.switch1, .text("CLOSED"), .unknown, isCall: true, text: "button 1"),
                Rule(.switch2, .text("CLOSED"), .unknown, isCall: true, text: "button 2"),
                Rule(.switch3, .text("CLOSED"), .unknown, isCall: true, text: "button 3"),
                Rule(.switch4, .text("CLOSED"), .unknown, isCall: true, text: "button 4"),
            ]),
        Model("Interlogix-Security", when: .idStarts(with: UInt8(ascii: "a")), contact),
        Model("Interlogix-Security", when: .idStarts(with: UInt8(ascii: "4")), contact),
        Model(
            "Interlogix-Security",
            [isOpen(.switch1, .unknown), isOpen(.switch2, .unknown), openCover, battery]),
    ]

    private static let contact = [
        isOpen(.switch1, .checkIn, text: "open"), isOpen(.switch2, .checkIn, text: "open"),
        openCover, battery,
    ]

    private static let openCover = Rule(.switch3, .text("OPEN"), .tamper, heldBit: 1)

    /// What belongs to burglar alarms, pendants among it that look like any other sensor.
    private static let panels = [
        Model("Visonic-Powercode", [Rule(.alarm, .isSet, .sos, isCall: true), tamper, battery]),
        Model(
            "Honeywell-Security",
            [
                Rule(.alarm, .isSet, .unknown, isCall: true),
                Rule(.contactOpen, .isSet, .checkIn, isCall: true, text: "open"), tamper, battery,
            ]),
        // Without an event it is a heartbeat.
        Model("DSC-Security", when: .has(.event, "1"), [openDSC, tamper, battery]),
        Model("DSC-Security", [tamper, battery]),
        Model("DSC-Security-WS4945", when: .has(.event, "1"), [openDSC, tamper, battery]),
        Model("DSC-Security-WS4945", [tamper, battery]),
        Model(
            "SimpliSafe-Keypad",
            [
                Rule(.extraData, .text("Keypad Panic Button"), .sos, isCall: true),
                Rule(.extraData, .any, .checkIn, text: "keypad"),
            ]),
        Model(
            "SimpliSafe-Sensor",
            [
                Rule(.state, .text("1"), .checkIn, isCall: true, text: "open"),
                Rule(.state, .text("2"), .checkIn, text: "closed"),
                Rule(.state, .text("3"), .checkIn, text: "alarm off"),
                Rule(.state, .any, .unknown, isCall: true),
            ]),
    ]

    private static let openDSC = Rule(.closed, .isLow, .checkIn, isCall: true, text: "open")

    /// Contacts and motion sensors by their type; what else there is may be a button.
    private static let yale =
        ["172", "173", "21"].map {
            Model(
                "Yale-HSA", when: .has(.sensorType, $0),
                [Rule(.event, .text("1"), .checkIn, isCall: true)] + yaleService)
        } + [
            Model("Yale-HSA", [Rule(.event, .text("1"), .unknown, isCall: true)] + yaleService)
        ]

    private static let yaleService = [
        Rule(.event, .text("3"), .serviceRequest, text: "pairing"),
        Rule(.event, .text("4"), .tamper, text: "tamper or low battery"),
        Rule(.event, .any, .unknown),
    ]

    private static let detectors = [
        Model(
            "Cavius-Security",
            [
                // 8 is the low battery, of which there is a member of its own.
                Rule(.message, .number(32, mask: ~8), .fire, isCall: true),
                Rule(.message, .number(16, mask: ~8), .flood, isCall: true, text: "warning"),
                Rule(.message, .number(64, mask: ~8), .test),
                Rule(.message, .number(4, mask: ~8), .checkIn, text: "muted"),
                Rule(.message, .number(128, mask: ~8), .serviceRequest, text: "pairing"),
                Rule(.message, .number(0, mask: ~8), .checkIn),
                Rule(.message, .any, .unknown),
                battery,
            ]),
        Model(
            "Smoke-GS558",
            [
                Rule(.learn, .isSet, .serviceRequest, text: "pairing"),
                Rule(.learn, .any, .smoke, isCall: true),
            ]),
        Model(
            "Govee-Water",
            [
                Rule(.event, .text("Water Leak"), .flood, isCall: true),
                Rule(.event, .text("Button Press"), .checkIn, isCall: true, text: "button"),
                Rule(.event, .text("Battery Report"), .checkIn),
                Rule(.event, .text("Heartbeat"), .checkIn),
                Rule(.event, .any, .unknown),
                Rule(.batteryOK, .isLow, .batteryLow),
            ]),
    ]

    /// Buttons that are sold for any purpose: an alarm only where the site says so.
    private static let remotes = [
        Model("Generic-Remote", [Rule(.cmd, .any, .checkIn, isCall: true, text: "not learned")]),
        Model(
            "Microchip-HCS200",
            [
                Rule(.button, .any, .checkIn, isCall: true, text: "not learned"),
                Rule(.batteryOK, .isLow, .batteryLow),
            ]),
        Model(
            "Honeywell-ActivLink",
            [
                Rule(.alert, .text("Full"), .sos, isCall: true, text: "loudest chime"),
                Rule(.alert, .any, .checkIn, isCall: true, text: "chime"),
                Rule(.tampered, .isSet, .tamper, heldBit: 1), battery,
            ]),
    ]

    /// What a model that is not in the table is believed when it is set.
    static let alarmingKeys: [Key] = [
        .sos, .panic, .emergency, .alarm, .fire, .smoke, .gas, .leak, .water,
    ]

    /// What in a member of such a model is taken for a call, in capital letters.
    static let alarmingWords: [ShortText] = [
        "SOS", "PANIC", "EMERGENCY", "ALARM", "FIRE", "SMOKE", "LEAK",
    ]
}
