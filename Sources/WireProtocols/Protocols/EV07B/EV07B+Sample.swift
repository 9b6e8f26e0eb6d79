import AlarmModel

extension EV07B {
    /// A heartbeat for `checkIn` alone, and else one report with a bit for each kind. Fence 1 is
    /// left, fence 2 entered.
    public static func sample(
        of kinds: [EventKind], device: UInt32, serial: UInt32, at time: WallTime
    ) -> Message? {
        var header = Header(
            properties: Header.answerWanted, sequence: UInt16(truncatingIfNeeded: serial))
        let address = sampleIMEI(of: device)
        if kinds == [.checkIn] {
            header.command = Command.services
            return Message(header, address: address, requests: .heartbeat, .report(Report()))
        }
        let seconds = UInt32(truncatingIfNeeded: time.microseconds / 1_000_000)
        var bits: UInt64 = 0
        for kind in kinds where kind != .position {
            guard let bit = sampleBit(kind) else { return nil }
            bits |= 1 << UInt64(bit)
        }
        let report = Report(
            // Satellites, 20 of 31, 80 percent.
            general: General(time: seconds, status: 1 | 20 << 19 | 80 << 24),
            alarm: bits == 0 ? nil : Alarm(bits: bits, time: seconds),
            place: Place(
                .satellites, latitude: 300_000_000, longitude: 1_200_000_000, speed: 4,
                course: 270, altitude: 45, precision: 12))
        return Message(header, address: address, .report(report))
    }

    private static func sampleBit(_ kind: EventKind) -> Int? {
        switch kind {
        case .geofenceEnter: insideBits.lowerBound + 1
        case .checkIn: nil
        default: alarmBits.firstIndex { $0.kind == kind && !$0.isRestored }
        }
    }

    /// Fifteen digits, the number of the device the last of them.
    static func sampleIMEI(of device: UInt32) -> ShortText {
        let digits = String(device)
        return ShortText("86" + String(repeating: "0", count: 13 - digits.count) + digits)
    }
}
