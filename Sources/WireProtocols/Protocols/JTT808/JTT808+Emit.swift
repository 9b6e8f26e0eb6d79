import AlarmModel

extension JTT808 {
    public static func emit(_ message: Message, into bytes: inout [UInt8]) {
        let header = message.header
        var body: [UInt8] = []
        emit(message.body, into: &body)
        var content: [UInt8] = []
        content.append(uint16: header.id)
        content.append(
            uint16: UInt16(body.count) & 0x03FF
                | (header.part == nil ? 0 : Attributes.part)
                | (header.version == nil ? 0 : Attributes.edition2019))
        if let version = header.version { content.append(version) }
        if let high = header.number.high { content.append(uint16: high) }
        if header.number.high != nil { content.append(uint16: UInt16(header.number.low >> 48)) }
        content.append(uint16: UInt16(truncatingIfNeeded: header.number.low >> 32))
        content.append(uint32: UInt32(truncatingIfNeeded: header.number.low))
        content.append(uint16: header.serial)
        if let part = header.part {
            content.append(uint16: part.total)
            content.append(uint16: part.number)
        }
        content += body
        content.append(Checksums.xor8(content.span))
        bytes.append(delimiter)
        for byte in content {
            if byte == delimiter || byte == escape {
                bytes.append(escape)
                bytes.append(byte &- 0x7C)
            } else {
                bytes.append(byte)
            }
        }
        bytes.append(delimiter)
    }

    private static func emit(_ body: Body, into bytes: inout [UInt8]) {
        switch body {
        case .location(let report): emit(report, into: &bytes)
        case .answer(let serial, let report):
            bytes.append(uint16: serial)
            emit(report, into: &bytes)
        case .batch(let batch):
            // A count that disagrees is how a batch is damaged.
            bytes.append(uint16: UInt16(batch.reports.count) + (batch.isDamaged ? 1 : 0))
            bytes.append(batch.type)
            for report in batch.reports {
                var one: [UInt8] = []
                emit(report, into: &one)
                bytes.append(uint16: UInt16(one.count))
                bytes += one
            }
        case .heartbeat(let heartbeat):
            for field in [heartbeat.battery, heartbeat.signal, heartbeat.status] {
                guard let field else { return }
                bytes.append(field)
            }
        case .other(let other): bytes += other
        }
    }

    private static func emit(_ report: LocationReport, into bytes: inout [UInt8]) {
        bytes.append(uint32: report.alarm)
        bytes.append(uint32: report.status)
        bytes.append(uint32: report.latitude)
        bytes.append(uint32: report.longitude)
        bytes.append(uint16: UInt16(bitPattern: report.altitude))
        bytes.append(uint16: report.speed)
        bytes.append(uint16: report.course)
        emit(report.localTime, into: &bytes)
        if let signal = report.signal { bytes += [ItemID.signal, 1, signal] }
        if let percent = report.batteryPercent { bytes += [ItemID.batteryE1, 1, percent] }
        for index in 0..<Int(report.areas.count) {
            // Of those beyond the capacity only their number counts.
            emit(report.areas[min(index, AreaAlarms.capacity - 1)], into: &bytes)
        }
    }

    private static func emit(_ area: AreaAlarm, into bytes: inout [UInt8]) {
        bytes += [ItemID.area, 6, area.placeType]
        bytes.append(uint32: area.id)
        bytes.append(area.direction)
    }

    /// Two digits a byte; a clock that was never set sends zeros.
    private static func emit(_ time: WallTime?, into bytes: inout [UInt8]) {
        guard let civil = time.flatMap({ CivilTime($0) }) else {
            return bytes.append(contentsOf: repeatElement(0, count: 6))
        }
        for value in [
            civil.year % 100, civil.month, civil.day, civil.hour, civil.minute, civil.second,
        ] {
            bytes.append(UInt8((value / 10) << 4 | value % 10))
        }
    }
}
