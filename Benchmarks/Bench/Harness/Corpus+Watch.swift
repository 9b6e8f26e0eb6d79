import AlarmModel
import WireProtocols

extension Corpus {
    /// Reports of 1,000 watches with a cell and an access point behind their fields, of ten one an
    /// alarm for SOS and one that the watch is there.
    static let watch = Corpus { serial in
        let digits = String(1_000_000_000 + serial &* 7_919 % 1_000)
        let header = Watch.Header(maker: "3G", id: ShortText(digits))
        var body = Watch.Body.linkKeep(batteryPercent: UInt8(serial % 101))
        if serial % 10 != 5 {
            body = .report(
                Watch.Report(
                    keyword: serial % 10 == 0 ? "AL" : "UD",
                    localTime: WallTime(
                        microseconds: time(serial).microseconds / 1_000_000 * 1_000_000),
                    place: Watch.Place(
                        latitudeE7: 302_740_010 + Int32(serial &* 310 % 900_000),
                        longitudeE7: 1_201_550_010 + Int32(serial &* 10 % 700_000), isFixed: true,
                        speed: Int32(serial % 50) * 100, course: Int32(serial % 3_600) * 10,
                        altitude: Int32(serial % 800) * 10),
                    signal: UInt8(serial % 101), battery: UInt8(serial % 100),
                    status: serial % 10 == 0 ? 1 << 16 : 0))
        }
        var frame: [UInt8] = []
        Watch.emit(Watch.Message(header, body), into: &frame)
        if serial % 10 != 5 {
            // Nobody reads what stands behind the status, nor the length.
            frame.removeLast(4)
            frame += Array(",1,0,460,0,9360,4082,131,1,ward,00:00:5e:00:53:01,-69,13.8]".utf8)
        }
        return frame
    }
}
