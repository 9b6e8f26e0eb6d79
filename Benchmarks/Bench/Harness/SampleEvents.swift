import AlarmModel

extension Event {
    /// A press as a locator pendant reports it, different for each sequence.
    static func sample(_ sequence: Int64) -> Event {
        let serial = UInt32(truncatingIfNeeded: sequence)
        let received = WallTime(microseconds: 1_795_253_160_123_456 + sequence * 1_000_003)
        let number = 13_900_000_000 + sequence % 1_000
        var draft = WordedDraft(.sos, address: ShortText(decimal: number))
        draft.reportedAt = WallTime(microseconds: received.microseconds / 1_000_000 * 1_000_000)
        draft.position = Position(
            latitudeE7: 302_740_000 + Int32(sequence % 10_000), longitudeE7: 1_201_550_000,
            isValid: true, fixedAt: draft.reportedAt, accuracyCentimeters: 800,
            altitudeCentimeters: 4_500, speedMillimetersPerSecond: 1_200,
            courseCentidegrees: 27_000)
        draft.code = "0"
        draft.batteryPercent = 80
        draft.signalPercent = 61
        draft.deviceSerial = serial
        let raw = Corpus.location(device: serial % 1_000, serial: serial)
        return Event(
            id: UUIDv7(time: received, random: (UInt64(serial), UInt64(serial) << 2)),
            sequence: Sequence(rawValue: sequence), protocolID: "jt808",
            wire: Wire("usb-FTDI_FT232R_A6008isP-if00", portName: "receiver-1"),
            received: Moment(
                wall: received, monotonic: MonotonicTime(microseconds: sequence * 1_000_003)),
            priority: .emergency, draft: draft, raw: raw)
    }
}
