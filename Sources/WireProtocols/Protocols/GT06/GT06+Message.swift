import AlarmModel

extension GT06 {
    public struct Message: Equatable, Sendable {
        public var type: UInt8
        public var serial: UInt16
        /// Begun with 79 79, and a length of two bytes.
        public var isLong: Bool
        public var body: Body

        @inline(__always)
        public init(type: UInt8, serial: UInt16, isLong: Bool = false, _ body: Body) {
            self.type = type
            self.serial = serial
            self.isLong = isLong
            self.body = body
        }
    }

    public enum Body: Equatable, Sendable {
        case login(Login)
        /// Place, state and alarm, as far as the type has them.
        case report(Report)
        /// The items of a modular frame.
        case modular([UInt8])
        /// A type that always has content, without: our own acknowledgement.
        case echo
        /// The content of any other type.
        case other([UInt8])
    }

    /// Who sends on this connection, and which time the device keeps.
    public struct Login: Equatable, Sendable {
        /// Sixteen digits of four bits: the IMEI with a zero in front.
        public var identity: UInt64
        /// Which kind of device it is, a number of the maker's.
        public var model: UInt16?
        /// Bits 4 to 15 are hours * 100 + minutes, bit 3 is set west of Greenwich, bits 0 and 1 are
        /// the language.
        public var zone: UInt16?

        public init(identity: UInt64, model: UInt16? = nil, zone: UInt16? = nil) {
            self.identity = identity
            self.model = model
            self.zone = model == nil ? nil : zone
        }
    }

    public struct Report: Equatable, Sendable {
        /// By the device's own clock, as if that were UTC; nil when it is no time.
        public var localTime: WallTime?
        public var place: Place?
        public var state: State?
        /// Alarm byte, and in the types that have it the high half of the language byte above it.
        /// 0 is none; nil where none was found.
        public var alarm: UInt16?
        /// 0 is the first fence.
        public var fence: UInt8?
        /// Sent once more, from what was kept.
        public var isLate: Bool

        @inline(__always)
        public init(
            localTime: WallTime? = nil, place: Place? = nil, state: State? = nil,
            alarm: UInt16? = nil, fence: UInt8? = nil, isLate: Bool = false
        ) {
            self.localTime = localTime
            self.place = place
            self.state = state
            self.alarm = alarm
            self.fence = fence
            self.isLate = isLate
        }
    }

    /// In the units of the wire.
    public struct Place: Equatable, Sendable {
        /// 1/1,800,000 degrees; the sign is a bit of `course`.
        public var latitude: UInt32
        public var longitude: UInt32
        /// km/h.
        public var speed: UInt8
        /// Bits 0 to 9 degrees clockwise from north, 10 north, 11 west, 12 fixed.
        public var course: UInt16

        @inline(__always)
        public init(latitude: UInt32, longitude: UInt32, speed: UInt8 = 0, course: UInt16) {
            self.latitude = latitude
            self.longitude = longitude
            self.speed = speed
            self.course = course
        }
    }

    public struct State: Equatable, Sendable {
        /// Bits 3 to 5 are a row of ``GT06/information``.
        public var information: UInt8
        /// 0 empty to 6 full; nil where the type has a voltage.
        public var batteryLevel: UInt8?
        /// 0 none to 4 strong.
        public var signalLevel: UInt8

        @inline(__always)
        public init(information: UInt8 = 0, batteryLevel: UInt8?, signalLevel: UInt8) {
            self.information = information
            self.batteryLevel = batteryLevel
            self.signalLevel = signalLevel
        }
    }

    /// What is around the content of a frame.
    struct Envelope {
        let type: UInt8
        let serial: UInt16
        let isLong: Bool
        let content: Range<Int>

        /// Nil when the frame is shorter than any.
        @inline(__always)
        init?(_ frame: Span<UInt8>) {
            guard let header = Header(frame), frame.count >= header.count &+ lengthMin &+ 2
            else { return nil }
            type = frame[header.count]
            content = header.count &+ 1..<frame.count &- 6
            serial = frame.uint16(at: content.upperBound)
            isLong = frame[0] == Mark.long
        }
    }

    @inline(__always)
    public static func parse(_ frame: Span<UInt8>) throws(DecodeError) -> Message {
        guard let envelope = Envelope(frame) else { throw .truncated }
        let content = frame.extracting(envelope.content)
        return Message(
            type: envelope.type, serial: envelope.serial, isLong: envelope.isLong,
            try Body(type: envelope.type, content))
    }
}

extension GT06.Body {
    @inline(__always)
    init(type: UInt8, _ content: Span<UInt8>) throws(DecodeError) {
        switch GT06.layout(of: type) {
        case .unknown, .sign: self = .other(content.array())
        case _ where content.isEmpty: self = .echo
        case .modular: self = .modular(content.array())
        case .login: self = .login(try GT06.Login(content))
        case .location, .alarm, .heartbeat, .cellAlarm, .accessPointAlarm, .timed:
            guard let report = GT06.Report(type: type, content) else { throw .truncated }
            self = .report(report)
        }
    }
}

extension GT06.Login {
    init(_ content: Span<UInt8>) throws(DecodeError) {
        guard content.count >= 8 else { throw .truncated }
        self.init(
            identity: content.uint64(at: 0),
            model: content.count >= 10 ? content.uint16(at: 8) : nil,
            zone: content.count >= 12 ? content.uint16(at: 10) : nil)
    }

    /// The IMEI in fifteen digits; what is none stands in all its sixteen, in lower case.
    var address: ShortText {
        var text = ShortText()
        let first: UInt64 = identity >> 60 == 0 ? 56 : 60
        for shift in stride(from: first, through: 0, by: -4) {
            text.append(hexDigit(UInt8(truncatingIfNeeded: identity >> shift)))
        }
        return text
    }

    /// What the device's clock is ahead of UTC; nothing where the login does not say, or says what
    /// no place on earth has.
    var clockOffset: TimeSpan {
        let zone = Int64(zone ?? 0)
        let hours = (zone >> 4) / 100
        let minutes = (zone >> 4) % 100
        guard hours <= 14, minutes < 60 else { return .seconds(0) }
        let seconds = (hours * 60 + minutes) * 60
        return .seconds(zone & 8 == 0 ? seconds : -seconds)
    }
}
