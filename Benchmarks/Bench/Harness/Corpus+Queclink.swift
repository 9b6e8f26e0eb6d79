import AlarmModel
import WireProtocols

extension Corpus {
    /// Queclink reports of a place with battery, from 1,000 locators; every tenth is the function
    /// key. The cell is as the GL300 writes it.
    static let queclink = Corpus { serial in
        let device = String(serial &* 7_919 % 1_000)
        let sent = WallTime(
            microseconds: time(serial).microseconds / 1_000_000 * 1_000_000)
        var message = Queclink.Message(
            .live, serial % 10 == 0 ? Queclink.ReportName("SOS") : Queclink.ReportName("FRI"),
            version: "1A0102",
            address: ShortText(
                "860000000000" + String(repeating: "0", count: 3 - device.count) + device),
            id: 0, type: 0, batteryPercent: UInt8(serial % 101), sentAt: sent,
            count: Queclink.CountNumber(UInt16(truncatingIfNeeded: serial)))
        message.points.append(
            Queclink.Point(
                accuracy: UInt8(serial % 50 + 1), speed: UInt16(serial % 1_000),
                azimuth: UInt16(serial % 360), altitude: Int32(serial % 800),
                longitude: 120_155_000 + Int32(serial % 70_000),
                latitude: 30_274_000 + Int32(serial &* 31 % 90_000), time: sent))
        var frame: [UInt8] = []
        Queclink.emit(message, into: &frame)
        let text = String(decoding: frame, as: UTF8.self)
        return Array(text.replacing(",,,,,,", with: ",0460,0000,18D8,6141,00,").utf8)
    }
}
