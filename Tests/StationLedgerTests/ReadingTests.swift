import AlarmModel
import GRDB
import Testing

@testable import StationLedger

@Suite("Reading")
struct ReadingTests {
    let folder: Folder
    let ledger: Ledger

    init() throws {
        folder = try Folder()
        ledger = try Ledger.open(folder)
    }

    @Test("A page of events is what lies behind one sequence, up to another and to a limit")
    func pages() throws {
        try ledger.commit(entries(1...10))
        #expect(sequences(try ledger.events(after: 0, limit: 3)) == [1, 2, 3])
        #expect(sequences(try ledger.events(after: 8, limit: 3)) == [9, 10])
        #expect(sequences(try ledger.events(after: 3, through: 5, limit: 9)) == [4, 5])
        #expect(sequences(try ledger.events(after: 10, limit: 9)) == [])
        #expect(sequences(try ledger.events(after: 5, through: 3, limit: 9)) == [])
        #expect(sequences(try ledger.events(after: -5, limit: 1)) == [1])
    }

    @Test("A limit below nothing is nothing, not everything", arguments: [0, -1, Int.min])
    func noLimit(_ limit: Int) throws {
        try ledger.commit(entries(1...10))
        #expect(try ledger.events(after: 0, limit: limit).isEmpty)
        #expect(try ledger.alerts(states: [.open], limit: limit).isEmpty)
    }

    @Test("Alerts are found by state: the gravest first, open before taken, the oldest first")
    func alertsInOrder() throws {
        let kinds: [EventKind] = [.batteryLow, .sos, .geofenceExit, .sos, .fall, .batteryLow]
        var alerts: [Alert] = []
        for (index, kind) in kinds.enumerated() {
            var event = Event.plain(Sequence(rawValue: Int64(index) + 1), kind: kind)
            alerts.append(.opened(by: &event))
            try ledger.commit([.event(event, alerts[index])])
        }
        try ledger.commit([
            .change(7, ChangeDraft(.acknowledged, by: "desk"), of: &alerts[1]),
            .change(8, ChangeDraft(.resolved, by: "desk"), of: &alerts[4]),
        ])
        func numbers(
            _ states: Set<Alert.State>, _ change: (inout AlertFilter) -> Void = { _ in },
            limit: Int = 9
        ) throws -> [Int64] {
            var filter = AlertFilter(states: states)
            change(&filter)
            let found = try ledger.alerts(filter, limit: limit)
            return found.alerts.map { $0.alert.reference.opened.rawValue } + [Int64(found.more)]
        }
        let ongoing: Set<Alert.State> = [.open, .acknowledged, .attended]
        #expect(try numbers([.open]) == [4, 3, 1, 6, 0])
        #expect(try numbers(ongoing) == [4, 2, 3, 1, 6, 0])
        #expect(try numbers(ongoing, limit: 2) == [4, 2, 3])
        #expect(try numbers([.resolved]) == [5, 0])
        #expect(try numbers(Set(Alert.State.allCases)) == [4, 2, 5, 3, 1, 6, 0])
        #expect(try numbers(ongoing, { $0.kinds = [.sos] }) == [4, 2, 0])
        #expect(try numbers(ongoing, { $0.priorities = [.trouble] }) == [1, 6, 0])
        #expect(try numbers(ongoing, { $0.port = "receiver-1" }, limit: 1) == [4, 4])
        #expect(try numbers(ongoing, { $0.port = "another" }) == [0])
        #expect(try numbers([]) == [0])
    }

    @Test("The search for ongoing alerts does not look at those that have ended")
    func ongoingIndex() throws {
        let plan = try ledger.pool.read { db in
            try Row.fetchAll(
                db,
                sql: "EXPLAIN QUERY PLAN \(AlertTable.select) WHERE \(AlertTable.isOngoing) "
                    + "AND state IN ('open') \(AlertTable.inOrder) LIMIT 5"
            ).map { $0["detail"] as String }
        }
        #expect(plan == ["SCAN alert USING INDEX alertQueue"])
    }

    @Test("An alert names the events that joined it, oldest first, and of many the newest")
    func joinedEvents() throws {
        let count = Int64(Limits.alertEventsMax) + 5
        var first = Event.plain(1)
        var alert = Alert.opened(by: &first)
        for number in 1...count {
            var event = Event.plain(Sequence(rawValue: number))
            event.alert = alert.reference
            alert.eventCount = Int(number)
            try ledger.commit([.event(event, alert)])
            guard number == 3 else { continue }
            let stored = try #require(try ledger.alert(id: alert.id))
            #expect(stored.events == (1...3).map { Event.plain(Sequence(rawValue: $0)).id })
        }
        let stored = try #require(try ledger.alert(id: alert.id))
        #expect(stored.events.count == Limits.alertEventsMax)
        #expect(stored.events.last == Event.plain(Sequence(rawValue: count)).id)
        #expect(stored.alert.eventCount == Int(count))
    }

    @Test("An alert that is not there is none, and no error")
    func noAlert() throws {
        #expect(try ledger.alert(id: Event.plain(1).id) == nil)
    }

    @Test("What is read or stored after the ledger was closed is an error")
    func closed() throws {
        ledger.close()
        ledger.close()
        #expect(kind { _ = try ledger.lastSequence() } == .failed)
        #expect(kind { try ledger.commit(entries(1...1)) } == .failed)
    }
}
