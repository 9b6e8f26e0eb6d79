import AlarmModel
import GRDB

/// Rows of `event`. Both directions name the columns in the one order of ``columns``, which is that
/// of the table: else SQLite would move every value once more when it stores many rows at once.
enum EventTable {
    /// A column's place is part of every digest: new ones come at the end.
    static let columns = [
        "sequence", "id", "kind", "priority", "protocol", "port", "portName", "peer", "alert",
        "receivedAt", "receivedMonotonic", "restored", "test", "late", "address", "scope",
        "reportedAt", "latitudeE7", "longitudeE7", "positionValid", "fixedAt",
        "accuracyCentimeters", "altitudeCentimeters", "speedMillimetersPerSecond",
        "courseCentidegrees", "code", "partition", "zone", "fence", "batteryPercent",
        "signalPercent", "deviceSerial", "text", "heldBit", "heldConditions", "raw", "count",
        "boot",
    ]

    static let insertOne = insert(rows: 1)
    static let insertMany = insert(rows: rowsAtOnce)

    /// A row costs a fifth less when it is stored together with nine others, and hardly less than
    /// that together with nineteen.
    static let rowsAtOnce = 10

    private static func insert(rows: Int) -> String {
        let row = "(\(columns.map { _ in "?, " }.joined())?, ?)"
        return """
            INSERT INTO event (\(columns.joined(separator: ", ")), digest, seal)
            VALUES \([String](repeating: row, count: rows).joined(separator: ", "))
            """
    }

    /// With the ids of alert and boot behind the columns.
    static let select = """
        SELECT \(columns.map { "event.\($0)" }.joined(separator: ", ")),
        \(AlertTable.id(of: "event")), boot.id
        FROM event LEFT JOIN alert ON alert.number = event.alert
        LEFT JOIN boot ON boot.number = event.boot
        """

    static func add<Sink: ColumnSink & ~Copyable>(
        _ event: Event, boot: Int64, to row: inout Sink
    ) {
        let draft = event.draft
        row.add(event.sequence.rawValue)
        row.add(event.id)
        row.add(draft.kind)
        row.add(event.priority)
        row.add(event.protocolID)
        row.add(event.wire.portID)
        row.add(text: event.wire.portName)
        row.add(text: event.wire.peer)
        row.add(event.alert?.opened.rawValue)
        row.add(event.received.wall.microseconds)
        row.add(event.received.monotonic.microseconds)
        row.add(draft.isRestored)
        row.add(draft.isTest)
        row.add(draft.isLate)
        row.add(draft.address)
        row.add(draft.scope)
        row.add(draft.reportedAt?.microseconds)
        let position = draft.position
        row.add(position?.latitudeE7)
        row.add(position?.longitudeE7)
        row.add(position.map { $0.isValid ? 1 : 0 })
        row.add(position?.fixedAt?.microseconds)
        row.add(position?.accuracyCentimeters)
        row.add(position?.altitudeCentimeters)
        row.add(position?.speedMillimetersPerSecond)
        row.add(position?.courseCentidegrees)
        row.add(draft.code)
        row.add(draft.partition)
        row.add(draft.zone)
        row.add(draft.fence)
        row.add(draft.batteryPercent)
        row.add(draft.signalPercent)
        row.add(draft.deviceSerial)
        row.add(text: draft.text)
        row.add(draft.heldBit)
        row.add(draft.heldConditions)
        row.add(event.raw)
        row.add(event.count == 1 ? nil : event.count)
        row.add(boot)
    }

    static func event(from row: Row) throws -> Event {
        var row = ColumnReader(row)
        let sequence = Sequence(rawValue: try row.integer())
        let id = try row.id()
        var draft = WordedDraft(EventDraft(try row.name()))
        let priority: Priority = try row.name()
        let protocolID: ProtocolID = try row.name()
        let wire = Wire(
            try row.name(), portName: try row.optionalText(), peer: try row.optionalText())
        let opened: Int64? = try row.optionalInteger()
        let received = Moment(
            wall: try row.time(), monotonic: MonotonicTime(microseconds: try row.integer()))
        draft.isRestored = try row.flag()
        draft.isTest = try row.flag()
        draft.isLate = try row.flag()
        draft.address = try row.optionalShortText()
        draft.scope = try row.optionalShortText()
        draft.reportedAt = try row.optionalTime()
        draft.position = try position(from: &row)
        draft.code = try row.optionalShortText()
        draft.partition = try row.optionalInteger()
        draft.zone = try row.optionalInteger()
        draft.fence = try row.optionalShortText()
        draft.batteryPercent = try row.optionalInteger()
        draft.signalPercent = try row.optionalInteger()
        draft.deviceSerial = try row.optionalInteger()
        draft.text = try row.optionalText()
        draft.heldBit = try row.optionalInteger()
        draft.heldConditions = try row.optionalInteger()
        let raw = try row.bytes()
        let count: UInt32? = try row.optionalInteger()
        _ = try row.integer() as Int64
        let alertID = try row.optionalID()
        let boot = try row.optionalText().flatMap { BootID($0) }
        var event = Event(
            id: id, sequence: sequence, protocolID: protocolID, wire: wire, received: received,
            boot: boot, priority: priority, draft: draft, raw: raw, count: count ?? 1)
        if let opened {
            let alert = Sequence(rawValue: opened)
            event.alert = AlertReference(id: alert == sequence ? id : alertID ?? id, opened: alert)
        }
        return event
    }

    /// Eight columns; the first three are NULL together, when there is no position.
    private static func position(from row: inout ColumnReader) throws -> Position? {
        let latitude: Int32? = try row.optionalInteger()
        let longitude: Int32? = try row.optionalInteger()
        let isValid: Int? = try row.optionalInteger()
        let fixedAt = try row.optionalTime()
        let accuracy: Int32? = try row.optionalInteger()
        let altitude: Int32? = try row.optionalInteger()
        let speed: Int32? = try row.optionalInteger()
        let course: Int32? = try row.optionalInteger()
        guard let latitude, let longitude, let isValid else { return nil }
        return Position(
            latitudeE7: latitude, longitudeE7: longitude, isValid: isValid != 0,
            fixedAt: fixedAt, accuracyCentimeters: accuracy, altitudeCentimeters: altitude,
            speedMillimetersPerSecond: speed, courseCentidegrees: course)
    }

    static func events(
        _ db: Database, where clause: String, _ arguments: StatementArguments
    ) throws -> [Event] {
        let statement = try db.cachedStatement(sql: "\(select) WHERE \(clause)")
        return try Row.fetchAll(statement, arguments: arguments).map { try event(from: $0) }
    }

    static func readableEvents(
        _ db: Database, where clause: String, _ arguments: StatementArguments
    ) throws -> Readable<Event> {
        try Readable(
            db.cachedStatement(sql: "\(select) WHERE \(clause)"), arguments, event(from:))
    }
}
