import AlarmModel

extension NMEA {
    @inline(__always)
    public static func parse(_ frame: Span<UInt8>) throws(DecodeError) -> Message {
        guard let check = checkOffset(of: frame) else { throw .truncated }
        guard let commas = commas(inIntact: frame, check: check) else { throw .badField }
        let address = ShortText(littleEndian: frame.word(at: 0) >> 8, shortCount: 5)
        let fields = SentenceFields(commas, check: check)
        switch readType(of: frame, check: check) {
        case .rmc: return Message(rmc: address, frame, fields)
        case .gga: return Message(gga: address, frame, fields)
        case .gsa: return Message(gsa: address, frame, fields)
        case .zda: return Message(zda: address, frame, fields)
        case .other:
            return try other(
                frame, end: min(Field.address &+ commas.0.trailingZeroBitCount, check))
        }
    }

    /// Where the mark of the checksum is; nil when it is not in its place.
    @inline(__always)
    private static func checkOffset(of frame: Span<UInt8>) -> Int? {
        guard frame.count >= Field.shortest else { return nil }
        var end = frame.count
        if frame[end &- 1] == Mark.lineFeed { end &-= 1 }
        if frame[end &- 1] == Mark.carriageReturn { end &-= 1 }
        let check = end &- Field.checkLength
        return check > Field.address &+ 3 && frame[check] == Mark.check ? check : nil
    }

    /// `other` of all whose fields are not read.
    @inline(__always)
    private static func readType(of frame: Span<UInt8>, check: Int) -> SentenceType {
        let front = frame.word(at: 0)
        guard UInt8(truncatingIfNeeded: front) == Mark.start,
            (front >> 8).startsUpperAlphanumeric, check <= SentenceFields.textMax
        else { return .other }
        return SentenceType(word: UInt32(truncatingIfNeeded: front >> 24))
    }

    /// By its address alone, of which the last characters are left out where it is too long. Four
    /// are the least that any has.
    @inline(never)
    private static func other(_ frame: Span<UInt8>, end: Int) throws(DecodeError) -> Message {
        guard hasAddress(frame) else { throw .unknownFormat }
        var address = ShortText()
        for index in Field.address..<min(end, Field.address + ShortText.capacity) {
            guard frame[index].isUpperAlphanumeric else { throw .unknownFormat }
            address.append(frame[index])
        }
        return Message(address, .other, isFix: true)
    }

    /// The commas of a sentence whose checksum is that of its bytes, all of which may be there; nil
    /// of any other.
    @inline(__always)
    private static func commas(inIntact frame: Span<UInt8>, check: Int) -> (UInt64, UInt64)? {
        guard frame[0] == Mark.start || frame[0] == Mark.otherStart else { return nil }
        let survey = frame.survey(
            Field.address..<check, delimiter: Mark.comma, bound: Mark.start + 1)
        let declared = UInt64(frame.uint16LE(at: check &+ 1)).capitalHexASCII
        guard declared == UInt64(capitalHexASCII: survey.sum) else { return nil }
        if survey.hasLess {
            // A blank is nothing foreign, and frequent in text.
            for index in Field.address..<check where isForeign(frame[index]) { return nil }
        }
        return survey.delimiters
    }
}

extension NMEA.SentenceType {
    /// - Parameter word: the three letters behind the talker and the comma behind them, the first
    ///   letter lowest.
    @inline(__always)
    init(word: UInt32) {
        switch word {
        case 0x2C43_4D52: self = .rmc
        case 0x2C41_4747: self = .gga
        case 0x2C41_5347: self = .gsa
        case 0x2C41_445A: self = .zda
        default: self = .other
        }
    }
}

/// Each reads all fields before it makes the message, which is then written in one go.
extension NMEA.Message {
    /// `time, A, latitude, N, longitude, E, knots, course, date, variation, E, mode`
    @inline(always)
    fileprivate init(rmc address: ShortText, _ frame: Span<UInt8>, _ unread: SentenceFields) {
        var fields = unread
        let time = frame.timeOfDay(fields.next())
        let isActive = frame.letter(fields.next()) == UInt8(ascii: "A")
        let latitude = frame.degrees(fields.next(), fields.next(), .latitude)
        let longitude = frame.degrees(fields.next(), fields.next(), .longitude)
        let speed = frame.decimal(fields.next(), places: 3)
        let course = frame.decimal(fields.next(), places: 2)
        let date = frame.date(fields.next())
        fields.skip(2)
        let mode = frame.letter(fields.next())
        // None, by hand, simulated.
        let isNone =
            mode == UInt8(ascii: "N") || mode == UInt8(ascii: "M") || mode == UInt8(ascii: "S")
        self.init(
            address, .rmc, isFix: isActive && !isNone, time: time, date: date, latitude: latitude,
            longitude: longitude, speed: speed >= 0 ? speed : .min,
            course: course >= 0 && course <= 36_000 ? (course == 36_000 ? 0 : course) : .min)
    }

    /// `time, latitude, N, longitude, E, quality, satellites, dilution, altitude, M, ...`
    @inline(always)
    fileprivate init(gga address: ShortText, _ frame: Span<UInt8>, _ unread: SentenceFields) {
        var fields = unread
        let time = frame.timeOfDay(fields.next())
        let latitude = frame.degrees(fields.next(), fields.next(), .latitude)
        let longitude = frame.degrees(fields.next(), fields.next(), .longitude)
        let quality = frame.letter(fields.next())
        _ = fields.next()
        let dilution = frame.decimal(fields.next(), places: 2)
        let altitude = frame.decimal(fields.next(), places: 2)
        // By hand, simulated.
        let isNone = quality == UInt8(ascii: "7") || quality == UInt8(ascii: "8")
        self.init(
            address, .gga, isFix: quality &- UInt8(ascii: "1") < 9 && !isNone, time: time,
            latitude: latitude, longitude: longitude, altitude: altitude, dilution: dilution)
    }

    /// `M, fix`, twelve satellites, `PDOP, HDOP, VDOP`
    @inline(always)
    fileprivate init(gsa address: ShortText, _ frame: Span<UInt8>, _ unread: SentenceFields) {
        var fields = unread
        _ = fields.next()
        let fix = frame.letter(fields.next())
        fields.skip(13)
        self.init(
            address, .gsa, isFix: fix != UInt8(ascii: "1"),
            dilution: frame.decimal(fields.next(), places: 2))
    }

    /// `time, day, month, year, ...`
    fileprivate init(zda address: ShortText, _ frame: Span<UInt8>, _ unread: SentenceFields) {
        var fields = unread
        let time = frame.timeOfDay(fields.next())
        let day = frame.number(fields.next(), digits: 1...2)
        let month = frame.number(fields.next(), digits: 1...2)
        let year = frame.number(fields.next(), digits: 4...4)
        let isDate = day >= 0 && month >= 0 && year >= 0
        self.init(
            address, .zda, isFix: true, time: time,
            date: isDate ? (year &* 100 &+ month) &* 100 &+ day : .min)
    }
}
