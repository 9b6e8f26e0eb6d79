import AlarmModel

extension DC09 {
    /// What the fields behind the data say: `[X007E20.000][Y49N06.666][I2nd floor]`. Keys,
    /// addresses, paths and the like are for machines, and stay in the raw frame.
    public struct ExtendedData: Equatable, Sendable {
        public private(set) var position: Position?
        /// When it happened, which may be long before it was sent.
        public private(set) var occurredAt: WallTime?
        /// Texts and places, in the order of the wire.
        public private(set) var words: String?

        @inline(__always)
        init(_ bytes: Span<UInt8>) {
            if !bytes.isEmpty { read(bytes) }
        }

        private mutating func read(_ bytes: Span<UInt8>) {
            var latitude: Int32?
            var longitude: Int32?
            var altitude: Int32?
            var offset = 0
            while offset + 1 < bytes.count {
                let identifier = bytes[offset + 1]
                let end = bytes.firstIndex(of: Mark.close, near: offset) ?? bytes.count
                let value = bytes.extracting(min(offset + 2, end)..<end)
                switch identifier {
                case UInt8(ascii: "X"): longitude = value.angleE7("E", "W", degreesMax: 180)
                case UInt8(ascii: "Y"): latitude = value.angleE7("N", "S", degreesMax: 90)
                case UInt8(ascii: "Z"): altitude = value.centimeters()
                case UInt8(ascii: "H"): occurredAt = value.dc09Time(at: 0, marked: false)
                default: if !value.isEmpty { readWords(identifier, value) }
                }
                offset = end + 1
            }
            guard let latitude, let longitude else { return }
            position = Position(
                latitudeE7: latitude, longitudeE7: longitude, isValid: true,
                altitudeCentimeters: altitude)
        }

        private mutating func readWords(_ identifier: UInt8, _ value: Span<UInt8>) {
            guard let name = Self.name(of: identifier) else { return }
            var text = value.string(0..<value.count)
            if identifier == UInt8(ascii: "T") {
                text = Self.triggers.first { $0.code == text }?.word ?? text
            }
            let part = name.isEmpty ? text : "\(name) \(text)"
            words = words.map { "\($0), \(part)" } ?? part
        }

        /// What stands in front of the value where a person reads it; nil for what nobody reads.
        private static func name(of identifier: UInt8) -> String? {
            switch identifier {
            case UInt8(ascii: "I"): ""
            case UInt8(ascii: "L"): "location"
            case UInt8(ascii: "O"): "building"
            case UInt8(ascii: "R"): "room"
            case UInt8(ascii: "S"): "site"
            case UInt8(ascii: "T"): "trigger"
            case UInt8(ascii: "V"): "verification"
            default: nil
            }
        }

        static let triggers: [(code: String, word: String)] = [
            ("F", "fire or smoke detector"), ("G", "gas detector"), ("W", "water detector"),
            ("S", "sensor"), ("C", "contact"), ("M", "by hand"),
        ]
    }
}

extension Span<UInt8> {
    /// `007E20.123`, degrees, hemisphere and minutes, in 1e-7 degrees; nil when it is none.
    fileprivate func angleE7(
        _ positive: Unicode.Scalar, _ negative: Unicode.Scalar, degreesMax: Int64
    ) -> Int32? {
        var offset = 0
        guard let degrees = number(from: &offset, digitsMax: 3), offset < count else { return nil }
        let hemisphere = self[offset]
        let isNegative = hemisphere == UInt8(ascii: negative)
        guard isNegative || hemisphere == UInt8(ascii: positive) else { return nil }
        offset += 1
        guard let minutes = decimalNumber(from: &offset, decimals: 6), offset == count,
            minutes < 60_000_000
        else { return nil }
        // A millionth of a minute is a sixth of 1e-7 degrees; rounded to the nearest.
        let angle = degrees * 10_000_000 + (minutes + 3) / 6
        guard angle <= degreesMax * 10_000_000 else { return nil }
        return Int32(isNegative ? -angle : angle)
    }

    /// `123.2M`, metres; nil when it is none.
    fileprivate func centimeters() -> Int32? {
        let isNegative = !isEmpty && self[0] == UInt8(ascii: "-")
        var offset = isNegative ? 1 : 0
        guard let value = decimalNumber(from: &offset, decimals: 2), offset == count - 1,
            self[offset] == UInt8(ascii: "M")
        else { return nil }
        return Int32(exactly: isNegative ? -value : value)
    }

    /// Digits with or without a fraction, in units of the last decimal; what is behind that is cut
    /// off. Nil when there is no digit, or more than six in front of the point.
    private func decimalNumber(from offset: inout Int, decimals: Int) -> Int64? {
        guard var value = number(from: &offset, digitsMax: 6) else { return nil }
        let hasFraction = offset < count && self[offset] == UInt8(ascii: ".")
        if hasFraction { offset += 1 }
        for _ in 0..<decimals {
            value *= 10
            if hasFraction, let digit = digit(at: offset) {
                value += digit
                offset += 1
            }
        }
        while hasFraction, digit(at: offset) != nil { offset += 1 }
        return value
    }

    private func number(from offset: inout Int, digitsMax: Int) -> Int64? {
        let start = offset
        var value: Int64 = 0
        while offset - start < digitsMax, let digit = digit(at: offset) {
            value = value * 10 + digit
            offset += 1
        }
        return offset > start ? value : nil
    }

    private func digit(at offset: Int) -> Int64? {
        guard offset < count, self[offset] &- UInt8(ascii: "0") < 10 else { return nil }
        return Int64(self[offset] &- UInt8(ascii: "0"))
    }
}
