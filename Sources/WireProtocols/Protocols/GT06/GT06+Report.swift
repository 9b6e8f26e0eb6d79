import AlarmModel

/// Offsets in a content that begins with time and place.
private enum Offset {
    static let time = 0
    static let satellites = 6
    static let latitude = 7
    static let longitude = 11
    static let speed = 15
    static let course = 16
    /// The cell, or in alarms the number of bytes until the state, this one included.
    static let cell = 18
}

extension GT06 {
    /// Country 2, network 1, area 2, cell 3; in the wide form area 4, cell 8. The network has a
    /// byte more when the highest bit of the country is set.
    @inline(__always)
    private static func cellLength(at offset: Int, of content: Span<UInt8>, isWide: Bool) -> Int {
        guard offset < content.count else { return 0 }
        return (isWide ? 15 : 8) &+ Int(content[offset] >> 7)
    }

    /// Year of the century, month, day, hour, minute, second: a byte each.
    @inline(__always)
    static func time(at offset: Int, of content: Span<UInt8>) -> WallTime? {
        guard content.count >= offset &+ 6, content[offset] < 100 else { return nil }
        return CivilTime(
            year: 2000 &+ Int(content[offset]), month: Int(content[offset &+ 1]),
            day: Int(content[offset &+ 2]), hour: Int(content[offset &+ 3]),
            minute: Int(content[offset &+ 4]), second: Int(content[offset &+ 5])
        )?.wallTime()
    }
}

extension GT06.Report {
    /// Nil when the type holds no report, or a location that is cut. `content` is not empty.
    @inline(always)
    init?(type: UInt8, _ content: Span<UInt8>) {
        switch GT06.layout(of: type) {
        case .location(let tellsLate, let isWide):
            self.init(location: content, tellsLate: tellsLate, isWide: isWide)
        case .alarm(let tellsFence):
            self.init(alarm: content, type: type, tellsFence: tellsFence)
        case .heartbeat(let batteryBytes):
            self.init(heartbeat: content, batteryBytes: batteryBytes)
        case .cellAlarm(let isWide): self.init(cellAlarm: content, isWide: isWide)
        case .accessPointAlarm: self.init(accessPointAlarm: content)
        case .timed: self.init(localTime: GT06.time(at: 0, of: content))
        case .login, .modular, .sign, .unknown: return nil
        }
    }

    /// Ignition, cause and late mark stand behind the cell, and then a mileage, or nothing.
    @inline(always)
    private init?(location content: Span<UInt8>, tellsLate: Bool, isWide: Bool) {
        guard let place = GT06.Place(content) else { return nil }
        let mark =
            Offset.cell &+ 2
            &+ GT06.cellLength(at: Offset.cell, of: content, isWide: isWide)
        self.init(
            localTime: GT06.time(at: Offset.time, of: content), place: place,
            isLate: tellsLate && mark < content.count && content[mark] == 1)
    }

    /// Never fails: an alarm that cannot be read is one all the same.
    @inline(__always)
    private init(alarm content: Span<UInt8>, type: UInt8, tellsFence: Bool) {
        self.init(place: GT06.Place(content))
        guard place != nil else { return }
        localTime = GT06.time(at: Offset.time, of: content)
        guard Offset.cell < content.count else { return }
        let start = Offset.cell &+ max(1, Int(content[Offset.cell]))
        takeState(content, at: start, batteryBytes: 1, type: type)
        // Behind it stand a mileage of four bytes or none, and then the fence.
        let rest = content.count &- start &- 5
        if tellsFence, rest == 1 || rest == 5 { fence = content[content.count &- 1] }
    }

    private init(heartbeat content: Span<UInt8>, batteryBytes: Int) {
        self.init()
        takeState(content, at: 0, batteryBytes: batteryBytes, type: 0)
    }

    /// A length stands in front of the cell, or does not: no country has such a number.
    private init(cellAlarm content: Span<UInt8>, isWide: Bool) {
        self.init()
        let length = Int(content[0])
        let start =
            (9..<0x80).contains(length)
            ? length : GT06.cellLength(at: 0, of: content, isWide: isWide)
        takeState(content, at: start, batteryBytes: 1, type: 0)
    }

    private init(accessPointAlarm content: Span<UInt8>) {
        self.init(localTime: GT06.time(at: Offset.time, of: content))
        guard content.count >= 8 else { return }
        alarm = Self.longAlarm(content[content.count - 2], language: content[content.count - 1])
    }

    /// Information, battery, signal, alarm, language; what is not there any more stays unsaid.
    @inline(__always)
    private mutating func takeState(
        _ content: Span<UInt8>, at start: Int, batteryBytes: Int, type: UInt8
    ) {
        let behindBattery = start &+ 1 &+ batteryBytes
        guard behindBattery < content.count else { return }
        state = GT06.State(
            information: content[start],
            batteryLevel: batteryBytes == 1 ? content[start &+ 1] : nil,
            signalLevel: content[behindBattery])
        guard behindBattery &+ 1 < content.count else { return }
        alarm = UInt16(content[behindBattery &+ 1])
        guard GT06.hasLongAlarms(type), behindBattery &+ 2 < content.count else { return }
        alarm = Self.longAlarm(
            content[behindBattery &+ 1], language: content[behindBattery &+ 2])
    }

    @inline(__always)
    private static func longAlarm(_ low: UInt8, language: UInt8) -> UInt16 {
        UInt16(language >> 4) << 8 | UInt16(low)
    }

    @inline(__always)
    var fenceName: ShortText? {
        guard let fence, fence != .max else { return nil }
        return ShortText(decimal: UInt32(fence) + 1)
    }
}

extension GT06.Place {
    /// Nil when the content is too short.
    @inline(__always)
    init?(_ content: Span<UInt8>) {
        guard content.count >= Offset.cell else { return nil }
        let place = content.uint64(at: Offset.latitude)
        self.init(
            latitude: UInt32(truncatingIfNeeded: place >> 32),
            longitude: UInt32(truncatingIfNeeded: place),
            speed: content[Offset.speed], course: content.uint16(at: Offset.course))
    }

    /// Time, altitude and place of an item: seconds since 1970 (4), satellites (1), meters (2), and
    /// from latitude to course as everywhere.
    init?(item: Span<UInt8>) {
        guard item.count >= 18 else { return nil }
        let place = item.uint64(at: 7)
        self.init(
            latitude: UInt32(truncatingIfNeeded: place >> 32),
            longitude: UInt32(truncatingIfNeeded: place),
            speed: item[15], course: item.uint16(at: 16))
    }

    /// Nil when no place on earth has these coordinates.
    @inline(__always)
    func position(at time: WallTime?) -> Position? {
        guard latitude <= 162_000_000, longitude <= 324_000_000 else { return nil }
        let north = Self.degreesE7(latitude)
        let east = Self.degreesE7(longitude)
        let isFixed = course & 1 << 12 != 0
        let degrees = Int32(course & 0x03FF)
        return Position(
            latitudeE7: course & 1 << 10 != 0 ? north : -north,
            longitudeE7: course & 1 << 11 == 0 ? east : -east,
            isValid: isFixed,
            fixedAt: isFixed ? time : nil,
            speedMillimetersPerSecond: (Int32(speed) &* 10_000 &+ 18) / 36,
            courseCentidegrees: degrees < 360 ? degrees &* 100 : nil)
    }

    /// 1/1,800,000 to 1/10,000,000 degrees, rounded.
    @inline(__always)
    private static func degreesE7(_ units: UInt32) -> Int32 {
        Int32(truncatingIfNeeded: (UInt64(units) &* 50 &+ 4) / 9)
    }
}
