import AlarmModel
import GRDB

/// Which alerts somebody asks for.
public struct AlertFilter: Equatable, Sendable {
    public var states: Set<Alert.State>
    /// Nil is every one.
    public var kinds: Set<EventKind>?
    public var priorities: Set<Priority>?
    /// The name of a port in the configuration, or its id.
    public var port: String?

    public init(
        states: Set<Alert.State>, kinds: Set<EventKind>? = nil,
        priorities: Set<Priority>? = nil, port: String? = nil
    ) {
        self.states = states
        self.kinds = kinds
        self.priorities = priorities
        self.port = port
    }

    fileprivate var clause: (sql: String, arguments: StatementArguments) {
        var parts: [String] = []
        var arguments: StatementArguments = []
        func add(_ column: String, _ names: [String]) {
            parts.append("\(column) IN (\(names.map { _ in "?" }.joined(separator: ", ")))")
            arguments += StatementArguments(names)
        }
        if !states.contains(.resolved) { parts.append(AlertTable.isOngoing) }
        add("state", states.map(\.rawValue).sorted())
        if let kinds { add("kind", kinds.map(\.rawValue).sorted()) }
        if let priorities { add("priority", priorities.map(\.rawValue).sorted()) }
        if let port {
            parts.append("? IN (port, portName)")
            arguments += [port]
        }
        return (parts.joined(separator: " AND "), arguments)
    }
}

extension Ledger {
    /// Records in ascending order: those behind `after`, up to and with `through` when it is given,
    /// at most `limit`.
    public func records(
        after: Sequence, through: Sequence? = nil, limit: Int
    ) throws(LedgerError) -> [Record] {
        let limit = max(0, limit)
        return try read { db in
            let clause = "sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?"
            let range: StatementArguments = [after.rawValue, through?.rawValue ?? .max, limit]
            let events = try EventTable.events(db, where: "event.\(clause)", range)
            let changes = try ChangeTable.changes(db, where: "change.\(clause)", range)
            return Array(RecordReading.merge(events, changes).prefix(limit))
        }
    }

    /// The sequence of the newest record, 0 when there is none.
    public func lastSequence() throws(LedgerError) -> Sequence {
        try read { db in try RecordReading.lastSequence(db) }
    }

    /// Alerts in the order of the work: the gravest first, open before taken, the oldest first. At
    /// most `limit`, and how many there are besides.
    public func alerts(
        _ filter: AlertFilter, limit: Int
    ) throws(LedgerError) -> (alerts: [StoredAlert], more: Int) {
        let (sql, arguments) = filter.clause
        return try read { db in
            let alerts = try AlertTable.alerts(
                db, where: "\(sql) \(AlertTable.inOrder) LIMIT ?", arguments + [max(0, limit)])
            var more = 0
            if alerts.count == limit {
                let count = try Int.fetchOne(
                    db, sql: "SELECT count(*) FROM alert WHERE \(sql)", arguments: arguments)
                more = (count ?? 0) - alerts.count
            }
            return (try alerts.map { try RecordReading.stored($0, db) }, more)
        }
    }

    /// The alert with this id, which is the id of the event that opened it.
    public func alert(id: UUIDv7) throws(LedgerError) -> StoredAlert? {
        try read { db in
            try AlertTable.alerts(db, where: "id = ?", [id.blob]).first
                .map { try RecordReading.stored($0, db) }
        }
    }

    /// The ids of alerts, ended ones too, from the first to the last of `range`, at most `limit`.
    public func alertIDs(
        in range: ClosedRange<UUIDv7>, limit: Int
    ) throws(LedgerError) -> [UUIDv7] {
        try read { db in try RecordReading.alertIDs(in: range, limit: limit, db) }
    }

    private func read<Result>(
        _ body: (Database) throws -> Result
    ) throws(LedgerError) -> Result {
        // A reader that is opened now looks for the name, and must not show another file.
        try checkInPlace()
        return try LedgerError.wrapping("read", path: pool.path) { try pool.read(body) }
    }
}

/// What several readers ask of the two tables of records.
enum RecordReading {
    static func lastSequence(_ db: Database) throws -> Sequence {
        let statement = try db.cachedStatement(
            sql: """
                SELECT max(coalesce((SELECT max(sequence) FROM event), 0),
                    coalesce((SELECT max(sequence) FROM change), 0))
                """)
        return Sequence(rawValue: try Int64.fetchOne(statement) ?? 0)
    }

    /// The chain behind the last record, and how many records at the end no seal is over: none,
    /// unless somebody has cut off the end of a commit.
    static func chain(_ db: Database) throws -> (chain: SealChain, unsealed: Int) {
        let newest = """
            SELECT sequence, seal FROM %@ WHERE seal IS NOT NULL ORDER BY sequence DESC LIMIT 1
            """
        let tables = ["event", "change"]
        let sealed = try tables.compactMap { table in
            try Row.fetchOne(db, sql: newest.replacing("%@", with: table)).map { row in
                var row = ColumnReader(row)
                return (sequence: try row.integer() as Int64, seal: try row.digest())
            }
        }.max { $0.sequence < $1.sequence }
        var chain = SealChain(behind: sealed?.seal)
        let rest = tables.map { "SELECT sequence, digest FROM \($0) WHERE sequence > ?1" }
        let rows = try Row.fetchAll(
            db, sql: rest.joined(separator: " UNION ALL ") + " ORDER BY 1",
            arguments: [sealed?.sequence ?? 0])
        for row in rows {
            var row = ColumnReader(row)
            _ = try row.integer() as Int64
            chain.add(try row.digest())
        }
        return (chain, rows.count)
    }

    /// Both in ascending order, as one.
    static func merge(_ events: [Event], _ changes: [Change]) -> [Record] {
        if changes.isEmpty { return events.map { .event($0) } }
        var records: [Record] = []
        records.reserveCapacity(events.count + changes.count)
        var next = 0
        for event in events {
            while next < changes.count, changes[next].sequence < event.sequence {
                records.append(.change(changes[next]))
                next += 1
            }
            records.append(.event(event))
        }
        return records + changes[next...].map { .change($0) }
    }

    static func alertIDs(
        in range: ClosedRange<UUIDv7>, limit: Int, _ db: Database
    ) throws -> [UUIDv7] {
        let rows = try Row.fetchAll(
            db, sql: "SELECT id FROM alert WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?",
            arguments: [range.lowerBound.blob, range.upperBound.blob, limit])
        return try rows.map { row in
            var row = ColumnReader(row)
            return try row.id()
        }
    }

    static func stored(_ alert: Alert, _ db: Database) throws -> StoredAlert {
        let number = alert.reference.opened.rawValue
        let joined = try db.cachedStatement(
            sql: """
                SELECT id FROM event WHERE alert = ? AND alert <> sequence
                ORDER BY sequence DESC LIMIT ?
                """)
        let rows = try Row.fetchAll(joined, arguments: [number, Limits.alertEventsMax])
        let events = try rows.reversed().map { row in
            var row = ColumnReader(row)
            return try row.id()
        }
        let changes = try ChangeTable.changes(
            db, where: "change.alert = ? ORDER BY change.sequence DESC LIMIT ?",
            [number, Limits.alertEventsMax])
        let isWhole = events.count < Limits.alertEventsMax
        return StoredAlert(
            alert: alert, events: isWhole ? [alert.id] + events : events,
            changes: changes.reversed())
    }
}
