import AlarmModel
import GRDB

/// Rows of `alert`, with the columns in the one order of ``columns`` in both directions.
enum AlertTable {
    static let columns = [
        "number", "id", "version", "state", "rank", "owner", "ownedSince", "kind", "priority",
        "test", "protocol", "address", "scope", "port", "portName", "peer", "partition", "zone",
        "code", "text", "openedAt", "changedAt", "changedBy", "firstAnsweredAt", "parkedUntil",
        "outcome", "eventCount", "restored",
    ]

    static let upsert = """
        INSERT INTO alert (\(columns.joined(separator: ", ")))
        VALUES (\(columns.map { _ in "?" }.joined(separator: ", ")))
        ON CONFLICT (number) DO UPDATE SET
        \(columns.dropFirst(2).map { "\($0) = excluded.\($0)" }.joined(separator: ", "))
        """

    static let select = "SELECT \(columns.joined(separator: ", ")) FROM alert"

    /// Of the alert that a record of `table` belongs to: where its row is gone, of the event that
    /// opened it.
    static func id(of table: String) -> String {
        """
        coalesce(alert.id,
            (SELECT opening.id FROM event AS opening WHERE opening.sequence = \(table).alert))
        """
    }

    /// The clause by which SQLite recognises the index of ongoing alerts.
    static let isOngoing = "state <> '\(Alert.State.resolved.rawValue)'"

    /// The one order of everybody's work: the gravest first, open before taken, the oldest first.
    static let inOrder = "ORDER BY rank, number"

    static func store(_ alert: Alert, by row: inout ColumnWriter) throws {
        row.add(alert.reference.opened.rawValue)
        row.add(alert.id)
        row.add(alert.version)
        row.add(alert.state)
        row.add(rank(of: alert))
        row.add(text: alert.owner)
        row.add(alert.ownedSince?.microseconds)
        row.add(alert.kind)
        row.add(alert.priority)
        row.add(alert.isTest)
        row.add(alert.protocolID)
        row.add(alert.address)
        row.add(alert.scope)
        row.add(alert.wire.portID)
        row.add(text: alert.wire.portName)
        row.add(text: alert.wire.peer)
        row.add(alert.partition)
        row.add(alert.zone)
        row.add(alert.code)
        row.add(text: alert.text)
        row.add(alert.openedAt.microseconds)
        row.add(alert.changedAt.microseconds)
        row.add(text: alert.changedBy)
        row.add(alert.firstAnsweredAt?.microseconds)
        row.add(alert.parkedUntil?.microseconds)
        row.add(text: alert.outcome?.rawValue)
        row.add(alert.eventCount)
        row.add(alert.isRestored)
        try row.execute()
    }

    static func alert(from row: Row) throws -> Alert {
        var row = ColumnReader(row)
        let opened = Sequence(rawValue: try row.integer())
        let reference = AlertReference(id: try row.id(), opened: opened)
        let version: Int = try row.integer()
        let state: Alert.State = try row.name()
        _ = try row.integer() as Int
        let owner = try row.optionalText()
        let ownedSince = try row.optionalTime()
        let kind: EventKind = try row.name()
        let priority: Priority = try row.name()
        let isTest = try row.flag()
        let protocolID: ProtocolID = try row.name()
        let address = try row.optionalShortText()
        let scope = try row.optionalShortText()
        let wire = Wire(
            try row.name(), portName: try row.optionalText(), peer: try row.optionalText())
        let partition: UInt16? = try row.optionalInteger()
        let zone: UInt32? = try row.optionalInteger()
        let code = try row.optionalShortText()
        let text = try row.optionalText()
        return Alert(
            reference: reference, version: version, state: state, owner: owner,
            ownedSince: ownedSince, kind: kind, priority: priority, isTest: isTest,
            protocolID: protocolID, address: address, scope: scope, wire: wire,
            partition: partition, zone: zone, code: code, text: text, openedAt: try row.time(),
            changedAt: try row.time(), changedBy: try row.optionalText(),
            firstAnsweredAt: try row.optionalTime(), parkedUntil: try row.optionalTime(),
            outcome: try row.optionalName(), eventCount: try row.integer(),
            isRestored: try row.flag())
    }

    static func alerts(
        _ db: Database, where clause: String, _ arguments: StatementArguments
    ) throws -> [Alert] {
        let statement = try db.cachedStatement(sql: "\(select) WHERE \(clause)")
        return try Row.fetchAll(statement, arguments: arguments).map { try alert(from: $0) }
    }

    static func readableAlerts(
        _ db: Database, where clause: String, _ arguments: StatementArguments
    ) throws -> Readable<Alert> {
        try Readable(
            db.cachedStatement(sql: "\(select) WHERE \(clause)"), arguments, alert(from:))
    }

    /// The place of an alert among all that people work on.
    private static func rank(of alert: Alert) -> Int {
        alert.priority.rank * 2 + (alert.state == .open ? 0 : 1)
    }
}
