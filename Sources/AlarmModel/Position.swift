/// Where a device says it is. Whole numbers in small units, so that what the wire said is kept
/// exactly and two positions can be compared.
public struct Position: Hashable, Sendable {
    /// 1e-7 degrees, north positive, -900_000_000...900_000_000.
    public var latitudeE7: Int32
    /// 1e-7 degrees, east positive, -1_800_000_000...1_800_000_000.
    public var longitudeE7: Int32
    /// False when the device had no fix: the coordinates are then its last or none, and an alarm
    /// with them is an alarm all the same.
    public var isValid: Bool
    /// The device's own time of the fix.
    public var fixedAt: WallTime?
    public var accuracyCentimeters: Int32?
    public var altitudeCentimeters: Int32?
    public var speedMillimetersPerSecond: Int32?
    /// Clockwise from true north, 0...35_999.
    public var courseCentidegrees: Int32?

    public init(
        latitudeE7: Int32, longitudeE7: Int32, isValid: Bool, fixedAt: WallTime? = nil,
        accuracyCentimeters: Int32? = nil, altitudeCentimeters: Int32? = nil,
        speedMillimetersPerSecond: Int32? = nil, courseCentidegrees: Int32? = nil
    ) {
        self.latitudeE7 = latitudeE7
        self.longitudeE7 = longitudeE7
        self.isValid = isValid
        self.fixedAt = fixedAt
        self.accuracyCentimeters = accuracyCentimeters
        self.altitudeCentimeters = altitudeCentimeters
        self.speedMillimetersPerSecond = speedMillimetersPerSecond
        self.courseCentidegrees = courseCentidegrees
    }
}
