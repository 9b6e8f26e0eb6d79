import AlarmModel
import GRDB
import Testing

@testable import StationLedger

@Suite("Committing")
struct CommitTests {
    let folder: Folder
    let ledger: Ledger

    init() throws {
        folder = try Folder()
        ledger = try Ledger.open(folder)
    }

    @Test("Events are numbered from 1 without a gap")
    func gapFree() throws {
        #expect(try ledger.lastSequence() == 0)
        #expect(kind { try ledger.commit(entries(2...2)) } == .sequenceGap)
        try ledger.commit(entries(1...5))
        #expect(kind { try ledger.commit(entries(5...5)) } == .sequenceGap)
        #expect(kind { try ledger.commit(entries(7...7)) } == .sequenceGap)
        try ledger.commit(entries(6...6))
        #expect(try ledger.lastSequence() == 6)
    }

    @Test("Nothing is a commit of nothing")
    func empty() throws {
        try ledger.commit([])
        #expect(try ledger.lastSequence() == 0)
    }

    /// Each is wrong in the third of four entries.
    static let wrongInTheMiddle: [(LedgerError.Kind, [LedgerEntry])] = {
        // Two alerts cannot have the same id.
        var strange = Alert(openedBy: .plain(1))
        strange.reference.opened = 77
        let start = [LedgerEntry.event(.plain(1), Alert(openedBy: .plain(1)))] + entries(2...2)
        return [
            (.sequenceGap, start + entries(4...5)),
            (.refused, start + [.event(.plain(3), strange)] + entries(4...4)),
        ]
    }()

    @Test("A commit is all or nothing", arguments: wrongInTheMiddle.indices)
    func allOrNothing(_ index: Int) throws {
        let (expected, wrong) = Self.wrongInTheMiddle[index]
        #expect(kind { try ledger.commit(wrong) } == expected)
        #expect(try ledger.events(after: 0, limit: 10).isEmpty)
        #expect(try ledger.alerts(states: Set(Alert.State.allCases), limit: 10).isEmpty)
        try ledger.commit(entries(1...4))
        #expect(sequences(try ledger.events(after: 0, limit: 10)) == [1, 2, 3, 4])
    }

    @Test("Every field of every kind of event is read back as it was", arguments: [1, 7, 42])
    func roundTrip(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let events = (1...500).map { number in
            Event.random(
                Sequence(rawValue: number),
                kind: storedKinds[Int(number) % storedKinds.count], using: &random)
        }
        try ledger.commit(events.map { .event($0) })
        let stored = try ledger.events(after: 0, limit: 1_000)
        #expect(stored.count == events.count, "seed \(seed)")
        for (stored, event) in zip(stored, events) where stored != event {
            Issue.record("seed \(seed): stored \(event), read \(stored)")
        }
    }

    @Test("What a refused commit has begun to bind is in no row of the next one")
    func nothingIsLeftOver() throws {
        var random = SeededRandom(seed: 11)
        let count = Int64(EventTable.rowsAtOnce)
        let refused = (1..<count).map { number in
            Event.random(Sequence(rawValue: number), kind: .sos, using: &random)
        }
        let gap = Event.plain(Sequence(rawValue: count + 5))
        #expect(kind { try ledger.commit((refused + [gap]).map { .event($0) }) } == .sequenceGap)
        try ledger.commit(entries(1...count))
        let expected = (1...count).map { Event.plain(Sequence(rawValue: $0)) }
        #expect(try ledger.events(after: 0, limit: 100) == expected)
    }

    @Test("However many events one commit has, and alerts among them, each is a row")
    func sizes() throws {
        var committed: [Event] = []
        for size in 1...3 * EventTable.rowsAtOnce {
            let events = (1...size).map { number in
                Event.plain(Sequence(rawValue: Int64(committed.count + number)))
            }
            try ledger.commit(
                events.map { .event($0, Alert(openedBy: $0)) })
            committed += events
        }
        #expect(try ledger.events(after: 0, limit: 1_000) == committed)
        for event in committed {
            let alert = try #require(try ledger.alert(id: event.id))
            #expect(alert.events == [event.id])
        }
    }

    @Test("A row with many more bytes than others is read back as it was")
    func largeRows() throws {
        let largest = ColumnWriter.roomBytes
        let events = [largest - 100, largest, 20 * largest].enumerated().map { index, count in
            var event = Event.plain(Sequence(rawValue: Int64(index) + 1))
            event.draft.text = String(repeating: "摔倒 ", count: count / 7)
            event.raw = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
            return event
        }
        try ledger.commit(events.map { .event($0) } + entries(4...4))
        #expect(try ledger.events(after: 0, limit: 9) == events + [.plain(4)])
    }

    @Test("Every field of an alert is read back as it was, and again after each change")
    func alertRoundTrip() throws {
        var random = SeededRandom(seed: 5)
        var last: Int64 = 0
        func next() -> Sequence {
            last += 1
            return Sequence(rawValue: last)
        }
        for _ in 1...60 {
            var event = Event.random(
                next(), kind: storedKinds[Int(random.next() & 0xF)], using: &random)
            var alert = Alert.opened(by: &event)
            try ledger.commit([.event(event, alert)])
            #expect(try ledger.alert(id: alert.id)?.alert == alert)
            var changes: [Change] = []
            for kind in ChangeKind.allCases {
                let draft = ChangeDraft(
                    kind, by: "desk " + random.text(), note: random.maybe { $0.text() },
                    outcome: random.maybe { _ in .help }, until: random.maybe { $0.wall() },
                    step: random.maybe { _ in 2 }, responder: random.maybe { $0.text() },
                    stage: random.maybe { $0.text() })
                let entry = LedgerEntry.change(next(), draft, of: &alert)
                try ledger.commit([entry])
                changes += entry.records.compactMap(\.change)
            }
            let stored = StoredAlert(alert: alert, events: [event.id], changes: changes)
            #expect(try ledger.alert(id: alert.id) == stored)
            let range = try ledger.records(after: event.sequence, limit: 100)
            #expect(range.compactMap(\.change) == changes)
        }
    }

    @Test("Events and changes are read back in their one order, whatever a page holds")
    func oneOrder() throws {
        var written: [Record] = []
        var event = Event.plain(1)
        var alert = Alert.opened(by: &event)
        try ledger.commit([.event(event, alert)])
        written.append(.event(event))
        for number in Int64(2)...60 {
            let sequence = Sequence(rawValue: number)
            let entry =
                number % 3 == 0 || number % 7 == 1
                ? LedgerEntry.change(sequence, ChangeDraft(.noted, note: "\(number)"), of: &alert)
                : .event(.plain(sequence))
            try ledger.commit([entry])
            written += entry.records
        }
        try expect(written, inPagesOf: 1...61)
        // Whole pages of one table that nobody can read hide nothing behind them.
        let damaged = written.filter { 10...20 ~= $0.sequence && $0.event != nil }
        try ledger.pool.write {
            try $0.execute(
                sql: "UPDATE event SET partition = 65536 WHERE sequence BETWEEN 10 AND 20")
        }
        try expect(written.filter { !damaged.contains($0) }, inPagesOf: 1...61)
    }

    private func expect(_ written: [Record], inPagesOf limits: ClosedRange<Int>) throws {
        for limit in limits {
            var read: [Record] = []
            while true {
                let page = try ledger.records(after: read.last?.sequence ?? 0, limit: limit)
                if page.isEmpty { break }
                read += page
            }
            #expect(read == written, "pages of \(limit)")
        }
    }

    @Test("A record that no Tocsin can have written is left out; such an alert is an error")
    func unreadable() throws {
        var alerts: [Alert] = []
        for number in 1...3 as ClosedRange<Int64> {
            var event = Event.plain(Sequence(rawValue: number))
            alerts.append(Alert.opened(by: &event))
            try ledger.commit([.event(event, alerts[alerts.count - 1])])
        }
        try ledger.pool.write {
            for (table, number) in [("event", "sequence"), ("alert", "number")] {
                try $0.execute(sql: "UPDATE \(table) SET partition = 65536 WHERE \(number) = 2")
            }
        }
        #expect(sequences(try ledger.events(after: 0, limit: 9)) == [1, 3])
        // Page by page too.
        #expect(sequences(try ledger.events(after: 1, limit: 1)) == [3])
        #expect(sequences(try ledger.events(after: 1, through: 2, limit: 1)) == [])
        let (shown, more) = try ledger.alerts(AlertFilter(states: [.open]), limit: 9)
        #expect(shown.map(\.alert.reference.opened) == [1, 3] && more == 1)
        do {
            _ = try ledger.alert(id: alerts[1].id)
            Issue.record("a partition of 17 bits was read")
        } catch {
            #expect(error.kind == .corrupt)
            #expect(error.message.contains("column partition of row 2"))
        }
    }

    @Test("Telemetry has no row: to store it is a programmer's error")
    func telemetry() async {
        await #expect(processExitsWith: .failure) {
            let ledger = try Ledger.open(Folder())
            try ledger.commit([.event(.plain(1, kind: .position))])
        }
    }
}
