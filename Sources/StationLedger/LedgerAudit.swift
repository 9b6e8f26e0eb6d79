import AlarmModel
import GRDB

/// Reads a ledger file for whoever has to vouch for it, beside a daemon or without one. It writes
/// nothing.
public final class LedgerAudit: Sendable {
    /// A seal that was kept outside of the ledger.
    public struct Seal: Equatable, Sendable {
        public var sequence: Sequence
        public var hex: String

        /// `120:<64 hexadecimal digits>`; nil for anything else.
        public init?(_ text: String) {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let sequence = Int64(parts[0]), sequence > 0,
                let bytes = try? bytes(hex: parts[1]), bytes.count == 32
            else { return nil }
            self.sequence = Sequence(rawValue: sequence)
            hex = hexText(bytes)
        }

        init(_ sequence: Sequence, _ digest: Digest) {
            self.sequence = sequence
            hex = digest.hex
        }
    }

    /// What is wrong, and where.
    public struct Finding: Equatable, Sendable, CustomStringConvertible {
        /// Nil when it is about the file and not about a record.
        public var sequence: Sequence?
        public var what: String

        public var description: String {
            sequence.map { "record \($0): \(what)" } ?? "the file: \(what)"
        }
    }

    public struct Report: Equatable, Sendable {
        /// 0 and 0 for an empty ledger.
        public var first: Sequence
        public var last: Sequence
        /// On the last record; nil for an empty ledger.
        public var seal: Seal?
        public var findings: [Finding]
    }

    /// Findings that are told one by one; behind them the count is all that helps.
    static let findingsMax = 100

    /// Records that a salvage reads at a time.
    static let salvagedAtOnce = 500

    let queue: DatabaseQueue
    let path: String

    public init(path: String) throws(LedgerError) {
        self.path = path
        try Ledger.checkExists(path)
        queue = try LedgerError.wrapping("open", path: path) {
            var configuration = Configuration()
            configuration.readonly = true
            configuration.label = "audit"
            return try DatabaseQueue(path: path, configuration: configuration)
        }
    }

    /// A file of another version has other columns, and nothing is wrong with its disk.
    private func read<Value>(
        _ task: String, _ body: (Database) throws -> Value
    ) throws(LedgerError) -> Value {
        try LedgerError.wrapping(task, path: path) {
            try queue.read { db in
                guard try Schema.migrator.hasCompletedMigrations(db) else {
                    throw LedgerError(
                        .olderSchema, path: path,
                        message: "cannot \(task) \(path): it is not of this version of Tocsin")
                }
                return try body(db)
            }
        }
    }

    /// Recomputes the chain from the first record to the last.
    ///
    /// - Parameter outside: a seal that was kept elsewhere. Without one nobody can tell whether the
    ///   end of the ledger was cut off, or all of it written anew.
    public func verify(against outside: Seal? = nil) throws(LedgerError) -> Report {
        try read("verify") { db in
            var verification = Verification(outside)
            return try verification.run(db)
        }
    }

    /// The ids of alerts from the first to the last of `range`, at most `limit`.
    public func alertIDs(
        in range: ClosedRange<UUIDv7>, limit: Int
    ) throws(LedgerError) -> [UUIDv7] {
        try read("read") { try RecordReading.alertIDs(in: range, limit: limit, $0) }
    }

    /// An alert with all its records, in their order; nil when there is none with this id.
    public func records(of alert: UUIDv7) throws(LedgerError) -> (Alert, [Record])? {
        try read("read") { db in
            guard let found = try AlertTable.alerts(db, where: "id = ?", [alert.blob]).first
            else { return nil }
            let number = found.reference.opened.rawValue
            // Two terms, each of which has its index.
            let events =
                try EventTable.events(db, where: "event.sequence = ?", [number])
                + EventTable.events(
                    db,
                    where: """
                        event.alert = ? AND event.alert <> event.sequence
                        ORDER BY event.sequence
                        """, [number])
            let changes = try ChangeTable.changes(
                db, where: "change.alert = ? ORDER BY change.sequence", [number])
            return (found, RecordReading.merge(events, changes))
        }
    }
}

/// One walk over all records, in the order of their sequence.
private struct Verification {
    private let outside: LedgerAudit.Seal?
    private var findings: [LedgerAudit.Finding] = []
    private var chain = SealChain()
    private var first: Sequence = 0
    private var last: Sequence = 0
    /// Of the last record that has one, and how many records follow it.
    private var seal: LedgerAudit.Seal?
    private var unsealed = 0

    init(_ outside: LedgerAudit.Seal?) { self.outside = outside }

    mutating func run(_ db: Database) throws -> LedgerAudit.Report {
        try judgeFile(db)
        try judgeRecords(db)
        return LedgerAudit.Report(first: first, last: last, seal: seal, findings: findings)
    }

    private mutating func judgeRecords(_ db: Database) throws {
        let events = try TableCursor(.event, "event", EventTable.columns, db)
        let changes = try TableCursor(.change, "change", ChangeTable.columns, db)
        while true {
            switch (events.front, changes.front) {
            case (nil, nil):
                judgeEnd()
                return try judgeAlerts(db)
            case (let event?, let change?) where event.sequence <= change.sequence:
                judge(event)
                try events.advance()
            case (_, let change?):
                judge(change)
                try changes.advance()
            case (let event?, nil):
                judge(event)
                try events.advance()
            }
        }
    }

    private mutating func judge(_ record: TableCursor.Record) {
        if first == 0 { first = record.sequence }
        if record.sequence == last {
            find(record.sequence, "stands twice")
        } else if record.sequence > last.next {
            let before = record.sequence.rawValue - 1
            find(
                last.next, before == last.next.rawValue ? "is missing" : "to \(before) are missing")
        }
        last = record.sequence
        guard let stored = record.digest else {
            return find(record.sequence, "has no digest")
        }
        if stored != record.computed { find(record.sequence, "was changed") }
        chain.add(stored)
        unsealed += 1
        guard let claimed = record.seal else { return }
        let computed = chain.seal()
        if claimed != computed {
            let start = record.sequence.rawValue - Int64(unsealed) + 1
            find(
                record.sequence,
                "its seal does not fit records \(start) to \(record.sequence) and the seal before")
            // Goes on from what stands there: one break is told once.
            chain = SealChain(behind: claimed)
        }
        unsealed = 0
        seal = LedgerAudit.Seal(record.sequence, claimed)
        if let outside, outside.sequence == record.sequence, outside.hex != claimed.hex {
            find(record.sequence, "has another seal than the one that was kept outside")
        }
    }

    private mutating func judgeEnd() {
        if unsealed > 0 { find(last, "has no seal, and is the last: the end was cut off") }
        guard let outside else { return }
        if outside.sequence > last {
            find(last.next, "is missing: a seal over \(outside.sequence) was kept outside")
        }
    }

    /// What people work on is no more than what the records add up to: one that says otherwise may
    /// hide a press that nobody has ended.
    private mutating func judgeAlerts(_ db: Database) throws {
        var numbers: Set<Int64> = []
        for number in try AlertTable.openingRecords(db) {
            numbers.insert(number)
            let sequence = Sequence(rawValue: number)
            do {
                if try AlertTable.rebuilt(number, db) != AlertTable.readable(number, db) {
                    find(
                        sequence,
                        "its alert is not what its records add up to; tocsin audit rebuild mends it"
                    )
                }
            } catch let unreadable as UnreadableColumn {
                // A record was damaged. The others are looked at all the same.
                find(sequence, "its alert cannot be made from its records: \(unreadable)")
            }
        }
        for number in try Int64.fetchAll(db, sql: "SELECT number FROM alert ORDER BY number")
        where !numbers.contains(number) {
            find(Sequence(rawValue: number), "there is an alert that it did not open")
        }
    }

    /// Records may all be there in a file whose pages or indices are damaged: alerts that are found
    /// by an index may then be hidden.
    private mutating func judgeFile(_ db: Database) throws {
        let results = try String.fetchAll(db, sql: "PRAGMA integrity_check(10)")
        for line in results.flatMap({ $0.split(separator: "\n") }) where line != "ok" {
            find(nil, String(line))
        }
    }

    private mutating func find(_ sequence: Sequence?, _ what: String) {
        guard findings.count < LedgerAudit.findingsMax else { return }
        findings.append(LedgerAudit.Finding(sequence: sequence, what: what))
    }
}

/// The records of one table, one after the other.
private final class TableCursor {
    struct Record {
        var sequence: Sequence
        var computed: Digest
        var digest: Digest?
        var seal: Digest?
    }

    private(set) var front: Record?
    private let rows: RowCursor
    private let kind: RecordKind
    private let count: Int
    private var digests = DigestWriter()

    init(_ kind: RecordKind, _ table: String, _ columns: [String], _ db: Database) throws {
        self.kind = kind
        count = columns.count
        let names = columns.map { "\"\($0)\"" }.joined(separator: ", ")
        rows = try Row.fetchCursor(
            db, sql: "SELECT \(names), digest, seal FROM \"\(table)\" ORDER BY sequence")
        try advance()
    }

    func advance() throws {
        guard let row = try rows.next() else { return front = nil }
        digests.add(row, columns: count)
        front = Record(
            sequence: Sequence(rawValue: row[0]), computed: digests.finish(kind),
            digest: Self.digest(row[count]), seal: Self.digest(row[count + 1]))
    }

    private static func digest(_ value: DatabaseValue) -> Digest? {
        guard case .blob(let data) = value.storage else { return nil }
        return Digest(Array(data))
    }
}
