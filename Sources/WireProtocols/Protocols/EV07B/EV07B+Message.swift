import AlarmModel

extension EV07B {
    public struct Message: Equatable, Sendable {
        public var header: Header
        /// IMEI, 15 digits; empty where the frame does not name its device.
        public var address: ShortText
        public var requests: Requests
        /// Its records do not add up: one that said an alarm may be missing.
        public var isDamaged: Bool
        public var body: Body

        public init(
            _ header: Header, address: ShortText = ShortText(), requests: Requests = [],
            isDamaged: Bool = false, _ body: Body
        ) {
            self.header = header
            self.address = address
            self.requests = requests
            self.isDamaged = isDamaged
            self.body = body
        }
    }

    public struct Header: Equatable, Sendable {
        /// Bits 0-3 version, 4 an answer is wanted, 5 a response or an error, 6-7 encryption.
        public var properties: UInt8
        public var sequence: UInt16
        public var command: UInt8

        public init(properties: UInt8 = 0, sequence: UInt16, command: UInt8 = Command.data) {
            self.properties = properties
            self.sequence = sequence
            self.command = command
        }

        /// Precondition: the frame has a body.
        @inline(__always)
        init(_ frame: Span<UInt8>) {
            properties = frame[Field.properties]
            sequence = frame.uint16LE(at: Field.sequence)
            command = frame[Field.body]
        }

        public static let answerWanted: UInt8 = 0x10

        /// Never a response: two that answer each other would not end.
        var isAnswered: Bool {
            properties & Self.answerWanted != 0 && command != Command.response
        }

        var isEncrypted: Bool { properties & 0xC0 != 0 }
    }

    /// What a device asks of the station with the command 03.
    public struct Requests: OptionSet, Equatable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        public static let heartbeat = Requests(rawValue: 1)
        public static let address = Requests(rawValue: 2)
        public static let time = Requests(rawValue: 4)
        public static let weather = Requests(rawValue: 8)
    }

    public enum Body: Equatable, Sendable {
        case report(Report)
        /// Several, in the order in which they were made: what a device had collected.
        case batch([Report])
        /// The records of a command that the station does not read.
        case other([UInt8])
    }

    /// What was the case at one time.
    public struct Report: Equatable, Sendable {
        public var general: General?
        public var alarm: Alarm?
        public var place: Place?
        /// Of a beacon or a home network nearby, "Kitchen".
        public var placeName: ShortText
        /// Percent, from a record of its own; most devices say it in ``General/status``.
        public var battery: UInt8?

        public init(
            general: General? = nil, alarm: Alarm? = nil, place: Place? = nil,
            placeName: ShortText = ShortText(), battery: UInt8? = nil
        ) {
            self.general = general
            self.alarm = alarm
            self.place = place
            self.placeName = placeName
            self.battery = battery
        }
    }

    public struct General: Equatable, Sendable {
        /// Seconds since 1970 in UTC.
        public var time: UInt32
        /// Bits 0-15 flags, 16-18 work mode, 19-23 radio signal 0-31, 24-31 battery percent.
        public var status: UInt32

        public init(time: UInt32, status: UInt32) {
            self.time = time
            self.status = status
        }

        /// Sent from the device's memory.
        public static let historical: UInt32 = 1 << 7
    }

    public struct Alarm: Equatable, Sendable {
        /// Bit n is described by row n of ``EV07B/alarmBits``; the extended word is the upper half.
        public var bits: UInt64
        /// Seconds since 1970 in UTC; 0 when it is not said.
        public var time: UInt32

        public init(bits: UInt64, time: UInt32 = 0) {
            self.bits = bits
            self.time = time
        }
    }

    public struct Place: Equatable, Sendable {
        public var source: Source
        /// 1e-7 degrees, north and east positive.
        public var latitude: Int32
        public var longitude: Int32
        /// km/h and degrees clockwise from north; of satellites only.
        public var speed: UInt16
        public var course: UInt16
        /// Meters; not of beacons.
        public var altitude: Int16
        /// Of satellites the dilution of precision times 10, 0 without a fix. Of an estimate its
        /// radius in meters.
        public var precision: UInt16

        public init(
            _ source: Source, latitude: Int32, longitude: Int32, speed: UInt16 = 0,
            course: UInt16 = 0, altitude: Int16 = 0, precision: UInt16 = 0
        ) {
            self.source = source
            self.latitude = latitude
            self.longitude = longitude
            self.speed = speed
            self.course = course
            self.altitude = altitude
            self.precision = precision
        }

        public enum Source: Equatable, Sendable {
            case satellites
            /// Worked out by the device from what it receives.
            case estimate
            /// That of a beacon or a home network whose coordinates the device was given.
            case beacon
        }
    }
}

extension EV07B.Place {
    var isValid: Bool {
        switch source {
        case .satellites: precision != 0
        case .estimate, .beacon: latitude != 0 || longitude != 0
        }
    }

    /// Nil when no place on earth has these coordinates.
    @inline(__always)
    func position(at time: WallTime?) -> Position? {
        guard latitude.magnitude <= 900_000_000, longitude.magnitude <= 1_800_000_000
        else { return nil }
        var position = Position(
            latitudeE7: latitude, longitudeE7: longitude, isValid: isValid,
            fixedAt: isValid ? time : nil)
        switch source {
        case .satellites:
            position.altitudeCentimeters = Int32(altitude) * 100
            position.speedMillimetersPerSecond = (Int32(speed) * 10_000 + 18) / 36
            if course < 360 { position.courseCentidegrees = Int32(course) * 100 }
        case .estimate:
            position.altitudeCentimeters = Int32(altitude) * 100
            position.accuracyCentimeters = Int32(precision) * 100
        case .beacon: break
        }
        return position
    }
}
