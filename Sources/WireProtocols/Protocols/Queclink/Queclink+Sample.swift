import AlarmModel

extension Queclink {
    /// A heartbeat for `checkIn` alone, and else one report: a name has room for one alarm, beside
    /// which there may be a place. Fence 3 is left and entered.
    public static func sample(
        of kinds: [EventKind], device: UInt32, serial: UInt32, at time: WallTime
    ) -> Message? {
        let alarms = kinds.filter { $0 != .position }
        guard alarms.count <= 1 else { return nil }
        var message = Message(
            .live, .fixed, version: "1A0102", address: sampleIMEI(of: device),
            sentAt: WallTime(microseconds: time.microseconds - time.microseconds % 1_000_000),
            count: CountNumber(UInt16(truncatingIfNeeded: serial)))
        if kinds == [.checkIn] {
            message.channel = .acknowledgement
            message.name = .heartbeat
            return message
        }
        message.type = 0
        message.id = 0
        if let kind = alarms.first {
            guard kind != .checkIn,
                let meaning = meanings.first(where: { $0.kind == kind && !$0.isRestored })
            else { return nil }
            message.name = meaning.name
            message.type = meaning.type ?? 0
            if kind == .geofenceExit || kind == .geofenceEnter { message.id = 3 }
        }
        message.points.append(
            Point(
                accuracy: 1, speed: 43, azimuth: 270, altitude: 450, longitude: 120_000_000,
                latitude: 30_000_000, time: message.sentAt))
        message.batteryPercent = 80
        return message
    }

    /// Fifteen digits, the number of the device the last of them.
    private static func sampleIMEI(of device: UInt32) -> ShortText {
        let digits = String(device)
        return ShortText("86" + String(repeating: "0", count: 13 - digits.count) + digits)
    }
}
