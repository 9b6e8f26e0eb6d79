import AlarmModel

extension NMEA {
    /// One sentence. What is empty in it, or cannot be read, is nil. All kinds have one shape, of
    /// plain words that are read where they were written.
    public struct Message: Equatable, Sendable {
        /// Talker and type: `GPRMC`, `GNGSV`, `PMTK001`.
        public let address: ShortText
        public let type: SentenceType
        /// False where the sentence says that there is no fix.
        public var isFix: Bool
        // The least number stands for what is not said.
        var storedTime: Int32
        var storedDate: Int32
        var storedLatitude: Int32
        var storedLongitude: Int32
        var storedSpeed: Int32
        var storedCourse: Int32
        var storedAltitude: Int32
        var storedDilution: Int32

        /// - Parameter address: four capital letters or digits at least.
        public init(_ address: ShortText, isFix: Bool = true) {
            self.init(address, SentenceType(address), isFix: isFix)
        }

        /// A place of which one coordinate is missing is none.
        @inline(__always)
        init(
            _ address: ShortText, _ type: SentenceType, isFix: Bool, time: Int32 = .min,
            date: Int32 = .min, latitude: Int32 = .min, longitude: Int32 = .min,
            speed: Int32 = .min, course: Int32 = .min, altitude: Int32 = .min,
            dilution: Int32 = .min
        ) {
            self.address = address
            self.type = type
            self.isFix = isFix
            storedTime = time
            storedDate = date
            storedLatitude = longitude == .min ? .min : latitude
            storedLongitude = latitude == .min ? .min : longitude
            storedSpeed = speed
            storedCourse = course
            storedAltitude = altitude
            storedDilution = dilution
        }
    }

    /// What is read of a sentence.
    public enum SentenceType: Sendable {
        /// Time, place, speed, course, date, whether there is a fix.
        case rmc
        /// Time, place, altitude, dilution, whether there is a fix.
        case gga
        /// Dilution, whether there is a fix.
        case gsa
        /// Time and date.
        case zda
        /// Nothing but that it was said.
        case other
    }
}

extension NMEA.SentenceType {
    /// A bit of its own.
    @inline(always) var mark: UInt8 {
        switch self {
        case .rmc: 1
        case .gga: 2
        case .gsa: 4
        case .zda: 8
        case .other: 16
        }
    }

    /// The three letters behind the talker.
    init(_ address: ShortText) {
        guard address.count == 5 else {
            self = .other
            return
        }
        switch address.string.dropFirst(2) {
        case "RMC": self = .rmc
        case "GGA": self = .gga
        case "GSA": self = .gsa
        case "ZDA": self = .zda
        default: self = .other
        }
    }
}

extension NMEA.Message {
    /// Milliseconds since midnight in UTC, 0...86_399_999.
    public var time: Int32? {
        get { said(storedTime) }
        set { storedTime = newValue ?? .min }
    }

    /// The date as the number `yyyymmdd`, which may be one that does not exist.
    public var date: Int32? {
        get { said(storedDate) }
        set { storedDate = newValue ?? .min }
    }

    /// 0.001 knots.
    public var speed: Int32? {
        get { said(storedSpeed) }
        set { storedSpeed = newValue ?? .min }
    }

    /// 0.01 degrees clockwise from true north, 0...35_999.
    public var course: Int32? {
        get { said(storedCourse) }
        set { storedCourse = newValue ?? .min }
    }

    /// Centimetres above the sea.
    public var altitude: Int32? {
        get { said(storedAltitude) }
        set { storedAltitude = newValue ?? .min }
    }

    /// Dilution of precision in the plane, in hundredths.
    public var dilution: Int32? {
        get { said(storedDilution) }
        set { storedDilution = newValue ?? .min }
    }

    /// In 1e-7 degrees, north and east positive.
    public var place: (latitudeE7: Int32, longitudeE7: Int32)? {
        storedLatitude == .min ? nil : (storedLatitude, storedLongitude)
    }

    /// - Parameters:
    ///   - latitudeE7: -900_000_000...900_000_000; with others nothing is said.
    ///   - longitudeE7: -1_800_000_000...1_800_000_000.
    public mutating func setPlace(latitudeE7: Int32, longitudeE7: Int32) {
        guard latitudeE7.magnitude <= 900_000_000, longitudeE7.magnitude <= 1_800_000_000
        else { return }
        storedLatitude = latitudeE7
        storedLongitude = longitudeE7
    }
}

/// Nil for the number that stands for what is not said.
@inline(__always)
func said(_ value: Int32) -> Int32? { value == .min ? nil : value }
