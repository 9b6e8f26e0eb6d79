import AlarmModel

extension Watch {
    public struct Message: Equatable, Sendable {
        public var header: Header
        public var body: Body

        @inline(__always)
        public init(_ header: Header, _ body: Body) {
            self.header = header
            self.body = body
        }
    }

    public enum Body: Equatable, Sendable {
        case report(Report)
        /// The watch is there, and wants to know whether the station is.
        case linkKeep(batteryPercent: UInt8?)
        /// The content of any other message.
        case other([UInt8])
    }

    /// Where the watch is and what is wrong. What is missing or cannot be read is nil, and takes
    /// nothing else with it.
    public struct Report: Equatable, Sendable {
        /// `UD`, `UD2`, `AL_LTE` ...
        public var keyword: ShortText
        /// By the watch's own clock, as if that were UTC.
        public var localTime: WallTime?
        public var place: Place?
        /// Percent.
        public var signal: UInt8?
        public var battery: UInt8?
        /// Bit n is row n of ``Watch/conditions``.
        public var status: UInt32?

        @inline(__always)
        public init(
            keyword: ShortText, localTime: WallTime? = nil, place: Place? = nil,
            signal: UInt8? = nil, battery: UInt8? = nil, status: UInt32? = nil
        ) {
            self.keyword = keyword
            self.localTime = localTime
            self.place = place
            self.signal = signal
            self.battery = battery
            self.status = status
        }
    }

    public struct Place: Equatable, Sendable {
        /// 1e-7 degrees, north and east positive.
        public var latitudeE7: Int32
        public var longitudeE7: Int32
        /// The watch says that it has a fix.
        public var isFixed: Bool
        /// It says on which side of equator and Greenwich.
        public var hasSides: Bool
        /// m/h, in 1...9_999_999.
        public var speed: Int32?
        /// 1/100 degrees clockwise from north.
        public var course: Int32?
        /// Centimeters.
        public var altitude: Int32?

        @inline(__always)
        public init(
            latitudeE7: Int32, longitudeE7: Int32, isFixed: Bool, hasSides: Bool = true,
            speed: Int32? = nil, course: Int32? = nil, altitude: Int32? = nil
        ) {
            self.latitudeE7 = latitudeE7
            self.longitudeE7 = longitudeE7
            self.isFixed = isFixed
            self.hasSides = hasSides
            self.speed = speed
            self.course = course
            self.altitude = altitude
        }
    }

    /// Throws only for brackets that hold no message: an alarm that cannot be read is one all the
    /// same.
    @inline(__always)
    public static func parse(_ frame: Span<UInt8>) throws(DecodeError) -> Message {
        let end = frame.count - 1
        guard end > 0, frame[0] == Mark.open, frame[end] == Mark.close,
            let (header, start) = Header.parse(frame)
        else { throw .unknownFormat }
        return Message(header, Body(frame.extracting(start..<end)))
    }
}

extension Watch.Body {
    @inline(__always)
    init(_ content: Span<UInt8>) {
        if let report = Watch.Report(content) {
            self = .report(report)
        } else if Watch.keywordEnd(content) == 2,
            content.uint16(at: 0) == Watch.Keyword.linkKeep
        {
            self = .linkKeep(batteryPercent: Self.battery(content))
        } else {
            self = .other(content.array())
        }
    }

    /// Behind the keyword, the third of steps, tumbles and battery.
    private static func battery(_ content: Span<UInt8>) -> UInt8? {
        var offset = 0
        content.skipField(&offset)
        content.skipField(&offset)
        content.skipField(&offset)
        return content.percentField(&offset)
    }
}

extension Watch {
    /// Where the keyword of a content ends.
    @inline(__always)
    fileprivate static func keywordEnd(_ content: Span<UInt8>) -> Int {
        var end = 0
        while end < content.count, content[end] != Mark.comma { end &+= 1 }
        return end
    }
}

extension Watch.Report {
    /// Nil when the keyword is none of a report.
    @inline(__always)
    fileprivate init?(_ content: Span<UInt8>) {
        let end = Watch.keywordEnd(content)
        guard let keyword = Self.keyword(content, end: end) else { return nil }
        self.init(keyword, content, at: end + 1)
    }

    /// The keyword when it is one of a report.
    @inline(__always)
    private static func keyword(_ content: Span<UInt8>, end: Int) -> ShortText? {
        guard end >= 2, end <= ShortText.capacity else { return nil }
        switch content.uint16(at: 0) {
        case Watch.Keyword.position, Watch.Keyword.alarm: break
        case Watch.Keyword.watch, Watch.Keyword.coordinates: if end != 2 { return nil }
        case Watch.Keyword.address: if end != 3 || content[2] != UInt8(ascii: "D") { return nil }
        default: return nil
        }
        guard end <= 8, content.count >= 8 else { return content.shortText(0..<end) }
        return ShortText(littleEndian: content.word(at: 0), count: end)
    }

    /// The fields behind the keyword, in the order of the wire. A request for an address has its
    /// language in front of them.
    @inline(__always)
    private init(_ keyword: ShortText, _ content: Span<UInt8>, at start: Int) {
        self.init(keyword: keyword)
        var offset = start
        if isAddressRequest { content.skipField(&offset) }
        localTime = content.timeFields(&offset)
        place = Watch.Place(content, &offset)
        content.skipField(&offset)  // satellites
        signal = content.percentField(&offset)
        battery = content.percentField(&offset)
        content.skipField(&offset)  // steps
        content.skipField(&offset)  // tumbles
        status = content.hexField(&offset)
    }

    @inline(__always)
    var isAlarm: Bool {
        keyword.count >= 2 && keyword[0] == UInt8(ascii: "A") && keyword[1] == UInt8(ascii: "L")
    }

    /// From what was kept while there was no network.
    @inline(__always)
    var isLate: Bool {
        keyword.count >= 3 && keyword[0] == UInt8(ascii: "U") && keyword[2] == UInt8(ascii: "2")
    }

    @inline(__always)
    var isAddressRequest: Bool { keyword.count == 3 && keyword[0] == UInt8(ascii: "W") }
}

extension Watch.Place {
    /// Leaves `offset` behind the altitude, whatever is there.
    @inline(__always)
    fileprivate init?(_ content: Span<UInt8>, _ offset: inout Int) {
        let fix = content.letterField(&offset)
        let latitude = content.decimalField(&offset, decimals: 7)
        let northOrSouth = content.letterField(&offset)
        let longitude = content.decimalField(&offset, decimals: 7)
        let eastOrWest = content.letterField(&offset)
        let speed = content.decimalField(&offset, decimals: 3)
        let course = content.decimalField(&offset, decimals: 2)
        let altitude = content.decimalField(&offset, decimals: 2)
        guard let latitude, let longitude, latitude.magnitude <= 900_000_000,
            longitude.magnitude <= 1_800_000_000
        else { return nil }
        let isSouth = northOrSouth == UInt8(ascii: "S")
        let isWest = eastOrWest == UInt8(ascii: "W")
        self.init(
            latitudeE7: Int32(isSouth ? -abs(latitude) : latitude),
            longitudeE7: Int32(isWest ? -abs(longitude) : longitude),
            isFixed: fix == UInt8(ascii: "A"),
            hasSides: (isSouth || northOrSouth == UInt8(ascii: "N"))
                && (isWest || eastOrWest == UInt8(ascii: "E")),
            speed: speed.flatMap { $0 >= 0 && $0 < 10_000_000 ? Int32($0) : nil },
            course: course.flatMap { $0 >= 0 && $0 < 36_000 ? Int32($0) : nil },
            altitude: altitude.flatMap { $0.magnitude < 10_000_000 ? Int32($0) : nil })
    }

    @inline(__always)
    func position(at time: WallTime?) -> Position {
        let isValid = isFixed && hasSides
        return Position(
            latitudeE7: latitudeE7, longitudeE7: longitudeE7, isValid: isValid,
            fixedAt: isValid ? time : nil, altitudeCentimeters: altitude,
            speedMillimetersPerSecond: speed.map { ($0 &* 10 &+ 18) / 36 },
            courseCentidegrees: course)
    }
}
