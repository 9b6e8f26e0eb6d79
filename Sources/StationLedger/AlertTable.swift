import AlarmModel
import GRDB

/// Rows of `alert` and `alertEvent`. Both directions name the columns in the order of ``columns``.
enum AlertTable {
    static let columns = [
        "id", "state", "kind", "priority", "protocol", "address", "port", "openedAt", "changedAt",
        "eventCount", "repeatCount", "restored",
    ]

    static let upsert = """
        INSERT INTO alert (\(columns.joined(separator: ", ")))
        VALUES (\(columns.map { _ in "?" }.joined(separator: ", ")))
        ON CONFLICT (id) DO UPDATE SET
        \(columns.dropFirst().map { "\($0) = excluded.\($0)" }.joined(separator: ", "))
        """

    /// NULL, and so refused, when the alert is not in the ledger.
    static let join = """
        INSERT INTO alertEvent (alert, event) VALUES ((SELECT number FROM alert WHERE id = ?), ?)
        """

    static let select = "SELECT number, \(columns.joined(separator: ", ")) FROM alert"

    /// The clause by which SQLite recognises the index of ongoing alerts.
    static let isOngoing = "state <> '\(Alert.State.resolved.rawValue)'"

    static let newestEventIDs = """
        SELECT event.id FROM alertEvent JOIN event ON event.sequence = alertEvent.event
        WHERE alertEvent.alert = ? ORDER BY alertEvent.event DESC LIMIT ?
        """

    static func store(_ alert: Alert, by row: inout ColumnWriter) throws {
        row.add(alert.id)
        row.add(alert.state)
        row.add(alert.kind)
        row.add(alert.priority)
        row.add(text: alert.device?.protocolID.rawValue)
        row.add(alert.device?.address)
        row.add(alert.portID)
        row.add(alert.openedAt.microseconds)
        row.add(alert.changedAt.microseconds)
        row.add(alert.eventCount)
        row.add(alert.repeatCount)
        row.add(alert.isRestored)
        try row.execute()
    }

    static func join(_ event: Sequence, to alert: UUIDv7, by row: inout ColumnWriter) throws {
        row.add(alert)
        row.add(event.rawValue)
        try row.execute()
    }

    static func alert(from row: Row) throws -> (number: Int64, alert: Alert) {
        var row = ColumnReader(row)
        let number: Int64 = try row.integer()
        let id = try row.id()
        let state: Alert.State = try row.name()
        let kind: EventKind = try row.name()
        let priority: Priority = try row.name()
        let protocolID = try row.optionalText().map { ProtocolID(rawValue: $0) }
        let address = try row.optionalShortText()
        var device: DeviceAddress?
        if let protocolID, let address { device = DeviceAddress(protocolID, address) }
        let alert = Alert(
            id: id, state: state, kind: kind, priority: priority, device: device,
            portID: try row.name(), openedAt: WallTime(microseconds: try row.integer()),
            changedAt: WallTime(microseconds: try row.integer()), eventCount: try row.integer(),
            repeatCount: try row.integer(), isRestored: try row.flag())
        return (number, alert)
    }
}
