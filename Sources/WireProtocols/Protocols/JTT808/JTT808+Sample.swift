import AlarmModel

extension JTT808 {
    /// A heartbeat for `checkIn` alone, and else one report with a bit for each kind. The edition
    /// is that of 2013, the clock the standard's.
    public static func sample(
        of kinds: [EventKind], device: UInt32, serial: UInt32, at time: WallTime
    ) -> Message? {
        var header = Header(
            id: ID.locationReport, number: TerminalNumber(low: bcd(device)),
            serial: UInt16(truncatingIfNeeded: serial))
        if kinds == [.checkIn] {
            header.id = ID.heartbeat
            return Message(header, .heartbeat(Heartbeat()))
        }
        let ahead = TimeSpan.seconds(Int64(standardClockOffsetMinutes) * 60)
        let local = time.microseconds + ahead.microseconds
        var report = LocationReport(
            alarm: 0, status: LocationReport.Status.fixed, latitude: 30_000_000,
            longitude: 120_000_000, altitude: 45, speed: 36, course: 270,
            localTime: WallTime(microseconds: local - local % 1_000_000))
        for kind in kinds where kind != .position {
            guard let bit = sampleBit(kind) else { return nil }
            report.alarm |= 1 << UInt32(bit)
            if kind == .geofenceExit || kind == .geofenceEnter {
                let direction =
                    kind == .geofenceEnter ? AreaAlarm.entered : AreaAlarm.left
                report.areas.append(AreaAlarm(placeType: 1, id: 3, direction: direction))
            }
        }
        return Message(header, .location(report))
    }

    private static func sampleBit(_ kind: EventKind) -> Int? {
        switch kind {
        case .geofenceEnter: areaBit
        default: alarmBits.firstIndex { $0.kind == kind }
        }
    }

    /// The decimal digits of `value`, four bits each.
    private static func bcd(_ value: UInt32) -> UInt64 {
        var digits: UInt64 = 0
        var rest = UInt64(value)
        for shift: UInt64 in stride(from: 0, to: 40, by: 4) {
            digits |= (rest % 10) << shift
            rest /= 10
        }
        return digits
    }
}
