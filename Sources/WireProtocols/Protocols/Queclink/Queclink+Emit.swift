import AlarmModel

extension Queclink {
    /// Writes the report in the layout of the GL300.
    public static func emit(_ message: Message, into bytes: inout [UInt8]) {
        switch message.channel {
        case .live: bytes.append(ascii: "+RESP:")
        case .buffered: bytes.append(ascii: "+BUFF:")
        case .acknowledgement: bytes.append(ascii: "+ACK:")
        }
        bytes.append(message.name.code)
        bytes.append(Mark.comma)
        bytes.append(message.version)
        bytes.append(Mark.comma)
        bytes.append(message.address)
        bytes.append(ascii: ",,")
        if message.channel != .acknowledgement {
            if message.name == .information {
                emitInformation(message, into: &bytes)
            } else {
                emitBody(message, into: &bytes)
            }
        }
        emit(message.sentAt, into: &bytes)
        bytes.append(Mark.comma)
        // Four characters that are no number, where the end of the report was missing.
        if message.count == nil { bytes.append(ascii: "----") }
        message.count?.forEachDigit { bytes.append($0) }
        bytes.append(Mark.end)
    }

    private static func emitBody(_ message: Message, into bytes: inout [UInt8]) {
        let points = message.points.earlier + (message.points.last.map { [$0] } ?? [])
        bytes.append(ascii: text(message.id) + "," + text(message.type) + ",")
        bytes.append(ascii: "\(points.count),")
        for point in points { emit(point, into: &bytes) }
        // Accuracy to time, and the cell.
        if points.isEmpty { bytes.append(ascii: ",,,,,,,,,,,,") }
        bytes.append(ascii: text(message.batteryPercent) + ",")
    }

    private static func emit(_ point: Point, into bytes: inout [UInt8]) {
        bytes.append(ascii: "\(point.accuracy),")
        bytes.append(ascii: text(tenths: point.speed.map { Int32($0) }) + ",")
        bytes.append(ascii: text(point.azimuth) + ",")
        bytes.append(ascii: text(tenths: point.altitude) + ",")
        for degrees in [point.longitude, point.latitude] {
            let fraction = String(degrees.magnitude % 1_000_000)
            bytes.append(ascii: degrees < 0 ? "-" : "")
            bytes.append(ascii: "\(degrees.magnitude / 1_000_000).")
            bytes.append(ascii: String(repeating: "0", count: 6 - fraction.count) + fraction + ",")
        }
        // A time that is none is told by its digits.
        if point.time == nil { bytes.append(ascii: "00000000000000") }
        emit(point.time, into: &bytes)
        bytes.append(ascii: ",,,,,,")
    }

    private static func emitInformation(_ message: Message, into bytes: inout [UInt8]) {
        bytes.append(ascii: ",," + text(message.signal) + ",,,,,,,,,,,00000000000000,")
        bytes.append(ascii: text(message.batteryPercent) + ",")
    }

    private static func emit(_ time: WallTime?, into bytes: inout [UInt8]) {
        guard let civil = time.flatMap({ CivilTime($0) }) else { return }
        let date = civil.year * 10_000 + civil.month * 100 + civil.day
        let clock = civil.hour * 10_000 + civil.minute * 100 + civil.second
        let digits = String(date * 1_000_000 + clock)
        bytes.append(ascii: String(repeating: "0", count: 14 - digits.count) + digits)
    }

    private static func text(_ number: (some BinaryInteger)?) -> String {
        number.map { String($0) } ?? ""
    }

    private static func text(tenths: Int32?) -> String {
        guard let tenths else { return "" }
        return (tenths < 0 ? "-" : "") + "\(tenths.magnitude / 10).\(tenths.magnitude % 10)"
    }
}
