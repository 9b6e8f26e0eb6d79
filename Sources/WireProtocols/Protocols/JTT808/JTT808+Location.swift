import AlarmModel

extension JTT808 {
    /// Where a terminal is and what is wrong, in the units of the wire.
    ///
    /// ```
    /// alarm | status | latitude | longitude | altitude | speed | course | time  | items
    /// 4     | 4      | 4        | 4         | 2        | 2     | 2      | 6 BCD | 1 + 1 + n each
    /// ```
    public struct LocationReport: Equatable, Sendable {
        /// Bit n is described by row n of ``JTT808/alarmBits``.
        public var alarm: UInt32
        public var status: UInt32
        /// 1e-6 degrees; the sign is a bit of `status`.
        public var latitude: UInt32
        public var longitude: UInt32
        /// Meters.
        public var altitude: Int16
        /// 0.1 km/h.
        public var speed: UInt16
        /// Degrees clockwise from north.
        public var course: UInt16
        /// By the terminal's own clock, as if that were UTC; nil when it is no time.
        public var localTime: WallTime?
        /// Radio signal, CSQ: 0...31 are values.
        public var signal: UInt8?
        public var batteryPercent: UInt8?
        /// The areas and routes that bits 20 and 21 tell of.
        public var areas: AreaAlarms

        public init(
            alarm: UInt32, status: UInt32, latitude: UInt32, longitude: UInt32,
            altitude: Int16 = 0, speed: UInt16 = 0, course: UInt16 = 0,
            localTime: WallTime? = nil, signal: UInt8? = nil, batteryPercent: UInt8? = nil,
            areas: AreaAlarms = AreaAlarms()
        ) {
            self.alarm = alarm
            self.status = status
            self.latitude = latitude
            self.longitude = longitude
            self.altitude = altitude
            self.speed = speed
            self.course = course
            self.localTime = localTime
            self.signal = signal
            self.batteryPercent = batteryPercent
            self.areas = areas
        }
    }

    /// Item 0x12: which area or route was entered or left.
    public struct AreaAlarm: Equatable, Sendable {
        public var id: UInt32
        /// 1 circle, 2 rectangle, 3 polygon, 4 route.
        public var placeType: UInt8
        /// 0 in, 1 out.
        public var direction: UInt8

        public init(placeType: UInt8, id: UInt32, direction: UInt8) {
            self.placeType = placeType
            self.id = id
            self.direction = direction
        }

        public static let route: UInt8 = 4
        public static let entered: UInt8 = 0
        public static let left: UInt8 = 1
    }

    /// The area items of one report, held in place. A report tells of one, or of one area and one
    /// route; of more than there is room for, only the number is kept.
    public struct AreaAlarms: Equatable, Sendable {
        public static let capacity = 2

        public private(set) var count: UInt8 = 0
        private var first = AreaAlarm(placeType: 0, id: 0, direction: 0)
        private var second = AreaAlarm(placeType: 0, id: 0, direction: 0)

        public init() {}

        public var isOverfull: Bool { count > Self.capacity }
        public var indices: Range<Int> { 0..<min(Int(count), Self.capacity) }

        /// Precondition: `index` is one of ``indices``.
        public subscript(index: Int) -> AreaAlarm {
            precondition(indices.contains(index))
            return index == 0 ? first : second
        }

        @inline(__always)
        public mutating func append(_ area: AreaAlarm) {
            if count == 0 { first = area }
            if count == 1 { second = area }
            count &+= count == .max ? 0 : 1
        }
    }
}

/// Offsets in a location report.
private enum Offset {
    static let alarm = 0
    static let status = 4
    static let latitude = 8
    static let longitude = 12
    static let altitude = 16
    static let speed = 18
    static let course = 20
    static let time = 22
    static let items = 28
}

extension JTT808 {
    /// Items that follow the fixed part. All others are passed over.
    enum ItemID {
        static let area: UInt8 = 0x12
        static let signal: UInt8 = 0x30
        /// Two bytes: level 0-10, percent.
        static let batteryLevel: UInt8 = 0x56
        /// One byte, percent, in the items of two makers; longer they are something else.
        static let batteryD4: UInt8 = 0xD4
        static let batteryE1: UInt8 = 0xE1
    }
}

extension JTT808.LocationReport {
    /// Throws when even the fixed part is not there.
    @inline(__always)
    init(_ body: Span<UInt8>) throws(DecodeError) {
        guard body.count >= Offset.items else { throw .truncated }
        let flags = body.uint64(at: Offset.alarm)
        alarm = UInt32(truncatingIfNeeded: flags >> 32)
        status = UInt32(truncatingIfNeeded: flags)
        let place = body.uint64(at: Offset.latitude)
        latitude = UInt32(truncatingIfNeeded: place >> 32)
        longitude = UInt32(truncatingIfNeeded: place)
        let motion = body.uint64(at: Offset.altitude)
        altitude = Int16(truncatingIfNeeded: motion >> 48)
        speed = UInt16(truncatingIfNeeded: motion >> 32)
        course = UInt16(truncatingIfNeeded: motion >> 16)
        localTime = Self.time(packed: body.uint64(at: Offset.course) & 0xFFFF_FFFF_FFFF)
        areas = JTT808.AreaAlarms()
        takeItems(body)
    }

    /// A list that runs over the end is read as far as it goes: what is broken in an item must not
    /// cost the alarm.
    @inline(__always)
    private mutating func takeItems(_ body: Span<UInt8>) {
        var offset = Offset.items
        while offset &+ 2 <= body.count {
            let value = offset &+ 2
            let length = Int(body[offset &+ 1])
            guard value &+ length <= body.count else { return }
            take(item: body[offset], length, body, at: value)
            offset = value &+ length
        }
    }

    @inline(__always)
    private mutating func take(item: UInt8, _ length: Int, _ body: Span<UInt8>, at value: Int) {
        switch item {
        case JTT808.ItemID.signal where length == 1:
            signal = body[value]
        case JTT808.ItemID.batteryLevel where length == 2:
            batteryPercent = body[value &+ 1]
        case JTT808.ItemID.batteryD4 where length == 1, JTT808.ItemID.batteryE1 where length == 1:
            batteryPercent = body[value]
        case JTT808.ItemID.area where length >= 6:
            areas.append(
                JTT808.AreaAlarm(
                    placeType: body[value], id: body.uint32(at: value &+ 1),
                    direction: body[value &+ 5]))
        default: break
        }
    }

    /// Year of the century, month, day, hour, minute, second: two digits each in one byte.
    @inline(__always)
    private static func time(packed digits: UInt64) -> WallTime? {
        guard digits.isPackedDecimal else { return nil }
        func field(_ place: UInt64) -> Int {
            let byte = Int(truncatingIfNeeded: digits >> (place * 8) & 0xFF)
            return byte - 6 * (byte >> 4)
        }
        return CivilTime(
            year: 2000 + field(5), month: field(4), day: field(3), hour: field(2),
            minute: field(1), second: field(0)
        )?.wallTime()
    }

    /// Where the terminal is; nil when no place on earth has these coordinates.
    ///
    /// Coordinates that the terminal has shifted for a map service (status bit 5) are hundreds of
    /// meters off: they count as no fix.
    @inline(__always)
    func position(at time: WallTime?) -> Position? {
        guard latitude <= 90_000_000, longitude <= 180_000_000 else { return nil }
        let north = Int32(latitude) * 10
        let east = Int32(longitude) * 10
        let isFixed = status & Status.fixed != 0 && status & Status.shifted == 0
        return Position(
            latitudeE7: status & Status.south == 0 ? north : -north,
            longitudeE7: status & Status.west == 0 ? east : -east,
            isValid: isFixed,
            fixedAt: isFixed ? time : nil,
            altitudeCentimeters: Int32(altitude) * 100,
            speedMillimetersPerSecond: (Int32(speed) * 1_000 + 18) / 36,
            courseCentidegrees: course < 360 ? Int32(course) * 100 : nil)
    }

    @inline(__always)
    var signalPercent: UInt8? {
        guard let signal, signal <= 31 else { return nil }
        return UInt8((Int(signal) * 100 + 15) / 31)
    }

    enum Status {
        static let fixed: UInt32 = 1 << 1
        static let south: UInt32 = 1 << 2
        static let west: UInt32 = 1 << 3
        static let shifted: UInt32 = 1 << 5
    }
}
