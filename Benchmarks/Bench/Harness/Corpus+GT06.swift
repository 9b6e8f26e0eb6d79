import AlarmModel
import WireProtocols

extension Corpus {
    /// GT06 locations, of ten one an alarm for SOS and one a heartbeat, of devices that log in one
    /// after the other.
    static let gt06 = Corpus { serial in
        let number = UInt16(truncatingIfNeeded: serial)
        let state = GT06.State(batteryLevel: UInt8(3 + serial % 4), signalLevel: UInt8(serial % 5))
        var report = GT06.Report()
        var type: UInt8 = 0x22
        if serial % 10 != 5 {
            report.localTime = WallTime(
                microseconds: time(serial).microseconds / 1_000_000 * 1_000_000)
            report.place = GT06.Place(
                latitude: 54_493_200 + serial &* 31 % 90_000,
                longitude: 216_279_000 + serial % 70_000,
                speed: UInt8(serial % 50), course: 1 << 10 | 1 << 12 | UInt16(serial % 360))
        }
        if serial % 5 == 0 {
            report.state = state
            report.alarm = serial % 10 == 0 ? 1 : 0
            type = serial % 10 == 0 ? 0x26 : 0x13
        }
        let login = GT06.Login(identity: 0x0123_4567_8900_0000 | UInt64(serial), model: 2, zone: 0)
        let body: GT06.Body = serial % 100 == 1 ? .login(login) : .report(report)
        var frame: [UInt8] = []
        GT06.emit(
            GT06.Message(type: serial % 100 == 1 ? 0x01 : type, serial: number, body), into: &frame)
        return frame
    }
}
