import AlarmModel

extension Queclink {
    /// What a report means.
    public struct Meaning: Equatable, Sendable {
        public var name: ReportName
        /// Of reports that differ by their type; nil stands for every other.
        public var type: UInt8?
        /// `position` and `checkIn` are reports that tell no event.
        public var kind: EventKind
        public var isRestored: Bool
        /// What the kind does not say.
        public var text: String?

        init(
            _ name: StaticString, type: UInt8? = nil, _ kind: EventKind, isRestored: Bool = false,
            text: String? = nil
        ) {
            self.name = ReportName(name)
            self.type = type
            self.kind = kind
            self.isRestored = isRestored
            self.text = text
        }
    }

    /// Reports by name, the most frequent first; of several rows with a name the first counts whose
    /// type fits. A name that is not here is `unknown`, for no bit of what a device says is hidden.
    public static let meanings: [Meaning] = [
        Meaning("FRI", .position),
        Meaning("SOS", .sos),
        Meaning("GEO", type: 0, .geofenceExit),
        Meaning("GEO", type: 1, .geofenceEnter),
        Meaning("GEO", .geofenceExit, text: "direction unknown"),
        Meaning("NMR", type: 1, .inactivity, isRestored: true),
        Meaning("NMR", .inactivity),
        Meaning("BPL", .batteryLow),
        Meaning("PFA", .powerLost, text: "switched off"),
        Meaning("PNA", .powerLost, isRestored: true, text: "switched on"),
        Meaning("EPF", .powerLost, text: "external power"),
        Meaning("EPN", .powerLost, isRestored: true, text: "external power"),
        Meaning("MPF", .powerLost, text: "main power"),
        Meaning("MPN", .powerLost, isRestored: true, text: "main power"),
        Meaning("JDR", .communicationFault, text: "jamming"),
        Meaning("JDS", .communicationFault, text: "jamming"),
        Meaning("SPD", type: 0, .unknown, text: "speed outside the range"),
        Meaning("SPD", type: 1, .unknown, text: "speed inside the range"),
        Meaning("SPD", .unknown, text: "speed"),
        Meaning("TEM", .unknown, text: "temperature"),
        Meaning("DIS", .unknown, text: "digital input"),
        Meaning("BTC", .checkIn, text: "charging started"),
        Meaning("STC", .checkIn, text: "charging stopped"),
        Meaning("SWG", .checkIn, text: "fence 0 switched"),
        Meaning("DOG", .checkIn, text: "restarted by its watchdog"),
        Meaning("LBC", .checkIn, text: "located by a call"),
        Meaning("ERI", .position),
        Meaning("RTL", .position),
        Meaning("PNL", .position),
        Meaning("STT", .position),
        Meaning("IGN", .position),
        Meaning("IGF", .position),
        Meaning("IGL", .position),
        Meaning("INF", .position),
        Meaning("GPS", .position),
        Meaning("GSM", .position),
        Meaning("ALL", .position),
        Meaning("CID", .position),
        Meaning("CSQ", .position),
        Meaning("VER", .position),
        Meaning("BAT", .position),
        Meaning("TMZ", .position),
        Meaning("PDP", .position),
        Meaning("UPC", .position),
    ]

    /// The row of a report, nil when its name is unknown.
    @inline(__always)
    static func meaningIndex(of message: Message) -> Int? {
        meanings.firstIndex {
            $0.name == message.name && ($0.type == nil || $0.type == message.type)
        }
    }

    /// Types of devices, the front of the version, whose information report has the battery's
    /// percentage behind the time of the last fix: GL200, GL300, GL300W, GL300VC, GL300M.
    private static let batteryTypes = ["02", "21", "1A", "30", "2C", "28", "F5"]

    static func saysBattery(_ version: ShortText) -> Bool {
        version.count == 6 && batteryTypes.contains(String(version.string.prefix(2)))
    }
}
