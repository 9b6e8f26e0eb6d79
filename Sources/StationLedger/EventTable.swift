import AlarmModel
import GRDB

/// Stores a known number of events, many by one statement for as long as there are so many.
struct EventWriter: ~Copyable {
    private var many: ColumnWriter
    private var one: ColumnWriter
    private let boot: Int64
    private var left: Int
    /// Rows that wait for their statement to have all of its own.
    private var gathered = 0

    /// - Parameters:
    ///   - count: how many events will be stored.
    ///   - boot: the number of the boot that their monotonic times belong to.
    init(_ count: Int, boot: Int64, to db: Database) throws {
        let insertMany = try db.cachedStatement(sql: EventTable.insertMany)
        let insertOne = try db.cachedStatement(sql: EventTable.insertOne)
        many = ColumnWriter(insertMany)
        one = ColumnWriter(insertOne)
        self.boot = boot
        left = count
    }

    mutating func store(_ event: Event) throws {
        precondition(left > 0, "more events than were announced")
        if gathered + left < EventTable.rowsAtOnce {
            EventTable.add(event, boot: boot, to: &one)
            try one.execute()
        } else {
            EventTable.add(event, boot: boot, to: &many)
            gathered += 1
            if gathered == EventTable.rowsAtOnce {
                try many.execute()
                gathered = 0
            }
        }
        left -= 1
    }
}

/// Rows of `event`. Both directions name the columns in the one order of ``columns``, which is that
/// of the table: else SQLite would move every value once more when it stores many rows at once.
enum EventTable {
    static let columns = [
        "sequence", "id", "kind", "priority", "protocol", "port", "receivedAt",
        "receivedMonotonic", "restored", "test", "late", "address", "reportedAt", "latitudeE7",
        "longitudeE7", "positionValid", "fixedAt", "accuracyCentimeters", "altitudeCentimeters",
        "speedMillimetersPerSecond", "courseCentidegrees", "code", "partition", "zone", "fence",
        "batteryPercent", "signalPercent", "deviceSerial", "text", "heldBit", "heldConditions",
        "raw", "fingerprint",
    ]

    static let insertOne = insert(rows: 1)
    static let insertMany = insert(rows: rowsAtOnce)

    /// A row costs a fifth less when it is stored together with nine others, and hardly less than
    /// that together with nineteen.
    static let rowsAtOnce = 10

    private static func insert(rows: Int) -> String {
        let row = "(\(columns.map { _ in "?, " }.joined())?)"
        return """
            INSERT INTO event (\(columns.joined(separator: ", ")), boot)
            VALUES \([String](repeating: row, count: rows).joined(separator: ", "))
            """
    }

    static let select = "SELECT \(columns.joined(separator: ", ")) FROM event"

    static func add(_ event: Event, boot: Int64, to row: inout ColumnWriter) {
        let draft = event.draft
        row.add(event.sequence.rawValue)
        row.add(event.id)
        row.add(draft.kind)
        row.add(event.priority)
        row.add(event.protocolID)
        row.add(event.portID)
        row.add(event.received.wall.microseconds)
        row.add(event.received.monotonic.microseconds)
        row.add(draft.isRestored)
        row.add(draft.isTest)
        row.add(draft.isLate)
        row.add(draft.address)
        row.add(draft.reportedAt?.microseconds)
        row.add(draft.position?.latitudeE7)
        row.add(draft.position?.longitudeE7)
        row.add(draft.position.map { $0.isValid ? 1 : 0 })
        row.add(draft.position?.fixedAt?.microseconds)
        row.add(draft.position?.accuracyCentimeters)
        row.add(draft.position?.altitudeCentimeters)
        row.add(draft.position?.speedMillimetersPerSecond)
        row.add(draft.position?.courseCentidegrees)
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
        row.add(bits: event.fingerprint)
        row.add(boot)
    }

    static func event(from row: Row) throws -> Event {
        var row = ColumnReader(row)
        let sequence = Sequence(rawValue: try row.integer())
        let id = try row.id()
        var draft = WordedDraft(EventDraft(try row.name()))
        let priority: Priority = try row.name()
        let protocolID: ProtocolID = try row.name()
        let portID: PortID = try row.name()
        let received = Moment(
            wall: WallTime(microseconds: try row.integer()),
            monotonic: MonotonicTime(microseconds: try row.integer()))
        draft.isRestored = try row.flag()
        draft.isTest = try row.flag()
        draft.isLate = try row.flag()
        draft.address = try row.optionalShortText()
        draft.reportedAt = try row.optionalInteger().map { WallTime(microseconds: $0) }
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
        return Event(
            id: id, sequence: sequence, protocolID: protocolID, portID: portID,
            received: received, priority: priority, draft: draft, raw: try row.bytes(),
            fingerprint: try row.bits())
    }

    /// Eight columns; the first three are NULL together, when there is no position.
    private static func position(from row: inout ColumnReader) throws -> Position? {
        let latitude: Int32? = try row.optionalInteger()
        let longitude: Int32? = try row.optionalInteger()
        let isValid: Int? = try row.optionalInteger()
        let fixedAt: Int64? = try row.optionalInteger()
        let accuracy: Int32? = try row.optionalInteger()
        let altitude: Int32? = try row.optionalInteger()
        let speed: Int32? = try row.optionalInteger()
        let course: Int32? = try row.optionalInteger()
        guard let latitude, let longitude, let isValid else { return nil }
        return Position(
            latitudeE7: latitude, longitudeE7: longitude, isValid: isValid != 0,
            fixedAt: fixedAt.map { WallTime(microseconds: $0) }, accuracyCentimeters: accuracy,
            altitudeCentimeters: altitude, speedMillimetersPerSecond: speed,
            courseCentidegrees: course)
    }
}
