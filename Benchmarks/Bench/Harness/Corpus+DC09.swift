import AlarmModel
import WireProtocols

extension Corpus {
    /// Messages of 1,000 accounts as base units send them: of ten, seven supervisions, one of them
    /// with a position, two Contact ID events, and one more with a position.
    static let dc09 = Corpus { serial in
        let kinds = EventKind.allCases.filter { !$0.isTelemetry }
        let kind = kinds[Int(serial / 10) % kinds.count]
        let said: [EventKind] =
            switch serial % 10 {
            case 0: [kind, .position]
            case 1, 2: [kind]
            case 3: [.position]
            default: [.checkIn]
            }
        return ProtocolRegistry.find("dc09")?.sample(
            of: said, device: serial &* 7_919 % 1_000, serial: serial, at: time(serial))
    }
}
