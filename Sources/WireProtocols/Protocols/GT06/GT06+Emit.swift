import AlarmModel

extension GT06 {
    public static func emit(_ message: Message, into bytes: inout [UInt8]) {
        emit(type: message.type, serial: message.serial, isLong: message.isLong, into: &bytes) {
            switch message.body {
            case .login(let login): emit(login, into: &$0)
            case .report(let report): emit(report, layout(of: message.type), into: &$0)
            case .modular(let items): $0 += items
            case .echo: break
            case .other(let content): $0 += content
            }
        }
    }

    /// A whole frame around what `content` appends.
    static func emit(
        type: UInt8, serial: UInt16, isLong: Bool, into bytes: inout [UInt8],
        content: (inout [UInt8]) -> Void
    ) {
        var inner: [UInt8] = [type]
        content(&inner)
        inner.append(uint16: serial)
        let length = UInt16(inner.count + 2)
        var checked = [UInt8(truncatingIfNeeded: length)]
        if isLong { checked.insert(UInt8(length >> 8), at: 0) }
        checked += inner
        checked.append(uint16: Checksums.crc16x25(checked.span))
        bytes += isLong ? [Mark.long, Mark.long] : [Mark.short, Mark.short]
        bytes += checked
        bytes += [Mark.carriageReturn, Mark.lineFeed]
    }

    private static func emit(_ login: Login, into bytes: inout [UInt8]) {
        bytes.append(uint32: UInt32(truncatingIfNeeded: login.identity >> 32))
        bytes.append(uint32: UInt32(truncatingIfNeeded: login.identity))
        if let model = login.model { bytes.append(uint16: model) }
        if let zone = login.zone { bytes.append(uint16: zone) }
    }

    /// Content that is too short for its type is one byte: none at all would be an echo.
    private static func emit(_ report: Report, _ layout: Layout, into bytes: inout [UInt8]) {
        switch layout {
        case .location(let tellsLate, let isWide):
            emit(report.place, at: report.localTime, into: &bytes)
            bytes += repeatElement(0, count: isWide ? 15 : 8)
            if tellsLate { bytes += [0, 0, report.isLate ? 1 : 0] }
        case .alarm:
            guard let place = report.place else { return bytes.append(0) }
            emit(place, at: report.localTime, into: &bytes)
            emit(report, cellLength: 8, batteryBytes: 1, into: &bytes)
            if let fence = report.fence { bytes.append(fence) }
        case .heartbeat(let batteryBytes):
            emit(report, cellLength: nil, batteryBytes: batteryBytes, into: &bytes)
            if bytes.count == 1 { bytes.append(0) }
        case .cellAlarm(let isWide):
            emit(report, cellLength: isWide ? 15 : 8, batteryBytes: 1, into: &bytes)
            if bytes.count == 1 { bytes.append(0) }
        case .accessPointAlarm:
            emit(report.localTime, into: &bytes)
            if let alarm = report.alarm { emit(alarm: alarm, into: &bytes) }
        case .timed, .login, .modular, .sign, .unknown:
            emit(report.localTime, into: &bytes)
        }
    }

    private static func emit(
        _ place: Place?, at time: WallTime?, into bytes: inout [UInt8]
    ) {
        let place = place ?? Place(latitude: 0, longitude: 0, course: 0)
        emit(time, into: &bytes)
        // Twelve bytes of place, nine satellites.
        bytes.append(0xC9)
        bytes.append(uint32: place.latitude)
        bytes.append(uint32: place.longitude)
        bytes.append(place.speed)
        bytes.append(uint16: place.course)
    }

    /// - Parameter cellLength: of a cell with its length in front; nil where there is none.
    private static func emit(
        _ report: Report, cellLength: Int?, batteryBytes: Int, into bytes: inout [UInt8]
    ) {
        guard let state = report.state else { return }
        if let cellLength {
            bytes.append(UInt8(cellLength + 1))
            bytes += repeatElement(0, count: cellLength)
        }
        bytes.append(state.information)
        bytes += batteryBytes == 1 ? [state.batteryLevel ?? 0] : [0, 0]
        bytes.append(state.signalLevel)
        if let alarm = report.alarm { emit(alarm: alarm, into: &bytes) }
    }

    /// The alarm and, below its high part, the language: English.
    private static func emit(alarm: UInt16, into bytes: inout [UInt8]) {
        bytes.append(UInt8(truncatingIfNeeded: alarm))
        bytes.append(UInt8(truncatingIfNeeded: (alarm >> 8) << 4) | 0x02)
    }

    /// A clock that was never set sends zeros.
    private static func emit(_ time: WallTime?, into bytes: inout [UInt8]) {
        guard let civil = time.flatMap({ CivilTime($0) }) else {
            return bytes.append(contentsOf: repeatElement(0, count: 6))
        }
        for value in [
            civil.year % 100, civil.month, civil.day, civil.hour, civil.minute, civil.second,
        ] {
            bytes.append(UInt8(value))
        }
    }

    /// A login for `checkIn`, a location for `position`, and else an alarm, of which a second kind
    /// stands in the information byte.
    ///
    /// Only the login names the device; what comes without one differs from device to device in its
    /// place.
    public static func sample(
        of kinds: [EventKind], device: UInt32, serial: UInt32, at time: WallTime
    ) -> Message? {
        let serial = UInt16(truncatingIfNeeded: serial)
        var report = Report()
        report.state = State(batteryLevel: 6, signalLevel: 4)
        report.alarm = 0
        if kinds == [.checkIn] {
            let identity = UInt64(String(device), radix: 16) ?? 0
            return Message(type: TypeID.login, serial: serial, .login(Login(identity: identity)))
        }
        // 30 degrees north and 120 east and up, fixed, to the west.
        report.place = Place(
            latitude: 54_000_000, longitude: 216_000_000 + device % 1_000_000, speed: 4,
            course: 1 << 10 | 1 << 12 | 270)
        let microseconds = time.microseconds
        report.localTime = WallTime(microseconds: microseconds - microseconds % 1_000_000)
        let alarms = kinds.filter { !$0.isTelemetry }
        guard !alarms.isEmpty else {
            report.state = nil
            report.alarm = nil
            return Message(type: TypeID.location, serial: serial, .report(report))
        }
        for (first, second) in sampleOrders(alarms) {
            guard let alarm = sampleAlarm(first),
                let value = sampleInformation(second),
                !information[value].sameAs.contains(alarm)
            else { continue }
            report.alarm = alarm
            report.state?.information = UInt8(value) << 3
            return Message(type: TypeID.alarm, serial: serial, .report(report))
        }
        return nil
    }

    /// Which of two kinds the alarm byte tells, and which the information byte.
    private static func sampleOrders(_ kinds: [EventKind]) -> [(EventKind, EventKind?)] {
        switch kinds.count {
        case 1: [(kinds[0], nil)]
        case 2: [(kinds[0], kinds[1]), (kinds[1], kinds[0])]
        default: []
        }
    }

    private static func sampleAlarm(_ kind: EventKind) -> UInt16? {
        alarms.keys.sorted().first { alarms[$0]?.kind == kind }
    }

    private static func sampleInformation(_ kind: EventKind?) -> Int? {
        information.firstIndex { $0.meaning.kind == kind }
    }
}
