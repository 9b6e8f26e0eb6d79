import AlarmModel
import GRDB

/// An alert with the events that joined it.
public struct StoredAlert: Equatable, Sendable {
    public var alert: Alert
    /// Oldest first; of many, the newest ``Limits/alertEventsMax``.
    public var events: [UUIDv7]

    public init(alert: Alert, events: [UUIDv7]) {
        self.alert = alert
        self.events = events
    }
}

extension Ledger {
    /// Events in ascending order: those behind `after`, up to and with `through` when it is given,
    /// at most `limit`.
    public func events(
        after: Sequence, through: Sequence? = nil, limit: Int
    ) throws(LedgerError) -> [Event] {
        let through = through?.rawValue ?? .max
        return try read { db in
            try EventTable.events(
                db, where: "sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?",
                [after.rawValue, through, max(0, limit)])
        }
    }

    /// The sequence of the newest event, 0 when there is none.
    public func lastSequence() throws(LedgerError) -> Sequence {
        try read { db in try EventTable.lastSequence(db) }
    }

    /// Alerts in one of `states`, the last opened first, at most `limit`.
    public func alerts(
        states: Set<Alert.State>, limit: Int
    ) throws(LedgerError) -> [StoredAlert] {
        let names = states.map(\.rawValue).sorted()
        let wanted = names.map { _ in "?" }.joined(separator: ", ")
        let ongoing = states.contains(.resolved) ? "" : "AND \(AlertTable.isOngoing)"
        return try read { db in
            try AlertTable.storedAlerts(
                db, where: "state IN (\(wanted)) \(ongoing) ORDER BY number DESC LIMIT ?",
                StatementArguments(names) + [max(0, limit)])
        }
    }

    /// The alert with this id, which is the id of the event that opened it.
    public func alert(id: UUIDv7) throws(LedgerError) -> StoredAlert? {
        try read { db in try AlertTable.storedAlerts(db, where: "id = ?", [id.blob]).first }
    }

    private func read<Result>(
        _ body: (Database) throws -> Result
    ) throws(LedgerError) -> Result {
        try LedgerError.wrapping("read", path: pool.path) { try pool.read(body) }
    }
}

extension EventTable {
    static func events(
        _ db: Database, where clause: String, _ arguments: StatementArguments
    ) throws -> [Event] {
        let statement = try db.cachedStatement(sql: "\(select) WHERE \(clause)")
        return try Row.fetchAll(statement, arguments: arguments).map { try event(from: $0) }
    }

    static func lastSequence(_ db: Database) throws -> Sequence {
        let statement = try db.cachedStatement(sql: "SELECT max(sequence) FROM event")
        return Sequence(rawValue: try Int64.fetchOne(statement) ?? 0)
    }
}

extension AlertTable {
    static func storedAlerts(
        _ db: Database, where clause: String, _ arguments: StatementArguments
    ) throws -> [StoredAlert] {
        try alerts(db, where: clause, arguments).map { number, alert in
            let statement = try db.cachedStatement(sql: newestEventIDs)
            let rows = try Row.fetchAll(statement, arguments: [number, Limits.alertEventsMax])
            let events = try rows.reversed().map { row in
                var row = ColumnReader(row)
                return try row.id()
            }
            return StoredAlert(alert: alert, events: events)
        }
    }

    static func alerts(
        _ db: Database, where clause: String, _ arguments: StatementArguments
    ) throws -> [(number: Int64, alert: Alert)] {
        let statement = try db.cachedStatement(sql: "\(select) WHERE \(clause)")
        return try Row.fetchAll(statement, arguments: arguments).map { try alert(from: $0) }
    }
}
