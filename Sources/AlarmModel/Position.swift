/// Where a device says it is. Whole numbers in small units, so that what the wire said is kept
/// exactly and two positions can be compared.
public struct Position: Hashable, Sendable {
    /// 1e-7 degrees, north positive, -900_000_000...900_000_000.
    public var latitudeE7: Int32
    /// 1e-7 degrees, east positive, -1_800_000_000...1_800_000_000.
    public var longitudeE7: Int32
    // The least number stands for what is not said: plain words are moved faster than optionals.
    @usableFromInline var storedFixedAt = Int64.min
    @usableFromInline var storedAccuracy = Int32.min
    @usableFromInline var storedAltitude = Int32.min
    @usableFromInline var storedSpeed = Int32.min
    @usableFromInline var storedCourse = Int32.min
    /// False when the device had no fix: the coordinates are then its last or none, and an alarm
    /// with them is an alarm all the same.
    public var isValid: Bool

    @inlinable @inline(__always)
    init() {
        latitudeE7 = 0
        longitudeE7 = 0
        isValid = false
    }

    @inlinable @inline(__always)
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

extension Position {
    /// The device's own time of the fix.
    @inlinable public var fixedAt: WallTime? {
        @inline(__always) get {
            storedFixedAt == .min ? nil : WallTime(microseconds: storedFixedAt)
        }
        @inline(__always) set { storedFixedAt = newValue?.microseconds ?? .min }
    }

    @inlinable public var accuracyCentimeters: Int32? {
        @inline(__always) get { storedAccuracy == .min ? nil : storedAccuracy }
        @inline(__always) set { storedAccuracy = newValue ?? .min }
    }

    @inlinable public var altitudeCentimeters: Int32? {
        @inline(__always) get { storedAltitude == .min ? nil : storedAltitude }
        @inline(__always) set { storedAltitude = newValue ?? .min }
    }

    @inlinable public var speedMillimetersPerSecond: Int32? {
        @inline(__always) get { storedSpeed == .min ? nil : storedSpeed }
        @inline(__always) set { storedSpeed = newValue ?? .min }
    }

    /// Clockwise from true north, 0...35_999.
    @inlinable public var courseCentidegrees: Int32? {
        @inline(__always) get { storedCourse == .min ? nil : storedCourse }
        @inline(__always) set { storedCourse = newValue ?? .min }
    }
}
