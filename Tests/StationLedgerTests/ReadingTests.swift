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

    @Test("Alerts are found by state, the last opened first")
    func alertsByState() throws {
        for number in Int64(1)...6 {
            let event = Event.plain(Sequence(rawValue: number))
            var alert = Alert(openedBy: event)
            alert.state = Alert.State.allCases[Int(number - 1) / 2]
            try ledger.commit([.event(event), .alert(alert, joinedBy: event.id)])
        }
        func numbers(_ states: Set<Alert.State>, limit: Int = 9) throws -> [UInt64] {
            try ledger.alerts(states: states, limit: limit).map { $0.alert.id.high >> 16 }
        }
        #expect(try numbers([.open]) == [2, 1])
        #expect(try numbers([.open, .acknowledged]) == [4, 3, 2, 1])
        #expect(try numbers([.resolved]) == [6, 5])
        #expect(try numbers([.open, .resolved]) == [6, 5, 2, 1])
        #expect(try numbers([.open, .resolved], limit: 3) == [6, 5, 2])
        #expect(try numbers([]) == [])
    }

    @Test("The search for ongoing alerts does not look at those that have ended")
    func ongoingIndex() throws {
        let plan = try ledger.pool.read { db in
            try Row.fetchAll(
                db,
                sql: "EXPLAIN QUERY PLAN \(AlertTable.select) WHERE state IN ('open') AND "
                    + "\(AlertTable.isOngoing) ORDER BY number DESC LIMIT 5"
            ).map { $0["detail"] as String }
        }
        #expect(plan == ["SCAN alert USING INDEX alertOngoing"])
    }

    @Test("An alert names the events that joined it, oldest first, and of many the newest")
    func joinedEvents() throws {
        let count = Int64(Limits.alertEventsMax) + 5
        var alert = Alert(openedBy: .plain(1))
        for number in 1...count {
            let event = Event.plain(Sequence(rawValue: number))
            alert.eventCount = Int(number)
            try ledger.commit([.event(event), .alert(alert, joinedBy: event.id)])
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
