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
    /// at most `limit`. Those that nobody can read are left out.
    public func records(
        after: Sequence, through: Sequence? = nil, limit: Int
    ) throws(LedgerError) -> [Record] {
        let limit = max(0, limit)
        return try read { db in
            let clause = "sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?"
            var after = after.rawValue
            while true {
                let range: StatementArguments = [after, through?.rawValue ?? .max, limit]
                let events = try EventTable.readableEvents(db, where: "event.\(clause)", range)
                let changes = try ChangeTable.readableChanges(
                    db, where: "change.\(clause)", range)
                // Behind the end of either page more may follow, and damage must not hide it.
                let ends = [events.end(ofPageOf: limit), changes.end(ofPageOf: limit)]
                let end = ends.compactMap(\.self).min()
                let records = RecordReading.merge(events.values, changes.values).prefix(limit)
                    .prefix { $0.sequence.rawValue <= end ?? .max }
                guard records.isEmpty, let end else { return Array(records) }
                after = end
            }
        }
    }

    /// The sequence of the newest record, 0 when there is none.
    public func lastSequence() throws(LedgerError) -> Sequence {
        try read { db in try RecordReading.lastSequence(db) }
    }

    /// Alerts in the order of the work: the gravest first, open before taken, the oldest first. At
    /// most `limit`, and how many there are besides, those that nobody can read among them.
    public func alerts(
        _ filter: AlertFilter, limit: Int
    ) throws(LedgerError) -> (alerts: [StoredAlert], more: Int) {
        let (sql, arguments) = filter.clause
        return try read { db in
            let found = try AlertTable.readableAlerts(
                db, where: "\(sql) \(AlertTable.inOrder) LIMIT ?", arguments + [max(0, limit)])
            let alerts = found.values
            var more = found.unreadable.count
            if alerts.count + more == limit {
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

    /// The chain behind the last record, how many records at the end no seal is over (none, unless
    /// somebody has cut off the end of a commit), and how many seals and digests cannot be read. A
    /// verification finds what is wrong with them; the chain goes on.
    static func chain(
        _ db: Database
    ) throws -> (chain: SealChain, unsealed: Int, unreadable: Int) {
        func read(_ column: String, _ condition: String, _ order: String) throws
            -> Readable<(sequence: Int64, digest: Digest)>
        {
            let tables = ["event", "change"].map {
                "SELECT sequence, \(column) FROM \($0) WHERE \(condition)"
            }
            let sql = "\(tables.joined(separator: " UNION ALL ")) ORDER BY 1 \(order)"
            return try Readable(db.makeStatement(sql: sql), []) { row in
                var row = ColumnReader(row)
                return (try row.integer(), try row.digest())
            }
        }
        let sealed = try read("seal", "seal IS NOT NULL", "DESC LIMIT 1")
        let last =
            sealed.values.first?.sequence
            ?? sealed.unreadable.first.flatMap { Int64.fromDatabaseValue($0) } ?? 0
        var chain = SealChain(behind: sealed.values.first?.digest)
        let rest = try read("digest", "sequence > \(last)", "ASC")
        for record in rest.values { chain.add(record.digest) }
        return (
            chain, rest.values.count + rest.unreadable.count,
            sealed.unreadable.count + rest.unreadable.count
        )
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
        try Readable(
            db.cachedStatement(
                sql: "SELECT id FROM alert WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?"),
            [range.lowerBound.blob, range.upperBound.blob, limit], id(from:)
        ).values
    }

    static func stored(_ alert: Alert, _ db: Database) throws -> StoredAlert {
        let number = alert.reference.opened.rawValue
        let joined = try db.cachedStatement(
            sql: """
                SELECT id FROM event WHERE alert = ? AND alert <> sequence
                ORDER BY sequence DESC LIMIT ?
                """)
        let events = try Readable(joined, [number, Limits.alertEventsMax], id(from:)).values
        let changes = try ChangeTable.readableChanges(
            db, where: "change.alert = ? ORDER BY change.sequence DESC LIMIT ?",
            [number, Limits.alertEventsMax]
        ).values
        let isWhole = events.count < Limits.alertEventsMax
        return StoredAlert(
            alert: alert, events: (isWhole ? [alert.id] : []) + events.reversed(),
            changes: changes.reversed())
    }

    private static func id(from row: Row) throws -> UUIDv7 {
        var row = ColumnReader(row)
        return try row.id()
    }
}
