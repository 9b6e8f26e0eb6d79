import AlarmModel
import WireProtocols

/// Receivers that print Contact ID, as a day brings it to a station: tests, people who open and
/// close, alarms and troubles with their restores, and a heartbeat among forty lines.
extension Corpus {
    static let ademco685 = Corpus { groupedLine(Ademco685.self, receiver: "1A", $0) }
    static let fbii = Corpus { groupedLine(FBII.self, receiver: "1K", $0) }

    static let radionics6500 = Corpus { serial in
        let receiver: ShortText = "012"
        var line: [UInt8] = []
        if serial % 40 == 0 {
            Radionics6500.emit(.heartbeat(receiver), into: &line)
        } else if let event = event(serial, receiver: receiver, hasMark: false) {
            Radionics6500.emit(.event(event), into: &line)
        } else {
            return nil
        }
        return line
    }

    private static func groupedLine<P: GroupedLines>(
        _: P.Type, receiver: ShortText, _ serial: UInt32
    ) -> [UInt8]? {
        var line: [UInt8] = []
        if serial % 40 == 0 {
            P.emit(.heartbeat(receiver), into: &line)
        } else if let event = event(serial, receiver: receiver, hasMark: true) {
            P.emit(.event(event), into: &line)
        } else {
            return nil
        }
        return line
    }

    /// Of one of 1,000 accounts, all but a few of four decimal digits. A test names neither
    /// partition nor zone, and a pressed button has no restore.
    private static func event(
        _ serial: UInt32, receiver: ShortText, hasMark: Bool
    ) -> PrintedEvent? {
        let random = scattered(serial)
        let (code, isUser, canEnd) = events[Int(random % 16)]
        let account = 1_000 + serial &* 7_919 % 1_000
        let isTest = code == 602
        return ContactIDEvent(
            qualifier: canEnd && random >> 4 % 2 == 0 ? .ended : .begun, code: code,
            partition: isTest ? 0 : UInt8(random >> 8 % 3 + 1),
            zone: isTest ? 0 : UInt16(random >> 12 % 999 + 1)
        ).flatMap { event in
            PrintedEvent(
                receiver: receiver,
                account: ShortText(account % 50 == 0 ? "\(account)BF" : "\(account)"),
                event: event, isUser: hasMark ? isUser : nil)
        }
    }

    private static let events: [(code: UInt16, isUser: Bool, canEnd: Bool)] = [
        (602, false, false), (602, false, false), (401, true, true), (401, true, true),
        (101, false, false), (100, false, false), (130, false, true), (110, false, true),
        (301, false, true), (384, false, true), (381, false, true), (144, false, true),
        (121, true, false), (406, true, false), (570, false, true), (154, false, true),
    ]

    /// The same for the same number, and next to nothing like that of the next.
    private static func scattered(_ number: UInt32) -> UInt32 {
        let mixed = (number ^ number >> 15) &* 0x2C1B_3C6D
        return (mixed ^ mixed >> 12) &* 0x297A_2D39
    }
}
