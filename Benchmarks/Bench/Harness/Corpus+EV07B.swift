import AlarmModel
import WireProtocols

extension Corpus {
    /// EV-07B reports of a place with battery and signal, from 1,000 pendants; every tenth is an
    /// SOS.
    static let ev07b = Corpus { serial in
        let device = String(serial &* 7_919 % 1_000)
        let seconds = UInt32(truncatingIfNeeded: time(serial).microseconds / 1_000_000)
        let report = EV07B.Report(
            general: EV07B.General(
                time: seconds, status: 1 | serial % 32 << 19 | serial % 101 << 24),
            alarm: serial % 10 == 0 ? EV07B.Alarm(bits: 1 << 12, time: seconds) : nil,
            place: EV07B.Place(
                .satellites, latitude: 302_740_000 + Int32(serial &* 310 % 900_000),
                longitude: 1_201_550_000 + Int32(serial &* 10 % 700_000),
                speed: UInt16(serial % 5), course: UInt16(serial % 360),
                altitude: Int16(serial % 80), precision: UInt16(serial % 40 + 8)))
        var frame: [UInt8] = []
        EV07B.emit(
            EV07B.Message(
                EV07B.Header(
                    properties: EV07B.Header.answerWanted,
                    sequence: UInt16(truncatingIfNeeded: serial)),
                address: ShortText(
                    "860000000000" + String(repeating: "0", count: 3 - device.count)
                        + device),
                .report(report)),
            into: &frame)
        return frame
    }
}
