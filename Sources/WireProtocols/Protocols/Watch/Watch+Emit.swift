import AlarmModel

extension Watch {
    public static func emit(_ message: Message, into bytes: inout [UInt8]) {
        var content: [UInt8] = []
        switch message.body {
        case .report(let report): emit(report, into: &content)
        case .linkKeep(let batteryPercent):
            content.append(ascii: "LK")
            if let batteryPercent { content.append(ascii: ",0,0,\(batteryPercent)") }
        case .other(let other): content = other
        }
        let header = message.header
        bytes.append(Mark.open)
        bytes.append(header.maker)
        bytes.append(Mark.star)
        bytes.append(header.id)
        bytes.append(Mark.star)
        if let serial = header.serial {
            bytes.append(ShortText(hex: UInt32(serial), digits: 4))
            bytes.append(Mark.star)
        }
        bytes.append(ShortText(hex: UInt32(content.count), digits: 4))
        bytes.append(Mark.star)
        bytes += content
        bytes.append(Mark.close)
    }

    /// No satellites, steps and tumbles, no cells and no access points: nobody reads them.
    private static func emit(_ report: Report, into bytes: inout [UInt8]) {
        bytes.append(report.keyword)
        if report.isAddressRequest { bytes.append(ascii: ",EN") }
        emit(report.localTime, into: &bytes)
        emit(report.place, into: &bytes)
        bytes.append(ascii: ",0," + text(report.signal) + "," + text(report.battery) + ",0,0,")
        if let status = report.status { bytes.append(ShortText(hex: status, digits: 8)) }
        bytes.append(ascii: ",0,0")
    }

    private static func text(_ value: (some BinaryInteger)?) -> String {
        value.map { String($0) } ?? ""
    }

    private static func emit(_ time: WallTime?, into bytes: inout [UInt8]) {
        guard let civil = time.flatMap({ CivilTime($0) }) else {
            return bytes.append(ascii: ",,")
        }
        for values in [
            [civil.day, civil.month, civil.year % 100], [civil.hour, civil.minute, civil.second],
        ] {
            bytes.append(Mark.comma)
            for value in values { bytes.append(ascii: value < 10 ? "0\(value)" : "\(value)") }
        }
    }

    private static func emit(_ place: Place?, into bytes: inout [UInt8]) {
        guard let place else { return bytes.append(ascii: ",,,,,,,,") }
        bytes.append(ascii: place.isFixed ? ",A" : ",V")
        emit(place.latitudeE7, place.hasSides ? ("N", "S") : nil, into: &bytes)
        emit(place.longitudeE7, place.hasSides ? ("E", "W") : nil, into: &bytes)
        emit(place.speed, decimals: 3, into: &bytes)
        emit(place.course, decimals: 2, into: &bytes)
        emit(place.altitude, decimals: 2, into: &bytes)
    }

    private static func emit(
        _ degreesE7: Int32, _ sides: (String, String)?, into bytes: inout [UInt8]
    ) {
        let value = Int64(degreesE7)
        emit(sides == nil ? value : abs(value), decimals: 7, into: &bytes)
        bytes.append(Mark.comma)
        if let sides { bytes.append(ascii: value < 0 ? sides.1 : sides.0) }
    }

    private static func emit(
        _ value: (some BinaryInteger)?, decimals: Int, into bytes: inout [UInt8]
    ) {
        bytes.append(Mark.comma)
        if let value { bytes.append(ascii: fixedPointText(Int64(value), decimals: decimals)) }
    }

    /// `LK` for `checkIn` alone, speech for `serviceRequest` alone, and else one report with a bit
    /// for each kind.
    public static func sample(
        of kinds: [EventKind], device: UInt32, serial: UInt32, at time: WallTime
    ) -> Message? {
        let digits = String(device)
        let padding = String(repeating: "0", count: 10 - digits.count)
        let header = Header(
            maker: "3G", id: ShortText(padding + digits),
            serial: UInt16(truncatingIfNeeded: serial))
        if kinds == [.checkIn] { return Message(header, .linkKeep(batteryPercent: 80)) }
        if kinds == [.serviceRequest] { return Message(header, .other(Array("TK,#!AMR".utf8))) }
        var report = Report(keyword: "UD", signal: 100, battery: 80, status: 0)
        report.localTime = WallTime(microseconds: time.microseconds - time.microseconds % 1_000_000)
        report.place = Place(
            latitudeE7: 300_000_000, longitudeE7: 1_200_000_000, isFixed: true, speed: 3_600,
            course: 27_000, altitude: 4_500)
        for kind in kinds where kind != .position {
            guard let bit = sampleBit(kind) else { return nil }
            report.keyword = "AL"
            report.status = (report.status ?? 0) | 1 << UInt32(bit)
        }
        return Message(header, .report(report))
    }

    /// An alarm where there is one, and else a state.
    private static func sampleBit(_ kind: EventKind) -> Int? {
        conditions[..<bareAlarm].lastIndex { $0.kind == kind && $0.text == nil }
    }
}
