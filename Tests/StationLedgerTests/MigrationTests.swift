import AlarmModel
import Foundation
import GRDB
import Testing

@testable import StationLedger

/// A ledger that the first version has written: 201 events of four protocols over listeners, 47
/// alerts, of which a third was taken and a third ended. `Ledgers/version-1.sqlite` was made by
/// that version from the vectors of its protocols.
@Suite("A ledger of the first version")
struct MigrationTests {
    let folder: Folder
    /// By table, the rows as they were, each by its columns.
    let before: [String: [[String: DatabaseValue]]]

    init() throws {
        folder = try Folder()
        let stored = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Ledgers/version-1.sqlite")
        try FileManager.default.copyItem(atPath: stored.path, toPath: folder.ledgerPath)
        let queue = try DatabaseQueue(path: folder.ledgerPath)
        before = try queue.read { db in
            var tables: [String: [[String: DatabaseValue]]] = [:]
            for (name, order) in [
                ("event", "sequence"), ("alert", "number"), ("alertEvent", "event"),
                ("boot", "number"),
            ] {
                tables[name] = try Row.fetchAll(db, sql: "SELECT * FROM \(name) ORDER BY \(order)")
                    .map { row in
                        Dictionary(uniqueKeysWithValues: row.map { ($0.0, $0.1) })
                    }
            }
            return tables
        }
        try queue.close()
    }

    private func rows(_ sql: String) throws -> [[String: DatabaseValue]] {
        let queue = try DatabaseQueue(path: folder.ledgerPath)
        defer { try? queue.close() }
        return try queue.read { db in
            try Row.fetchAll(db, sql: sql).map { row in
                Dictionary(uniqueKeysWithValues: row.map { ($0.0, $0.1) })
            }
        }
    }

    @Test("Every event is read back as it was stored, to every value, with its alert")
    func events() throws {
        let ledger = try Ledger.open(folder)
        let old = try #require(before["event"])
        let read = try ledger.records(after: 0, limit: 10_000).compactMap(\.event)
        #expect(read.map(\.sequence.rawValue) == (1...Int64(old.count)).map { $0 })
        let boots = try #require(
            before["boot"]?.compactMap { $0["id"].flatMap(String.fromDatabaseValue) })
        #expect(read.allSatisfy { boots.contains($0.boot?.description ?? "") })
        #expect(read.allSatisfy { $0.wire.portName == nil && $0.wire.peer == nil })
        ledger.close()

        let new = try rows("SELECT * FROM event ORDER BY sequence")
        let dropped: Set = ["fingerprint"]
        for (old, new) in zip(old, new) {
            for (column, value) in old where !dropped.contains(column) {
                #expect(new[column] == value, "column \(column)")
            }
        }
        let alerts = try #require(before["alert"])
        let joins = try #require(before["alertEvent"])
        for join in joins {
            let id = alerts.first { $0["number"] == join["alert"] }?["id"]
            let event = read.first { $0.sequence.rawValue.databaseValue == join["event"] }
            #expect(event?.alert?.id.blob.databaseValue == id)
        }
        #expect(read.count { $0.alert != nil } == joins.count)
    }

    @Test("Every alert is as it was, and who took or ended it is told as far as it was kept")
    func alerts() throws {
        let ledger = try Ledger.open(folder)
        let old = try #require(before["alert"])
        let found = try ledger.alerts(AlertFilter(states: Set(Alert.State.allCases)), limit: 100)
        #expect(found.alerts.count == old.count && found.more == 0)
        for row in old {
            let id = try #require(row["id"].flatMap { UUIDv7(blob: $0) })
            let stored = try #require(try ledger.alert(id: id))
            let alert = stored.alert
            #expect(alert.state.rawValue.databaseValue == row["state"])
            #expect(alert.kind.rawValue.databaseValue == row["kind"])
            #expect(alert.priority.rawValue.databaseValue == row["priority"])
            #expect(alert.eventCount.databaseValue == row["eventCount"])
            #expect(alert.openedAt.microseconds.databaseValue == row["openedAt"])
            #expect(alert.changedAt.microseconds.databaseValue == row["changedAt"])
            #expect(stored.events.count == alert.eventCount && stored.events.first == id)
            #expect(stored.changes.count == (alert.state == .open ? 0 : 1))
            #expect(alert.version == stored.changes.count + alert.eventCount)
        }
        #expect(found.alerts.contains { $0.alert.zone != nil }, "from the event that opened it")
        ledger.close()
        #expect(try Ledger.rebuildAlerts(path: folder.ledgerPath).changed == 0)
    }

    @Test("Each step of it looks a row up and does not search for it, or a million take days")
    func plan() throws {
        let queue = try DatabaseQueue(path: folder.ledgerPath)
        defer { try? queue.close() }
        let steps = try queue.write { db in
            try db.execute(sql: RecordMigration.setAside + RecordMigration.tables)
            return try [RecordMigration.moveAlerts, RecordMigration.oldEvents].map { sql in
                try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql)
                    .map { $0["detail"] as String }
            }
        }
        for step in steps {
            #expect(step.count > 2, "\(step)")
            #expect(step.count { $0.hasPrefix("SCAN") } == 1, "\(step)")
        }
    }

    @Test("Before it, an audit says what to do instead of blaming the disk")
    func auditBefore() {
        let error = #expect(throws: LedgerError.self) {
            try LedgerAudit(path: folder.ledgerPath).verify()
        }
        #expect(error?.description.contains("not of this version") == true)
        #expect(error?.remedy.contains("start tocsind") == true)
    }

    @Test("It verifies, goes on behind its last record, and is not migrated twice")
    func goesOn() throws {
        let first = try Ledger.open(folder)
        let last = try first.lastSequence()
        let epoch = first.epoch
        try first.commit(entries(last.rawValue + 1...last.rawValue + 3))
        first.close()
        let report = try LedgerAudit(path: folder.ledgerPath).verify()
        #expect(report.findings == [] && report.last.rawValue == last.rawValue + 3)
        let second = try Ledger.open(folder)
        #expect(second.epoch == epoch)
        #expect(try second.lastSequence().rawValue == last.rawValue + 3)
        second.close()
        #expect(try rows("SELECT name FROM sqlite_schema WHERE name LIKE 'old%'").isEmpty)
    }
}
