import AlarmModel
import GRDB

/// Rows of `change`, with the columns in the one order of ``columns`` in both directions.
enum ChangeTable {
    /// A column's place is part of every digest: new ones come at the end.
    static let columns = [
        "sequence", "id", "kind", "alert", "version", "at", "atMonotonic", "by", "note", "outcome",
        "until", "step", "responder", "stage", "boot",
    ]

    static let insert = """
        INSERT INTO change (\(columns.map { "\"\($0)\"" }.joined(separator: ", ")), digest, seal)
        VALUES (\(columns.map { _ in "?, " }.joined())?, ?)
        """

    /// With the ids of alert and boot behind the columns.
    static let select = """
        SELECT \(columns.map { "change.\"\($0)\"" }.joined(separator: ", ")),
        \(AlertTable.id(of: "change")), boot.id
        FROM change LEFT JOIN alert ON alert.number = change.alert
        LEFT JOIN boot ON boot.number = change.boot
        """

    static func add<Sink: ColumnSink & ~Copyable>(
        _ change: Change, boot: Int64, to row: inout Sink
    ) {
        let draft = change.draft
        row.add(change.sequence.rawValue)
        row.add(change.id)
        row.add(draft.kind)
        row.add(change.alert.opened.rawValue)
        row.add(change.version)
        row.add(change.at.wall.microseconds)
        row.add(change.at.monotonic.microseconds)
        row.add(text: draft.by)
        row.add(text: draft.note)
        row.add(text: draft.outcome?.rawValue)
        row.add(draft.until?.microseconds)
        row.add(draft.step)
        row.add(text: draft.responder)
        row.add(text: draft.stage)
        row.add(boot)
    }

    static func change(from row: Row) throws -> Change {
        var row = ColumnReader(row)
        let sequence = Sequence(rawValue: try row.integer())
        let id = try row.id()
        let kind: ChangeKind = try row.name()
        let opened = Sequence(rawValue: try row.integer())
        let version: Int = try row.integer()
        let at = Moment(
            wall: try row.time(), monotonic: MonotonicTime(microseconds: try row.integer()))
        let draft = ChangeDraft(
            kind, by: try row.text(), note: try row.optionalText(),
            outcome: try row.optionalName(), until: try row.optionalTime(),
            step: try row.optionalInteger(), responder: try row.optionalText(),
            stage: try row.optionalText())
        _ = try row.integer() as Int64
        let alert = try row.id()
        let boot = try row.optionalText().flatMap { BootID($0) }
        return Change(
            id: id, sequence: sequence, alert: AlertReference(id: alert, opened: opened),
            version: version, at: at, boot: boot, draft: draft)
    }

    static func changes(
        _ db: Database, where clause: String, _ arguments: StatementArguments
    ) throws -> [Change] {
        let statement = try db.cachedStatement(sql: "\(select) WHERE \(clause)")
        return try Row.fetchAll(statement, arguments: arguments).map { try change(from: $0) }
    }

    static func readableChanges(
        _ db: Database, where clause: String, _ arguments: StatementArguments
    ) throws -> Readable<Change> {
        try Readable(
            db.cachedStatement(sql: "\(select) WHERE \(clause)"), arguments, change(from:))
    }
}
