import AlarmModel
import GRDB

/// Stores the records of one commit, many events by one statement for as long as there are so many,
/// and seals the last.
struct RecordWriter: ~Copyable {
    private var many: RecordRow
    private var one: RecordRow
    private var change: RecordRow
    private let boot: Int64

    /// - Parameter boot: the number of the boot that their monotonic times belong to.
    init(boot: Int64, to db: Database) throws {
        let insertMany = try db.cachedStatement(sql: EventTable.insertMany)
        let insertOne = try db.cachedStatement(sql: EventTable.insertOne)
        let insertChange = try db.cachedStatement(sql: ChangeTable.insert)
        many = RecordRow(insertMany)
        one = RecordRow(insertOne)
        change = RecordRow(insertChange)
        self.boot = boot
    }

    /// Stores the records of `entries`, in this order.
    /// - Returns: the chain behind the seal on the last of them.
    mutating func store(
        _ entries: [LedgerEntry], behind chain: SealChain
    ) throws -> SealChain {
        var chain = chain
        var left = (events: 0, records: 0)
        for entry in entries {
            left.records += entry.records.count
            left.events += entry.records.count(where: Self.isEvent)
        }
        // Rows that wait for their statement to have all of its own.
        var gathered = 0
        for entry in entries {
            for record in entry.records {
                left.records -= 1
                let isLast = left.records == 0
                switch record {
                case .change(let change):
                    ChangeTable.add(change, boot: boot, to: &self.change)
                    self.change.finish(.change, isSealed: isLast, &chain)
                    try self.change.execute()
                case .event(let event) where gathered + left.events < EventTable.rowsAtOnce:
                    EventTable.add(event, boot: boot, to: &one)
                    one.finish(.event, isSealed: isLast, &chain)
                    try one.execute()
                    left.events -= 1
                case .event(let event):
                    EventTable.add(event, boot: boot, to: &many)
                    many.finish(.event, isSealed: isLast, &chain)
                    gathered += 1
                    left.events -= 1
                    if gathered == EventTable.rowsAtOnce {
                        try many.execute()
                        gathered = 0
                    }
                }
            }
        }
        return chain
    }

    /// Asked without a copy of the event, which would cost as much as a third of storing it.
    private static func isEvent(_ record: Record) -> Bool {
        if case .event = record { true } else { false }
    }
}

/// A record on its way to its row and to its digest at once, so that its fields are gone through
/// only once.
private struct RecordRow: ColumnSink, ~Copyable {
    private var row: ColumnWriter
    private var digests = DigestWriter()

    init(_ statement: Statement) { row = ColumnWriter(statement) }

    mutating func addNull() {
        row.addNull()
        digests.addNull()
    }

    mutating func add(number: Int64) {
        row.add(number: number)
        digests.add(number: number)
    }

    mutating func add(_ bytes: Span<UInt8>, isText: Bool) {
        row.add(bytes, isText: isText)
        digests.add(bytes, isText: isText)
    }

    /// Behind the fields of a record its digest, which the chain goes on with, and a seal on it.
    mutating func finish(_ kind: RecordKind, isSealed: Bool, _ chain: inout SealChain) {
        let digest = digests.finish(kind)
        chain.add(digest)
        row.add(digest)
        if isSealed { row.add(chain.seal()) } else { row.addNull() }
    }

    mutating func execute() throws { try row.execute() }
}
