import AlarmModel
import Testing

@Suite("Groups of entries")
struct GroupTests {
    private func entry(_ records: Int) -> LedgerEntry {
        let draft = WordedDraft(.sos)
        let event = Event(
            id: UUIDv7(high: 0, low: 1), sequence: 1, protocolID: "surgard", wire: Wire("port"),
            received: Moment(
                wall: WallTime(microseconds: 1), monotonic: MonotonicTime(microseconds: 1)),
            priority: draft.priority, draft: draft, raw: [])
        return LedgerEntry(records: [Record](repeating: .event(event), count: records))
    }

    @Test("A group takes as many records as it may, and at least one entry, however large")
    func bounded() {
        let waiting = [3, 1, 2, 5, 1].map(entry)
        let counts = (0...13).map { LedgerEntry.groupCount(waiting, most: $0) }
        #expect(counts == [1, 1, 1, 1, 2, 2, 3, 3, 3, 3, 3, 4, 5, 5])
        #expect(LedgerEntry.groupCount([], most: 10) == 0)
    }
}
