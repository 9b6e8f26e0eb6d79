import AlarmModel
import Testing

@Suite("Groups of entries")
struct GroupTests {
    @Test("No group ends inside a message, so that the disk never has a part of one")
    func wholeMessages() {
        let press = [Self.event(1, of: 7), Self.joined(1), Self.event(2, of: 7), Self.joined(2)]
        let other = [Self.event(3, of: 8), Self.joined(3)]
        let repeated = [Self.joined(nil)]
        let waiting = press + repeated + other
        let counts = (0...8).map { LedgerEntry.groupCount(waiting, most: $0) }
        #expect(counts == [0, 4, 4, 4, 4, 5, 7, 7, 7])
    }

    @Test("A group without an end takes about as many as it may")
    func bounded() {
        let waiting = (1...100).map { Self.event(UInt64($0), of: UInt64($0)) }
        #expect(LedgerEntry.groupCount(waiting, most: 10) == 10)
        #expect(LedgerEntry.groupCount([], most: 10) == 0)
    }

    private static let moment = Moment(
        wall: WallTime(microseconds: 1), monotonic: MonotonicTime(microseconds: 1))

    private static func storedEvent(_ id: UInt64, of message: UInt64) -> Event {
        Event(
            id: UUIDv7(high: 0, low: id), sequence: 1, protocolID: "surgard", portID: "port",
            received: moment, priority: .emergency, draft: WordedDraft(.sos), raw: [],
            fingerprint: message)
    }

    private static func event(_ id: UInt64, of message: UInt64) -> LedgerEntry {
        .event(storedEvent(id, of: message))
    }

    private static func joined(_ id: UInt64?) -> LedgerEntry {
        .alert(
            Alert(openedBy: storedEvent(1, of: 7)), joinedBy: id.map { UUIDv7(high: 0, low: $0) })
    }
}
