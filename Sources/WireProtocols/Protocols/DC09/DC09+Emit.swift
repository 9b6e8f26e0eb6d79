import AlarmModel

extension DC09 {
    /// Writes the message with its fields in the order of the standard.
    public static func emit(_ message: Message, into bytes: inout [UInt8]) {
        var text: [UInt8] = []
        text.append(Mark.quote)
        if case .sealed = message.content { text.append(Mark.sealed) }
        text.append(message.header.token.name)
        text.append(Mark.quote)
        text.append(decimal: message.header.sequence, digits: 4)
        for number in [message.header.receiver, message.header.line] {
            for index in 0..<number.count {
                text.append(UInt8(truncatingIfNeeded: number.word >> UInt64(index * 8)))
            }
        }
        text.append(Mark.account)
        text.append(message.header.account)
        text.append(Mark.open)
        switch message.content {
        case .sealed(let digits): text += digits
        case .plain(let body): append(body, to: &text)
        }
        bytes.append(Mark.lineFeed)
        bytes.append(hex: Checksums.crc16arc(text.span))
        bytes.append(hex: UInt16(truncatingIfNeeded: text.count))
        bytes += text
        bytes.append(Mark.carriageReturn)
    }

    private static func append(_ body: Body, to text: inout [UInt8]) {
        if !body.account.isEmpty {
            text.append(Mark.account)
            text.append(body.account)
        }
        switch body.report {
        case .none: break
        case .contactID(let event):
            text.append(Mark.bar)
            text.append(decimal: event.qualifier.rawValue, digits: 1)
            text.append(decimal: event.code, digits: 3)
            text.append(ascii: " ")
            text.append(decimal: event.partition, digits: 2)
            text.append(ascii: " ")
            text.append(decimal: event.zone, digits: 3)
        case .sia(let block):
            text.append(Mark.bar)
            text += block
        case .other(let data): text += data
        }
        text.append(Mark.close)
        append(body.extended, to: &text)
        if let timestamp = body.timestamp { text += timeText(timestamp) }
    }

    /// All words as one information field. They may be longer than the fields that they come from,
    /// and are left out where the frame has no room for them.
    private static func append(_ extended: ExtendedData, to text: inout [UInt8]) {
        if let place = extended.position {
            append("X", place.longitudeE7, degreeDigits: 3, "E", "W", to: &text)
            append("Y", place.latitudeE7, degreeDigits: 2, "N", "S", to: &text)
            if let altitude = place.altitudeCentimeters {
                text.append(ascii: "[Z\(fixedPointText(Int64(altitude), decimals: 2))M]")
            }
        }
        if let time = extended.occurredAt {
            text.append(ascii: "[H")
            text += timeText(time).dropFirst()
            text.append(Mark.close)
        }
        if let words = extended.words, text.count + words.utf8.count < Field.lengthMax - 25 {
            text.append(ascii: "[I\(words)]")
        }
    }

    /// `[X007E20.123]`: degrees, hemisphere, and minutes with three decimals, or with six, which
    /// lose nothing.
    private static func append(
        _ name: String, _ angleE7: Int32, degreeDigits: Int, _ positive: String,
        _ negative: String, to text: inout [UInt8]
    ) {
        let (degrees, rest) = angleE7.magnitude.quotientAndRemainder(dividingBy: 10_000_000)
        text.append(ascii: "[\(name)")
        text.append(decimal: degrees, digits: degreeDigits)
        text.append(ascii: angleE7 < 0 ? negative : positive)
        text.append(decimal: rest * 6 / 1_000_000, digits: 2)
        text.append(UInt8(ascii: "."))
        let millionths = rest * 6 % 1_000_000
        let isShort = millionths % 1_000 == 0
        text.append(
            decimal: isShort ? millionths / 1_000 : millionths, digits: isShort ? 3 : 6)
        text.append(Mark.close)
    }

    /// `_HH:MM:SS,MM-DD-YYYY` in UTC; empty outside the years 1 to 9999.
    static func timeText(_ time: WallTime) -> [UInt8] {
        guard let civil = CivilTime(time) else { return [] }
        var text: [UInt8] = []
        for (mark, value, digits) in [
            ("_", civil.hour, 2), (":", civil.minute, 2), (":", civil.second, 2),
            (",", civil.month, 2), ("-", civil.day, 2), ("-", civil.year, 4),
        ] {
            text.append(ascii: mark)
            text.append(decimal: value, digits: digits)
        }
        return text
    }

    /// An ADM-CID message where one kind has a code, a SIA-DCS block for several, NULL for
    /// `checkIn` and XNM for a position alone. A position is extended data.
    public static func sample(
        of kinds: [EventKind], device: UInt32, serial: UInt32, at time: WallTime
    ) -> Message? {
        let alarms = kinds.filter { $0 != .position }
        let extended = alarms.count < kinds.count ? "[X120E00.000][Y30N00.000][Z45.0M]" : ""
        let account = sampleAccount(of: device)
        let second = WallTime(microseconds: time.microseconds / 1_000_000 * 1_000_000)
        func message(_ token: Token, _ report: Report) -> Message? {
            let isCounted = report != .none
            let inner = isCounted ? account : ""
            guard
                let header = Header(
                    token, sequence: isCounted ? UInt16(serial % 9_999 + 1) : 0, account: account),
                let body = Body(report, account: inner, extended: extended, timestamp: second)
            else { return nil }
            return Message(header, body)
        }
        if alarms.isEmpty { return message(.extendedNull, .none) }
        if alarms == [.checkIn] { return message(extended.isEmpty ? .null : .extendedNull, .none) }
        let zone = device % 999 + 1
        if alarms.count == 1 {
            return ContactIDCodes.plainest(of: alarms[0]).flatMap {
                ContactIDEvent(qualifier: .begun, code: $0, partition: 1, zone: UInt16(zone))
            }.flatMap { message(.contactID, .contactID($0)) }
        }
        var block = "Nri1"
        for kind in alarms {
            guard let code = SIACodes.plainest(of: kind) else { return nil }
            block += "/\(code)\(zone)"
        }
        return message(.sia, .sia(Array(block.utf8)))
    }

    /// At least four hexadecimal digits in capitals.
    private static func sampleAccount(of device: UInt32) -> ShortText {
        let digits = String(device, radix: 16, uppercase: true)
        return ShortText(String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits)
    }
}

extension [UInt8] {
    fileprivate mutating func append(hex value: UInt16) {
        for shift: UInt16 in [12, 8, 4, 0] {
            append(DC09.capitalHexDigit(UInt8(truncatingIfNeeded: value >> shift)))
        }
    }
}
