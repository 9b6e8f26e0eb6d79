import AlarmModel

extension Queclink {
    /// One report, heartbeat or answer.
    public struct Message: Equatable, Sendable {
        public var channel: Channel
        public var name: ReportName
        /// The device's type and the version of its protocol, 6 or 10 characters.
        public var version: ShortText
        /// IMEI, 15 digits, or MEID, 14 hexadecimal digits; empty where there is none.
        public var address: ShortText
        /// Of a fence its number.
        public var id: UInt8?
        /// What it means depends on the name: 0 left, 1 entered.
        public var type: UInt8?
        /// Oldest first.
        public var points: Points
        public var batteryPercent: UInt8?
        /// Radio signal, CSQ: 0...31 are values.
        public var signal: UInt8?
        /// By the device's own clock, as if that were UTC; nil when it is no time.
        public var sentAt: WallTime?
        /// Nil when the end of the report is missing.
        public var count: CountNumber?

        public init(
            _ channel: Channel, _ name: ReportName, version: ShortText = ShortText(),
            address: ShortText = ShortText(), id: UInt8? = nil, type: UInt8? = nil,
            points: Points = Points(), batteryPercent: UInt8? = nil, signal: UInt8? = nil,
            sentAt: WallTime? = nil, count: CountNumber? = nil
        ) {
            self.channel = channel
            self.name = name
            self.version = version
            self.address = address
            self.id = id
            self.type = type
            self.points = points
            self.batteryPercent = batteryPercent
            self.signal = signal
            self.sentAt = sentAt
            self.count = count
        }

        public enum Channel: Equatable, Sendable {
            case live
            /// Kept in the device while there was no network.
            case buffered
            case acknowledgement
        }

        @inline(__always)
        var isHeartbeat: Bool { channel == .acknowledgement && name == .heartbeat }
    }

    /// The three letters behind `GT`, in upper case, the first in the lowest byte.
    public struct ReportName: Hashable, Sendable {
        let letters: UInt32

        @inline(__always)
        init?(_ letters: UInt32) {
            for place: UInt32 in 0..<3 {
                let letter = UInt8(truncatingIfNeeded: letters >> (place &* 8))
                guard letter &- UInt8(ascii: "A") < 26 || letter &- UInt8(ascii: "0") < 10
                else { return nil }
            }
            self.letters = letters
        }

        @inline(__always)
        private init(known letters: UInt32) { self.letters = letters }

        /// Precondition: three characters of ASCII.
        public init(_ name: StaticString) {
            precondition(name.utf8CodeUnitCount == 3, "a report is named by three characters")
            letters = "\(name)".utf8.reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }

        // As numbers, which are there without being made at first use.
        static var fixed: ReportName { ReportName(known: 0x49_5246) }
        static var heartbeat: ReportName { ReportName(known: 0x44_4248) }
        static var information: ReportName { ReportName(known: 0x46_4E49) }

        /// `GTSOS`.
        @inline(__always)
        var code: ShortText {
            ShortText(littleEndian: UInt64(letters) << 16 | 0x5447, shortCount: 5)
        }
    }

    /// The count of a report, four hexadecimal digits. The device wants them back as it wrote them.
    public struct CountNumber: Equatable, Sendable {
        private let digits: UInt32

        @inline(__always)
        init?(digits: UInt32) {
            guard UInt64(digits).isHexASCII(count: 4) else { return nil }
            self.digits = digits
        }

        public init(_ value: UInt16) {
            let text = ShortText(hex: UInt32(value), digits: 4)
            var word: UInt64 = 0
            for index in 0..<text.count { word |= UInt64(text[index]) << UInt64(index * 8) }
            digits = UInt32(truncatingIfNeeded: word.capitalHexASCII)
        }

        @inline(__always)
        var value: UInt16 {
            var value: UInt32 = 0
            for place: UInt32 in 0..<4 {
                let digit = digits >> (place &* 8) & 0xFF
                // A letter has bit 6, and is 9 more than its low nibble.
                value = value << 4 | ((digit & 0x0F) &+ (digit >> 6) &* 9)
            }
            return UInt16(truncatingIfNeeded: value)
        }

        @inline(__always)
        func forEachDigit(_ body: (UInt8) -> Void) {
            body(UInt8(truncatingIfNeeded: digits))
            body(UInt8(truncatingIfNeeded: digits >> 8))
            body(UInt8(truncatingIfNeeded: digits >> 16))
            body(UInt8(truncatingIfNeeded: digits >> 24))
        }
    }

    /// Where the device was at one time, in the units of the wire.
    public struct Point: Equatable, Sendable {
        /// Dilution of precision; 0 without a fix, and the coordinates are then the last known.
        public var accuracy: UInt8
        /// 0.1 km/h.
        public var speed: UInt16?
        /// Degrees clockwise from north.
        public var azimuth: UInt16?
        /// 0.1 m.
        public var altitude: Int32?
        /// 1e-6 degrees, east and north positive.
        public var longitude: Int32
        public var latitude: Int32
        /// Of the fix, in UTC; nil when it is no time.
        public var time: WallTime?

        public init(
            accuracy: UInt8, speed: UInt16? = nil, azimuth: UInt16? = nil, altitude: Int32? = nil,
            longitude: Int32, latitude: Int32, time: WallTime? = nil
        ) {
            self.accuracy = accuracy
            self.speed = speed
            self.azimuth = azimuth
            self.altitude = altitude
            self.longitude = longitude
            self.latitude = latitude
            self.time = time
        }
    }

    /// The points of one report. Nearly every one has one or none: it is held in place.
    public struct Points: Equatable, Sendable {
        public private(set) var last: Point?
        /// All but the last.
        public private(set) var earlier: [Point] = []

        public init() {}

        public init(_ points: [Point]) {
            for point in points { append(point) }
        }

        @inline(__always)
        public mutating func append(_ point: Point) {
            if let last { earlier.append(last) }
            last = point
        }
    }
}

extension Queclink.Point {
    /// Nil when no place on earth has these coordinates.
    @inline(__always)
    var position: Position? {
        guard latitude.magnitude <= 90_000_000, longitude.magnitude <= 180_000_000
        else { return nil }
        return Position(
            latitudeE7: latitude * 10, longitudeE7: longitude * 10, isValid: accuracy > 0,
            fixedAt: time,
            altitudeCentimeters: altitude.map { $0 * 10 },
            speedMillimetersPerSecond: speed.map { (Int32($0) * 1_000 + 18) / 36 },
            courseCentidegrees: azimuth.flatMap { $0 < 360 ? Int32($0) * 100 : nil })
    }
}
