import AlarmModel
import Foundation
import GRDB

extension Ledger {
    /// Makes every alert anew from its records: what `alert` holds is no more than what they add up
    /// to.
    ///
    /// - Returns: how many alerts there are, and how many of them were otherwise before.
    public static func rebuildAlerts(
        path: String
    ) throws(LedgerError) -> (count: Int, changed: Int) {
        try checkExists(path)
        let (ledger, _) = try open(path: path, boot: nil)
        defer { ledger.close() }
        return try LedgerError.wrapping("rebuild the alerts of", path: path) {
            let rebuilt = try ledger.pool.write { try AlertTable.rebuild($0) }
            return (rebuilt.count, rebuilt.changed + ledger.mendedAlerts)
        }
    }

    /// A path with a slip in it is no empty ledger.
    static func checkExists(_ path: String) throws(LedgerError) {
        guard !FileManager.default.fileExists(atPath: path) else { return }
        throw LedgerError(
            .cannotOpen, message: "there is no ledger at \(path)",
            remedy: "name another file with --ledger")
    }
}

extension AlertTable {
    /// The sequences of the events that opened an alert, in their order.
    static func openingRecords(_ db: Database) throws -> [Int64] {
        try Int64.fetchAll(
            db, sql: "SELECT sequence FROM event WHERE alert = sequence ORDER BY sequence")
    }

    /// Makes those with these numbers anew, or all.
    ///
    /// One of whose records is damaged stays as it is. When it cannot be read either, it is made of
    /// the records that can, or, without the one that opened it, not at all.
    @discardableResult
    static func rebuild(
        _ db: Database, _ numbers: [Int64]? = nil
    ) throws -> (count: Int, changed: Int) {
        var upsert = ColumnWriter(try db.cachedStatement(sql: upsert))
        let numbers = try numbers ?? openingRecords(db)
        var changed = 0
        for number in numbers {
            let stored = try readable(number, db)
            guard let alert = try mended(stored, number, db), alert != stored else { continue }
            changed += 1
            try store(alert, by: &upsert)
        }
        return (numbers.count, changed)
    }

    /// The alert as it stands; nil too for a row that no Tocsin can have written.
    static func readable(_ number: Int64, _ db: Database) throws -> Alert? {
        do {
            return try alerts(db, where: "number = ?", [number]).first
        } catch is UnreadableColumn {
            return nil
        }
    }

    private static func mended(
        _ stored: Alert?, _ number: Int64, _ db: Database
    ) throws -> Alert? {
        do {
            return try rebuilt(number, db)
        } catch is UnreadableColumn {
            return try stored
                ?? rebuilt(
                    number,
                    events: { try EventTable.readableEvents(db, where: $0, [number]).values },
                    changes: { try ChangeTable.readableChanges(db, where: $0, [number]).values })
        }
    }

    /// The alert that the event with this number opened, made from its records.
    static func rebuilt(_ number: Int64, _ db: Database) throws -> Alert? {
        try rebuilt(
            number, events: { try EventTable.events(db, where: $0, [number]) },
            changes: { try ChangeTable.changes(db, where: $0, [number]) })
    }

    private static func rebuilt(
        _ number: Int64, events: (_ clause: String) throws -> [Event],
        changes: (_ clause: String) throws -> [Change]
    ) throws -> Alert? {
        guard let first = try events("event.sequence = ?").first else { return nil }
        let joined = try events(
            "event.alert = ? AND event.alert <> event.sequence ORDER BY event.sequence")
        let changes = try changes("change.alert = ? ORDER BY change.sequence")
        var alert = Alert(openedBy: first)
        for record in RecordReading.merge(joined, changes) {
            switch record {
            case .event(let event): alert.join(event)
            case .change(let change): alert.apply(change.draft, at: change.at.wall)
            }
        }
        return alert
    }
}
