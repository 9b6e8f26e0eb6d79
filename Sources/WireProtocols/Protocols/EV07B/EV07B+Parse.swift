import AlarmModel

extension EV07B {
    public static func parse(_ frame: Span<UInt8>) throws(DecodeError) -> Message {
        guard frame.count > Field.body,
            frame.count - Field.body == Int(frame.uint16LE(at: Field.length))
        else { throw .truncated }
        let header = Header(frame)
        if header.isEncrypted { throw .unknownFormat }
        guard header.command == Command.data || header.command == Command.services else {
            let records = frame.extracting(Field.body + Field.records..<frame.count)
            return Message(header, .other(records.array()))
        }
        var reader = RecordReader(isServices: header.command == Command.services)
        reader.read(frame)
        return Message(
            header, address: reader.address, requests: reader.requests,
            isDamaged: reader.isDamaged,
            reader.earlier.isEmpty
                ? .report(reader.report) : .batch(reader.earlier + [reader.report]))
    }
}

/// Takes the records of one frame into reports.
///
/// A report ends where general data, an alarm or a fix comes again: that is how devices put several
/// in a frame.
private struct RecordReader {
    let isServices: Bool
    var address = ShortText()
    var requests = EV07B.Requests()
    var isDamaged = false
    var report = EV07B.Report()
    /// All but the last.
    var earlier: [EV07B.Report] = []

    @inline(__always)
    init(isServices: Bool) { self.isServices = isServices }

    /// Records that run over the end are read as far as they go, for what is broken in one must not
    /// cost the alarm in another.
    @inline(__always)
    mutating func read(_ frame: Span<UInt8>) {
        var offset = EV07B.Field.body &+ EV07B.Field.records
        while offset &+ 1 < frame.count {
            let length = Int(frame[offset])
            let end = offset &+ 1 &+ length
            if length == 0 || end > frame.count { isDamaged = true }
            if length == 0 { return }
            take(
                key: frame[offset &+ 1], frame.extracting(offset &+ 2..<min(end, frame.count)))
            offset = end
        }
        if offset < frame.count { isDamaged = true }
    }

    @inline(__always)
    private mutating func take(key: UInt8, _ value: Span<UInt8>) {
        switch key {
        case EV07B.Key.general where value.count >= 8:
            if report.general != nil { beginNext() }
            let word = value.word(at: 0)
            report.general = EV07B.General(
                time: UInt32(truncatingIfNeeded: word),
                status: UInt32(truncatingIfNeeded: word >> 32))
        case EV07B.Key.gps where value.count >= 16:
            if report.place?.source == .satellites { beginNext() }
            place(satellites(value))
        case EV07B.Key.imei:
            if address.isEmpty { address = EV07B.imei(value) }
        default: takeOther(key: key, value)
        }
    }

    private mutating func takeOther(key: UInt8, _ value: Span<UInt8>) {
        switch key {
        case EV07B.Key.alarm: takeAlarm(value)
        case EV07B.Key.battery where value.count == 3: report.battery = value[0]
        case EV07B.Key.estimate where value.count >= 12:
            place(
                EV07B.Place(
                    .estimate, latitude: value.int32LE(at: 0), longitude: value.int32LE(at: 4),
                    altitude: Int16(bitPattern: value.uint16LE(at: 10)),
                    precision: value.uint16LE(at: 8)))
        case EV07B.Key.blePlace, EV07B.Key.blePlaceHigh:
            takeBeacon(value, at: 6, hasPlace: true, hasName: key == EV07B.Key.blePlace)
        case EV07B.Key.homeWiFi: takeFlagged(value, head: 8)
        case EV07B.Key.beacon: takeFlagged(value, head: 9)
        case EV07B.Key.beaconWithBattery: takeFlagged(value, head: 10, hasNameLength: true)
        case EV07B.Key.heartbeat where isServices: requests.insert(.heartbeat)
        case EV07B.Key.addressRequest where isServices: requests.insert(.address)
        case EV07B.Key.timeRequest where isServices: requests.insert(.time)
        case EV07B.Key.weatherRequest where isServices: requests.insert(.weather)
        default: break
        }
    }

    private mutating func beginNext() {
        earlier.append(report)
        report = EV07B.Report()
    }

    private mutating func takeAlarm(_ value: Span<UInt8>) {
        guard value.count >= 4 else {
            isDamaged = true
            return
        }
        if report.alarm != nil { beginNext() }
        var alarm = EV07B.Alarm(bits: UInt64(value.uint32LE(at: 0)))
        if value.count >= 8 { alarm.time = value.uint32LE(at: 4) }
        if value.count >= 12 { alarm.bits |= UInt64(value.uint32LE(at: 8)) << 32 }
        report.alarm = alarm
    }

    @inline(__always)
    private func satellites(_ value: Span<UInt8>) -> EV07B.Place {
        let place = value.word(at: 0)
        let motion = value.word(at: 8)
        return EV07B.Place(
            .satellites, latitude: Int32(truncatingIfNeeded: place),
            longitude: Int32(truncatingIfNeeded: place >> 32),
            speed: UInt16(truncatingIfNeeded: motion),
            course: UInt16(truncatingIfNeeded: motion >> 16),
            altitude: Int16(truncatingIfNeeded: motion >> 32),
            precision: UInt16(truncatingIfNeeded: motion >> 48))
    }

    /// Of several places the first that is valid counts.
    @inline(__always)
    private mutating func place(_ place: EV07B.Place) {
        if let known = report.place, known.isValid || !place.isValid { return }
        report.place = place
    }

    /// Bit 7 of the first byte says that coordinates follow the head, bit 6 that a name does.
    private mutating func takeFlagged(
        _ value: Span<UInt8>, head: Int, hasNameLength: Bool = false
    ) {
        guard value.count >= head else { return }
        takeBeacon(
            value, at: head, hasPlace: value[0] & 0x80 != 0, hasName: value[0] & 0x40 != 0,
            hasNameLength: hasNameLength)
    }

    private mutating func takeBeacon(
        _ value: Span<UInt8>, at head: Int, hasPlace: Bool, hasName: Bool,
        hasNameLength: Bool = false
    ) {
        var offset = head
        if hasPlace {
            guard offset + 8 <= value.count else { return }
            place(
                EV07B.Place(
                    .beacon, latitude: value.int32LE(at: offset),
                    longitude: value.int32LE(at: offset + 4)))
            offset += 8
        }
        if hasNameLength { offset += 1 }
        guard hasName, offset < value.count, report.placeName.isEmpty else { return }
        report.placeName = EV07B.name(value.extracting(offset..<value.count))
    }
}

extension EV07B {
    /// 15 digits in the usual case. What else is printable stands for itself, so that an alarm is
    /// not without a device because its name is unusual; anything else names none.
    @inline(__always)
    fileprivate static func imei(_ value: Span<UInt8>) -> ShortText {
        guard value.count == 15 else { return unusualName(value) }
        let low = value.word(at: 0)
        let high = value.word(at: 7)
        guard low.isDecimalASCII, high.isDecimalASCII else { return unusualName(value) }
        return ShortText(littleEndian: low, high >> 8, count: 15)
    }

    private static func unusualName(_ value: Span<UInt8>) -> ShortText {
        for index in value.indices where value[index] <= 0x20 || value[index] > 0x7E {
            return ShortText()
        }
        return value.shortText(0..<value.count) ?? ShortText()
    }

    /// The name of a place: as many whole characters as there is room for, up to a zero.
    fileprivate static func name(_ value: Span<UInt8>) -> ShortText {
        var end = 0
        while end < value.count, end <= ShortText.capacity, value[end] != 0 { end += 1 }
        if end > ShortText.capacity {
            end = ShortText.capacity
            while end > 0, value[end] & 0xC0 == 0x80 { end -= 1 }
        }
        return value.shortText(0..<end) ?? ShortText()
    }
}

extension Span<UInt8> {
    @inline(__always)
    fileprivate func int32LE(at offset: Int) -> Int32 { Int32(bitPattern: uint32LE(at: offset)) }
}
