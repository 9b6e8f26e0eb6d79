import AlarmModel

extension Watch {
    /// The first two letters of the messages that are read field by field.
    enum Keyword {
        static let linkKeep = letters("L", "K")
        static let position = letters("U", "D")
        static let alarm = letters("A", "L")
        static let watch = letters("W", "T")
        static let coordinates = letters("W", "G")
        static let address = letters("W", "A")

        /// The two letters.
        @inline(__always)
        static func text(_ keyword: UInt16) -> ShortText {
            ShortText(littleEndian: UInt64(keyword.byteSwapped), shortCount: 2)
        }

        @inline(__always)
        private static func letters(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> UInt16 {
            UInt16(UInt8(ascii: first)) << 8 | UInt16(UInt8(ascii: second))
        }
    }

    /// What one bit of the status means.
    public struct Condition: Equatable, Sendable {
        /// Nil for a state that is no alarm.
        public var kind: EventKind?
        /// Set for as long as it lasts.
        public var isHeld: Bool
        /// What the kind does not say.
        public var text: String?

        public init(_ kind: EventKind?, isHeld: Bool, text: String? = nil) {
            self.kind = kind
            self.isHeld = isHeld
            self.text = text
        }

        static let state = Condition(nil, isHeld: false)
        static let undescribed = Condition(.unknown, isHeld: false)
    }

    /// The row of an alarm that does not say which: no bit of the upper half is set.
    static let bareAlarm = 32
    static let alarmBits: UInt32 = 0xFFFF_0000

    /// The status, bit 0 first. The lower half is how things are, the upper half what happened.
    /// Bit 3 is told to be the strap by some and something else by others, bit 4 that the watch
    /// moves or rests; the options `status.N` say what a bit is on a model.
    public static let conditions: [Condition] = [
        Condition(.batteryLow, isHeld: true),
        Condition(.geofenceExit, isHeld: true),
        Condition(.geofenceEnter, isHeld: true),
        .state, .state, .state, .state, .state,
        .state, .state, .state, .state, .state, .state,
        Condition(.powerLost, isHeld: true),
        .state,
        Condition(.sos, isHeld: false),
        Condition(.batteryLow, isHeld: false),
        Condition(.geofenceExit, isHeld: false),
        Condition(.geofenceEnter, isHeld: false),
        Condition(.removed, isHeld: false),
        Condition(.fall, isHeld: false),
        Condition(.fall, isHeld: false, text: "fall or heart rate, by model"),
        .undescribed, .undescribed, .undescribed, .undescribed, .undescribed,
        .undescribed, .undescribed, .undescribed, .undescribed,
        Condition(.unknown, isHeld: false, text: "an alarm without its cause"),
    ]

    /// What a message is that is not read field by field.
    struct Other: Sendable {
        var kind: EventKind
        /// Nil when it is not answered.
        var answer: ShortText?
        /// Its content is worth reading.
        var isShown = false
    }

    /// By keyword in capitals: some watches write small letters.
    static let others: [String: Other] = [
        "INIT": Other(kind: .checkIn, answer: "INIT,1"),
        "TKQ": Other(kind: .checkIn, answer: "TKQ"),
        "TKQ2": Other(kind: .checkIn, answer: "TKQ2"),
        "TK": Other(kind: .serviceRequest, answer: "TK,1"),
        "TK2": Other(kind: .serviceRequest, answer: "TK,1"),
        "JXTK": Other(kind: .serviceRequest, answer: "JXTKR,1"),
        "IMG": Other(kind: .checkIn),
        "CONFIG": Other(kind: .checkIn),
        "ICCID": Other(kind: .checkIn),
        "VERNO": Other(kind: .checkIn),
        "PING": Other(kind: .checkIn),
        "RYIMEI": Other(kind: .checkIn),
        "HEART": Other(kind: .checkIn, isShown: true),
        "PULSE": Other(kind: .checkIn, isShown: true),
        "BPHRT": Other(kind: .checkIn, isShown: true),
        "BLOOD": Other(kind: .checkIn, isShown: true),
        "TEMP": Other(kind: .checkIn, isShown: true),
        "BTEMP2": Other(kind: .checkIn, isShown: true),
        "OXYGEN": Other(kind: .checkIn, isShown: true),
    ]
}
