import AlarmModel

extension NMEA {
    /// Writes the sentence with every field that is read, and its checksum.
    public static func emit(_ message: Message, into bytes: inout [UInt8]) {
        var text: [UInt8] = []
        text.append(message.address)
        switch message.type {
        case .rmc: emitRMC(message, into: &text)
        case .gga: emitGGA(message, into: &text)
        case .gsa:
            text.append(ascii: message.isFix ? ",A,3" : ",A,1")
            text.append(ascii: ",,,,,,,,,,,,,,\(fixedPoint(message.dilution, 2)),")
        case .zda:
            text.append(Mark.comma)
            text.append(time: message.time)
            text.append(ascii: message.date.map { ",\($0 % 100),\($0 / 100 % 100)," } ?? ",,,")
            if let date = message.date { text.append(decimal: date / 10_000, digits: 4) }
            text.append(ascii: ",00,00")
        case .other: break
        }
        bytes.append(Mark.start)
        bytes += text
        bytes.append(Mark.check)
        for digit in hexText([Checksums.xor8(text.span)]).uppercased().utf8 { bytes.append(digit) }
        bytes += [Mark.carriageReturn, Mark.lineFeed]
    }

    private static func emitRMC(_ message: Message, into text: inout [UInt8]) {
        text.append(Mark.comma)
        text.append(time: message.time)
        text.append(ascii: message.isFix ? ",A," : ",V,")
        text.append(placeOf: message)
        text.append(ascii: ",\(fixedPoint(message.speed, 3)),\(fixedPoint(message.course, 2)),")
        if let date = message.date {
            for part in [date % 100, date / 100 % 100, date / 10_000 % 100] {
                text.append(decimal: part, digits: 2)
            }
        }
        text.append(ascii: message.isFix ? ",,,A" : ",,,N")
    }

    private static func emitGGA(_ message: Message, into text: inout [UInt8]) {
        text.append(Mark.comma)
        text.append(time: message.time)
        text.append(Mark.comma)
        text.append(placeOf: message)
        text.append(ascii: ",\(message.isFix ? 1 : 0),,\(fixedPoint(message.dilution, 2)),")
        text.append(ascii: "\(fixedPoint(message.altitude, 2)),M,,M,,")
    }

    private static func fixedPoint(_ value: Int32?, _ places: Int) -> String {
        value.map { fixedPointText(Int64($0), decimals: places) } ?? ""
    }
}

extension [UInt8] {
    /// `hhmmss.sss`
    fileprivate mutating func append(time: Int32?) {
        guard let time else { return }
        let second = time / 1_000
        append(
            decimal: second / 3_600 * 10_000 + second / 60 % 60 * 100 + second % 60, digits: 6)
        append(UInt8(ascii: "."))
        append(decimal: time % 1_000, digits: 3)
    }

    fileprivate mutating func append(placeOf message: NMEA.Message) {
        guard let place = message.place else { return append(ascii: ",,,") }
        append(place.latitudeE7, wholeDigits: 2)
        append(ascii: place.latitudeE7 < 0 ? ",S," : ",N,")
        append(place.longitudeE7, wholeDigits: 3)
        append(ascii: place.longitudeE7 < 0 ? ",W" : ",E")
    }

    /// In minutes 1e-7 degrees have seven decimals, and none is lost.
    private mutating func append(_ degreesE7: Int32, wholeDigits: Int) {
        let (degrees, rest) = UInt64(degreesE7.magnitude)
            .quotientAndRemainder(dividingBy: 10_000_000)
        append(decimal: degrees, digits: wholeDigits)
        append(decimal: rest * 60 / 10_000_000, digits: 2)
        append(UInt8(ascii: "."))
        append(decimal: rest * 60 % 10_000_000, digits: 7)
    }
}
