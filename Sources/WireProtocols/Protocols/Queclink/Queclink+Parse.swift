import AlarmModel

extension Queclink {
    public static func parse(_ frame: Span<UInt8>) throws(DecodeError) -> Message {
        var end = frame.count
        if end > 0, frame[end &- 1] == Mark.end || frame[end &- 1] == Mark.zero { end &-= 1 }
        let report = frame.extracting(0..<end)
        guard end > Front.length &+ 3, let channel = Front.channel(report.word(at: 0))
        else { throw .unknownFormat }
        // The front of an acknowledgement is shorter by one.
        let start = channel == .acknowledgement ? Front.length &- 1 : Front.length
        guard report[start &+ 3] == Mark.comma,
            let name = ReportName(report.uint32LE(at: start) & 0xFF_FFFF)
        else { throw .unknownFormat }
        var message = Message(channel, name)
        let bodyEnd = max(message.takeTail(report), start &+ 4)
        var fields = FieldReader(report, from: start &+ 4, to: bodyEnd)
        message.takeIdentity(report, &fields)
        if channel == .acknowledgement { return message }
        if name == .information {
            message.takeInformation(report, &fields)
        } else {
            message.takeBody(report, &fields)
        }
        return message
    }
}

/// How many fields in front of the time of a fix, or behind it, the others stand.
private enum Layout {
    static let id = -9
    static let type = -8
    static let accuracy = -6
    static let speed = -5
    static let azimuth = -4
    static let altitude = -3
    static let longitude = -2
    static let latitude = -1
    /// Country, network, area, cell, mileage, battery.
    static let battery = 6
    /// Where the time stands when the report begins with id and type: counted behind the name.
    static let usualTime = 9
    /// In the information report, behind the name.
    static let signal = 2
}

extension Queclink.Message {
    /// Count and send time are the last two fields. Returns where the field before them ends.
    @inline(__always)
    fileprivate mutating func takeTail(_ report: Span<UInt8>) -> Int {
        let comma = report.count &- 5
        guard report[comma] == Queclink.Mark.comma else { return report.count }
        count = Queclink.CountNumber(digits: report.uint32LE(at: comma &+ 1))
        let start = comma &- 14
        if start > Queclink.Front.length, report[start &- 1] == Queclink.Mark.comma,
            report.isTimestamp(at: start)
        {
            sentAt = report.timestamp(at: start)
            return start &- 1
        }
        // A device whose clock was never set leaves the time out.
        return report[comma &- 1] == Queclink.Mark.comma ? comma &- 1 : comma
    }

    /// Version and number; the name behind them is passed over.
    @inline(__always)
    fileprivate mutating func takeIdentity(_ report: Span<UInt8>, _ fields: inout FieldReader) {
        let first = fields.next(in: report)
        let second = fields.next(in: report)
        _ = fields.next(in: report)
        if let imei = report.imei(second) {
            version = report.shortWord(first)
            address = imei
        } else {
            takeUnusualIdentity(report, first, second)
        }
    }

    /// The oldest devices have no version. What else is printable stands for itself, so that a call
    /// for help is not without a device because its number is unusual.
    private mutating func takeUnusualIdentity(
        _ report: Span<UInt8>, _ first: Range<Int>, _ second: Range<Int>
    ) {
        if let imei = report.imei(first) {
            address = imei
        } else {
            version = report.shortWord(first)
            address = report.shortWord(second)
        }
    }

    /// A fix is found by its time, which stands behind two coordinates, and all that belongs to it
    /// by how far it is from there: what is in front differs between models, and the name of a
    /// device may hold anything. Without a fix the fields are counted from the name.
    @inline(__always)
    fileprivate mutating func takeBody(_ report: Span<UInt8>, _ fields: inout FieldReader) {
        var starts = FieldStarts()
        var timeIndex = Layout.usualTime
        var index = 0
        var field = 0..<0
        while !fields.isAtEnd {
            let before = field
            field = fields.next(in: report)
            starts[index] = field.lowerBound
            if index == 1 { takeKind(report, id: before, type: field) }
            if field.count == 14, index &+ Layout.accuracy >= 0,
                let point = report.point(timeIndex: index, starts)
            {
                if points.last == nil { takeKind(report, timeIndex: index, starts) }
                points.append(point)
                timeIndex = index
            }
            index &+= 1
        }
        if index &- 1 == timeIndex &+ Layout.battery { batteryPercent = report.percent(field) }
    }

    @inline(__always)
    private mutating func takeKind(
        _ report: Span<UInt8>, timeIndex: Int, _ starts: borrowing FieldStarts
    ) {
        id = nil
        type = nil
        guard timeIndex &+ Layout.id >= 0 else { return }
        takeKind(
            report, id: starts.field(timeIndex &+ Layout.id),
            type: starts.field(timeIndex &+ Layout.type))
    }

    /// Two fields, or both as two hexadecimal digits in the second.
    @inline(__always)
    private mutating func takeKind(
        _ report: Span<UInt8>, id idField: Range<Int>, type typeField: Range<Int>
    ) {
        if typeField.count == 1 {
            type = report.digits(typeField)
            id = report.digits(idField)
        } else if typeField.count == 2 {
            id = hexValue(report[typeField.lowerBound])
            type = hexValue(report[typeField.lowerBound &+ 1])
        }
    }

    /// Only some models have the battery behind the time of the last fix.
    fileprivate mutating func takeInformation(
        _ report: Span<UInt8>, _ fields: inout FieldReader
    ) {
        let saysBattery = Queclink.saysBattery(version)
        var isBehindTime = false
        var index = 0
        while !fields.isAtEnd {
            let field = fields.next(in: report)
            if index == Layout.signal { signal = report.digits(field) }
            if isBehindTime, saysBattery { batteryPercent = report.percent(field) }
            isBehindTime = field.count == 14 && report.isTimestamp(at: field.lowerBound)
            index += 1
        }
    }
}

extension Span<UInt8> {
    /// The fix whose time is the field that was read last; nil when that is something else.
    @inline(__always)
    fileprivate func point(timeIndex: Int, _ starts: borrowing FieldStarts) -> Queclink.Point? {
        let start = starts[timeIndex]
        guard isTimestamp(at: start),
            let latitude = coordinate(starts.field(timeIndex &+ Layout.latitude)),
            let longitude = coordinate(starts.field(timeIndex &+ Layout.longitude))
        else { return nil }
        let accuracy = tenths(starts.field(timeIndex &+ Layout.accuracy)) ?? 0
        let speed = tenths(starts.field(timeIndex &+ Layout.speed))
        let azimuth = tenths(starts.field(timeIndex &+ Layout.azimuth))
        return Queclink.Point(
            accuracy: UInt8(clamping: (accuracy &+ 9) / 10),
            speed: speed.flatMap { UInt16(exactly: $0) },
            azimuth: azimuth.flatMap { UInt16(exactly: $0 / 10) },
            altitude: tenths(starts.field(timeIndex &+ Layout.altitude)),
            longitude: longitude, latitude: latitude, time: timestamp(at: start))
    }
}
