import AlarmModel

extension JTT808 {
    /// Offsets in a content: between the delimiters, without escapes. Behind the attributes the
    /// edition of 2019 has a version byte, and four more bytes of number.
    enum Field {
        static let id = 0
        static let attributes = 2
        static let version2019 = 4
        static let number = 4
        static let number2019 = 5
        /// From the end of the header without parts.
        static let serialBack = 2
        static let partTotal = 0
        static let partNumber = 2
    }

    /// One message, or one part of a long one.
    public struct Message: Equatable, Sendable {
        public var header: Header
        public var body: Body

        public init(_ header: Header, _ body: Body) {
            self.header = header
            self.body = body
        }
    }

    public struct Header: Equatable, Sendable {
        public var id: UInt16
        /// The version byte of the edition of 2019; nil for 2011 and 2013.
        public var version: UInt8?
        public var number: TerminalNumber
        public var serial: UInt16
        public var part: Part?

        public init(
            id: UInt16, version: UInt8? = nil, number: TerminalNumber, serial: UInt16,
            part: Part? = nil
        ) {
            self.id = id
            self.version = version
            self.number = number
            self.serial = serial
            self.part = part
        }

        /// How the station knows the terminal.
        @inline(__always)
        public var address: ShortText { number.address }
    }

    /// Which part of a long message this is. `number` is 1...`total`.
    public struct Part: Equatable, Sendable {
        public var total: UInt16
        public var number: UInt16

        public init(total: UInt16, number: UInt16) {
            self.total = total
            self.number = number
        }
    }

    public enum Body: Equatable, Sendable {
        case location(LocationReport)
        /// A report that the platform had asked for in its message `serial`.
        case answer(serial: UInt16, LocationReport)
        case batch(Batch)
        case heartbeat(Heartbeat)
        /// The bytes of any other message, and of every part of a long one.
        case other([UInt8])
    }

    /// Reports that the terminal had collected.
    public struct Batch: Equatable, Sendable {
        /// 0 is a usual batch, 1 what was kept while there was no network.
        public var type: UInt8
        public var reports: [LocationReport]
        /// It holds other than it says: reports may be missing.
        public var isDamaged: Bool

        public init(type: UInt8, reports: [LocationReport], isDamaged: Bool = false) {
            self.type = type
            self.reports = reports
            self.isDamaged = isDamaged
        }

        public static let blindSpot: UInt8 = 1
    }

    /// Empty in the standard; personal devices append some of these, in this order.
    public struct Heartbeat: Equatable, Sendable {
        public var battery: UInt8?
        public var signal: UInt8?
        public var status: UInt8?

        public init(battery: UInt8? = nil, signal: UInt8? = nil, status: UInt8? = nil) {
            self.battery = battery
            self.signal = signal
            self.status = status
        }
    }

    @inline(__always)
    public static func parse(_ frame: Span<UInt8>) throws(DecodeError) -> Message {
        guard let range = contentRange(frame) else { throw .truncated }
        let run = frame.extracting(range)
        if isPlain(run) { return try parse(content: run) }
        let result = run.withUnescaped(escape) { content in
            Swift.Result { () throws(DecodeError) in try parse(content: content) }
        }
        return try result.get()
    }

    /// The header of a frame whose body has no meaning.
    static func header(of frame: Span<UInt8>) -> Header? {
        guard let range = contentRange(frame) else { return nil }
        return frame.extracting(range).withUnescaped(escape) { try? Header($0) }
    }

    @inline(__always)
    private static func parse(content: Span<UInt8>) throws(DecodeError) -> Message {
        let header = try Header(content)
        let attributes = Attributes(content.uint16(at: Field.attributes))
        if attributes.isEncrypted { throw .unknownFormat }
        let body = content.extracting(
            attributes.headerLength..<attributes.headerLength + attributes.bodyLength)
        if let part = header.part {
            guard part.number >= 1, part.number <= part.total else { throw .badField }
            return Message(header, .other(body.array()))
        }
        return Message(header, try Body(id: header.id, body))
    }
}

extension JTT808.Header {
    /// Throws unless `content` is as long as its attributes say.
    @inline(__always)
    init(_ content: Span<UInt8>) throws(DecodeError) {
        guard content.count >= JTT808.contentLengthMin else { throw .truncated }
        let attributes = JTT808.Attributes(content.uint16(at: JTT808.Field.attributes))
        guard content.count == attributes.contentLength else { throw .truncated }
        id = content.uint16(at: JTT808.Field.id)
        let end = attributes.headerLength - (attributes.isPart ? 4 : 0)
        if attributes.isEdition2019 {
            version = content[JTT808.Field.version2019]
            number = JTT808.TerminalNumber(
                high: content.uint16(at: JTT808.Field.number2019),
                low: UInt64(content.uint32(at: JTT808.Field.number2019 + 2)) << 32
                    | UInt64(content.uint32(at: JTT808.Field.number2019 + 6)))
        } else {
            version = nil
            number = JTT808.TerminalNumber(
                low: UInt64(content.uint16(at: JTT808.Field.number)) << 32
                    | UInt64(content.uint32(at: JTT808.Field.number + 2)))
        }
        serial = content.uint16(at: end - JTT808.Field.serialBack)
        part =
            attributes.isPart
            ? JTT808.Part(
                total: content.uint16(at: end + JTT808.Field.partTotal),
                number: content.uint16(at: end + JTT808.Field.partNumber)) : nil
    }
}

extension JTT808.Body {
    /// The meaning of a whole body, put together from parts or not.
    @inline(__always)
    init(id: UInt16, _ body: Span<UInt8>) throws(DecodeError) {
        switch id {
        case JTT808.ID.locationReport:
            self = .location(try JTT808.LocationReport(body))
        case JTT808.ID.locationAnswer:
            guard body.count >= 2 else { throw .truncated }
            self = .answer(
                serial: body.uint16(at: 0),
                try JTT808.LocationReport(body.extracting(2..<body.count)))
        case JTT808.ID.locationBatch:
            self = .batch(try JTT808.Batch(body))
        case JTT808.ID.heartbeat:
            self = .heartbeat(
                JTT808.Heartbeat(
                    battery: body.count > 0 ? body[0] : nil,
                    signal: body.count > 1 ? body[1] : nil,
                    status: body.count > 2 ? body[2] : nil))
        default:
            self = .other(body.array())
        }
    }
}

extension JTT808.Batch {
    /// Count (2), type (1), and for each report its length (2) and its bytes. A report that is cut
    /// counts when its fixed part is there: its alarms must not be lost with its end.
    init(_ body: Span<UInt8>) throws(DecodeError) {
        guard body.count >= 3 else { throw .truncated }
        self.init(type: body[2], reports: [])
        var offset = 3
        while offset + 2 <= body.count {
            let start = offset + 2
            let end = start + Int(body.uint16(at: offset))
            if let report = try? JTT808.LocationReport(
                body.extracting(start..<min(end, body.count)))
            {
                reports.append(report)
            } else {
                isDamaged = true
            }
            offset = end
        }
        if offset != body.count || reports.count != Int(body.uint16(at: 0)) { isDamaged = true }
    }
}
