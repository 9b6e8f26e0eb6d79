import AlarmModel
import GRDB

/// Stores the records of one commit, many events by one statement for as long as there are so many,
/// and seals the last.
struct RecordWriter: ~Copyable {
    private var many: ColumnWriter
    private var one: ColumnWriter
    private var change: ColumnWriter
    private var digests = DigestWriter()
    private let boot: Int64

    /// - Parameter boot: the number of the boot that their monotonic times belong to.
    init(boot: Int64, to db: Database) throws {
        let insertMany = try db.cachedStatement(sql: EventTable.insertMany)
        let insertOne = try db.cachedStatement(sql: EventTable.insertOne)
        let insertChange = try db.cachedStatement(sql: ChangeTable.insert)
        many = ColumnWriter(insertMany)
        one = ColumnWriter(insertOne)
        change = ColumnWriter(insertChange)
        self.boot = boot
    }

    /// Stores `records`, in this order.
    /// - Returns: the chain behind the seal on the last of them.
    mutating func store(_ records: [Record], behind chain: SealChain) throws -> SealChain {
        var chain = chain
        let digests = records.map { record in
            let digest = digest(of: record)
            chain.add(digest)
            return digest
        }
        let seal = chain.seal()
        // Rows that wait for their statement to have all of its own.
        var gathered = 0
        var eventsLeft = records.count { $0.event != nil }
        for (index, record) in records.enumerated() {
            let seal = index == records.count - 1 ? seal : nil
            switch record {
            case .change(let change):
                ChangeTable.add(change, boot: boot, to: &self.change)
                self.change.add(digests[index])
                self.change.add(seal?.bytes ?? [])
                try self.change.execute()
            case .event(let event) where gathered + eventsLeft < EventTable.rowsAtOnce:
                Self.add(event, boot, digests[index], seal, to: &one)
                try one.execute()
                eventsLeft -= 1
            case .event(let event):
                Self.add(event, boot, digests[index], seal, to: &many)
                gathered += 1
                eventsLeft -= 1
                if gathered == EventTable.rowsAtOnce {
                    try many.execute()
                    gathered = 0
                }
            }
        }
        return chain
    }

    private static func add(
        _ event: Event, _ boot: Int64, _ digest: Digest, _ seal: Digest?,
        to row: inout ColumnWriter
    ) {
        EventTable.add(event, boot: boot, to: &row)
        row.add(digest)
        row.add(seal?.bytes ?? [])
    }

    private mutating func digest(of record: Record) -> Digest {
        switch record {
        case .event(let event):
            EventTable.add(event, boot: boot, to: &digests)
            return digests.finish(.event)
        case .change(let change):
            ChangeTable.add(change, boot: boot, to: &digests)
            return digests.finish(.change)
        }
    }
}
