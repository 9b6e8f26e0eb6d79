import AlarmModel

extension EV07B {
    public static func emit(_ message: Message, into bytes: inout [UInt8]) {
        var body = [message.header.command]
        if !message.address.isEmpty {
            body += [UInt8(1 + message.address.count), Key.imei]
            body.append(message.address)
        }
        emit(message.requests, into: &body)
        switch message.body {
        case .report(let report): emit(report, into: &body)
        case .batch(let reports):
            var before: Report?
            for report in reports {
                emit(report, behind: before, into: &body)
                before = report
            }
        case .other(let records): body += records
        }
        // A record without a key does not add up.
        if message.isDamaged { body.append(0) }
        emit(body, under: message.header, into: &bytes)
    }

    /// Appends a frame with this body, which holds the command.
    static func emit(_ body: [UInt8], under header: Header, into bytes: inout [UInt8]) {
        bytes += [start, header.properties]
        bytes.append(uint16LE: UInt16(truncatingIfNeeded: body.count))
        bytes.append(uint16LE: Checksums.crc16xmodem(body.span))
        bytes.append(uint16LE: header.sequence)
        bytes += body
    }

    private static func emit(_ requests: Requests, into body: inout [UInt8]) {
        if requests.contains(.heartbeat) { body += [1, Key.heartbeat] }
        if requests.contains(.address) { body += [1, Key.addressRequest] }
        if requests.contains(.time) { body += [1, Key.timeRequest] }
        if requests.contains(.weather) { body += [1, Key.weatherRequest] }
    }

    /// - Parameter before: the report in front; what both have goes first, for it parts them.
    private static func emit(
        _ report: Report, behind before: Report? = nil, into body: inout [UInt8]
    ) {
        let areFixes =
            before?.place?.source == .satellites && report.place?.source == .satellites
        let records = [
            (parts: before?.general != nil, bytes: report.general.map(record) ?? []),
            (parts: before?.alarm != nil, bytes: report.alarm.map(record) ?? []),
            (parts: areFixes, bytes: report.place.map(record) ?? []),
        ]
        for record in records where record.parts { body += record.bytes }
        for record in records where !record.parts { body += record.bytes }
        if !report.placeName.isEmpty {
            // A beacon with a name and no coordinates: flags, hardware address, two levels.
            body += [UInt8(10 + report.placeName.count), Key.beacon, 0x40]
            body += [UInt8](repeating: 0, count: 8)
            body.append(report.placeName)
        }
        if let battery = report.battery { body += [4, Key.battery, battery, 0, 0] }
    }

    private static func record(_ general: General) -> [UInt8] {
        var record: [UInt8] = [9, Key.general]
        record.append(uint32LE: general.time)
        record.append(uint32LE: general.status)
        return record
    }

    private static func record(_ alarm: Alarm) -> [UInt8] {
        var record: [UInt8] = [13, Key.alarm]
        record.append(uint32LE: UInt32(truncatingIfNeeded: alarm.bits))
        record.append(uint32LE: alarm.time)
        record.append(uint32LE: UInt32(truncatingIfNeeded: alarm.bits >> 32))
        return record
    }

    private static func record(_ place: Place) -> [UInt8] {
        var record: [UInt8]
        switch place.source {
        case .satellites: record = [22, Key.gps]
        case .estimate: record = [13, Key.estimate]
        case .beacon: record = [15, Key.blePlace] + [UInt8](repeating: 0, count: 6)
        }
        record.append(uint32LE: UInt32(bitPattern: place.latitude))
        record.append(uint32LE: UInt32(bitPattern: place.longitude))
        switch place.source {
        case .satellites:
            record.append(uint16LE: place.speed)
            record.append(uint16LE: place.course)
            record.append(uint16LE: UInt16(bitPattern: place.altitude))
            record.append(uint16LE: place.precision)
            // Mileage and satellites.
            record += [UInt8](repeating: 0, count: 5)
        case .estimate:
            record.append(uint16LE: place.precision)
            record.append(uint16LE: UInt16(bitPattern: place.altitude))
        case .beacon: break
        }
        return record
    }
}
