import AlarmModel
import Foundation
import GRDB

extension Ledger {
    /// Opens the ledger at `path`, or creates it, and reads back what the station needs to go on.
    ///
    /// When this returns, everything that was found is durable, no other process can write the
    /// file, and every commit will end with an fsync.
    ///
    /// - Parameters:
    ///   - boot: names the boot of the machine (`/proc/sys/kernel/random/boot_id`); monotonic
    ///     times mean something only together with it.
    ///   - logProblem: is told, on any thread, that the log cannot be copied into the database.
    ///     Events are still stored, in the log, which grows.
    public static func open(
        path: String, boot: BootID?,
        logProblem: @escaping @Sendable (LedgerError) -> Void = { _ in }
    ) throws(LedgerError) -> (ledger: Ledger, recovery: Recovery) {
        try open(
            path: path, boot: boot, copyLog: Checkpointer.passively, logProblem: logProblem)
    }

    static func open(
        path: String, boot: BootID?, copyLog: @escaping Checkpointer.Copy,
        logProblem: @escaping @Sendable (LedgerError) -> Void = { _ in }
    ) throws(LedgerError) -> (ledger: Ledger, recovery: Recovery) {
        try DisplacedFiles(of: path).keepOrphanedLog(at: .now)
        let file = try LedgerFile(path: path)
        do throws(LedgerError) {
            return try LedgerError.wrapping("open", path: path) {
                try open(file, boot, copyLog, logProblem)
            }
        } catch {
            // Neither SQLite nor anybody else says by name that there was no room for a new file.
            if error.kind == .cannotOpen, file.hasNoRoom {
                throw LedgerError(.full, path: path, message: error.message)
            }
            throw error
        }
    }

    private static func open(
        _ file: LedgerFile, _ boot: BootID?, _ copyLog: @escaping Checkpointer.Copy,
        _ logProblem: @escaping @Sendable (LedgerError) -> Void
    ) throws -> (ledger: Ledger, recovery: Recovery) {
        let path = file.path
        let opening = Opening(path: path, boot: boot)
        do {
            var configuration = Configuration()
            configuration.label = "ledger"
            configuration.maximumReaderCount = Limits.ledgerReadersMax
            configuration.busyMode = .timeout(Double(Limits.ledgerBusyWait.microseconds) / 1e6)
            let pool = try DatabasePool(path: path, configuration: configuration)
            let findings = try pool.writeWithoutTransaction { try opening.inspect($0) }
            try Schema.migrator.migrate(pool)
            let found = try pool.write { try opening.recover($0, findings) }
            let checkpointer = try Checkpointer(path: path, copy: copyLog, report: logProblem)
            pool.writeWithoutTransaction { checkpointer.watch($0) }
            file.noteLog()
            if opening.databaseBytes == 0 {
                // So that its name stands in the file from the first second on. Where that fails,
                // the next copying tells.
                try? pool.writeWithoutTransaction { try Checkpointer.passively($0) }
            }
            let (number, bytes) = try pool.read { try Schema.nameplate($0) }
            file.noteContents(
                name: found.recovery.epoch, onPage: number, pageBytes: bytes)
            let ledger = Ledger(
                pool: pool, file: file, checkpointer: checkpointer, boot: found.bootNumber,
                epoch: found.recovery.epoch, last: found.recovery.lastSequence,
                chain: found.chain, mendedAlerts: found.mendedAlerts)
            return (ledger, found.recovery)
        } catch let error as DatabaseError
            where error.resultCode == .SQLITE_NOTADB && LedgerPages.wasLedger(path)
        {
            throw LedgerError(
                .corrupt, path: path,
                message: "cannot open \(path): it is damaged, from its first page on")
        }
    }

    /// SQLite's number for `synchronous`: 2 is FULL, an fsync of the log in every commit.
    static func synchronousLevel(_ db: Database) throws -> Int? {
        try Int.fetchOne(db, sql: "PRAGMA synchronous")
    }

    static func makeSynchronous(_ db: Database, path: String) throws {
        try db.execute(sql: "PRAGMA synchronous = FULL")
        guard try synchronousLevel(db) == 2 else {
            throw LedgerError(
                .failed, path: path,
                message: "cannot open \(path): this SQLite does not take synchronous=FULL")
        }
    }
}

/// The way from a file to a ledger, before and after the migrations.
private struct Opening {
    let path: String
    let boot: BootID?
    // Before SQLite touches them. An orderly close removes the log.
    let databaseBytes: Int
    let walBytes: Int

    init(path: String, boot: BootID?) {
        self.path = path
        self.boot = boot
        databaseBytes = Self.size(path)
        walBytes = Self.size(path + "-wal")
    }

    private static func size(_ path: String) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.size] as? NSNumber)?.intValue ?? 0
    }

    /// Makes sure that the file is ours, whole and durable, and says what was found.
    func inspect(_ db: Database) throws -> [String] {
        // GRDB sets NORMAL, which does not fsync a commit, while it opens a pool and after any
        // hook that it offers. So this has to come after opening, on the one writing connection.
        try Ledger.makeSynchronous(db, path: path)
        try refuseForeign(db)
        try db.execute(sql: "PRAGMA journal_size_limit = \(Limits.ledgerLogBytesMax)")
        var findings: [String] = []
        if databaseBytes == 0, walBytes == 0 { findings.append("a new ledger was created") }
        if try Schema.mark(of: db) == .open {
            findings.append("the ledger was not closed in good order")
            findings.append(try check(db))
        }
        if walBytes > 0 { findings.append(try makeDurable(db)) }
        LedgerLog.layOut(path + "-wal")
        return findings
    }

    /// Refuses the database of another program, and one that a newer Tocsin has changed.
    private func refuseForeign(_ db: Database) throws {
        let tables = """
            SELECT count(*) FROM sqlite_schema
            WHERE name NOT LIKE 'grdb%' AND name NOT LIKE 'sqlite%'
            """
        let isEmpty = try Int.fetchOne(db, sql: tables) == 0
        let application = try Int64.fetchOne(db, sql: "PRAGMA application_id")
        guard isEmpty || application == Schema.applicationID else {
            let ours = "SELECT count(*) FROM sqlite_schema WHERE name IN ('boot', 'event', 'alert')"
            guard try Int.fetchOne(db, sql: ours) == 3 else {
                throw LedgerError(
                    .notALedger, path: path,
                    message: "cannot open \(path): it is the database of another program")
            }
            throw LedgerError(
                .corrupt, path: path,
                message: "cannot open \(path): it is damaged (it does not say that it is a ledger)")
        }
        if try Schema.migrator.hasBeenSuperseded(db) {
            throw LedgerError(
                .newerSchema, path: path,
                message: "cannot open \(path): a newer version of Tocsin has written it")
        }
    }

    /// After an orderly close there is no reason to look at every page. After anything else SQLite
    /// promises that there is none either, as long as the disk kept its promises: this asks.
    private func check(_ db: Database) throws -> String {
        guard databaseBytes <= Limits.ledgerCheckBytesMax else {
            return "the ledger of \(databaseBytes) bytes was not checked, which would take long; "
                + "do it with: sqlite3 \(path) 'PRAGMA quick_check'"
        }
        let results = try String.fetchAll(db, sql: "PRAGMA quick_check(1)")
        guard results == ["ok"] else {
            throw LedgerError(
                .corrupt, path: path,
                message: "cannot open \(path): it is damaged (\(results.joined(separator: "; ")))")
        }
        return "the ledger was checked and is whole"
    }

    /// The log may hold commits that are in the page cache and on no disk: of a process that was
    /// killed before its fsync, or whose fsync failed, after which Linux calls the lost pages
    /// clean. Copying them into the database writes them anew, and fsyncs both files.
    private func makeDurable(_ db: Database) throws -> String {
        do {
            try db.checkpoint(.truncate)
            return "its log was recovered"
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            // All that this reader does not look at has been copied, and the log was fsynced.
            return "its log was recovered and not emptied, because another program is reading it"
        }
    }

    /// What the station and the ledger go on from.
    struct Found {
        var bootNumber: Int64
        var chain: SealChain
        var mendedAlerts: Int
        var recovery: Recovery
    }

    /// The gravest and oldest, and how many alerts had to be made anew before they could be read: a
    /// damaged one must not keep the station from its presses, nor from the other alerts.
    private func ongoingAlerts(
        _ db: Database
    ) throws -> (alerts: Readable<Alert>, mended: Int) {
        func read() throws -> Readable<Alert> {
            try AlertTable.readableAlerts(
                db, where: "\(AlertTable.isOngoing) \(AlertTable.inOrder) LIMIT ?",
                [Limits.ongoingAlertsMax])
        }
        let remade = try AlertTable.rebuild(db, try missingAlerts(db)).changed
        let found = try read()
        guard !found.unreadable.isEmpty else { return (found, remade) }
        let damaged = found.unreadable.compactMap { Int64.fromDatabaseValue($0) }
        let mended = try AlertTable.rebuild(db, damaged).changed
        return (try read(), remade + mended)
    }

    /// Of the newest records, those whose alert's row is gone: somebody has edited the file, and a
    /// press would be in nobody's hands.
    private func missingAlerts(_ db: Database) throws -> [Int64] {
        try Int64.fetchAll(
            db,
            sql: """
                SELECT sequence FROM event
                WHERE sequence > (SELECT max(sequence) FROM event) - ? AND alert = sequence
                AND NOT EXISTS (SELECT 1 FROM alert WHERE alert.number = event.sequence)
                ORDER BY sequence
                """, arguments: [Limits.recoveredEventsMax])
    }

    func recover(_ db: Database, _ findings: [String]) throws -> Found {
        try Schema.mark(.open, db)
        let boot = try bootNumber(db)
        let last = try RecordReading.lastSequence(db)
        let newest = try EventTable.readableEvents(
            db, where: "true ORDER BY sequence DESC LIMIT ?", [Limits.recoveredEventsMax])
        let events = newest.values
        let (found, mended) = try ongoingAlerts(db)
        let ongoing = found.values
        // One that was put aside is raised again in time, wherever it stands.
        let parked =
            ongoing.count < Limits.ongoingAlertsMax
            ? []
            : try AlertTable.readableAlerts(
                db, where: "\(AlertTable.isOngoing) AND parkedUntil IS NOT NULL LIMIT ?",
                [Limits.recentAlertsMax]
            ).values
        let known = Set(ongoing.map(\.id))
        guard let epoch = try String.fetchOne(db, sql: "SELECT epoch FROM ledger") else {
            throw LedgerError(
                .corrupt, path: path, message: "cannot open \(path): it has lost its name")
        }
        let end = try RecordReading.chain(db)
        var recovery = Recovery(
            lastSequence: last, epoch: epoch, boot: self.boot,
            ongoingAlerts: ongoing + parked.filter { !known.contains($0.id) },
            recentEvents: events.reversed(),
            earlierBootEvents: events.count { $0.boot == nil || $0.boot != self.boot },
            findings: findings)
        if ongoing.count == Limits.ongoingAlertsMax {
            recovery.findings.append(
                "only the \(ongoing.count) gravest and oldest ongoing alerts were loaded; the "
                    + "others are worked on as the ledger has them")
        } else if !ongoing.isEmpty {
            recovery.findings.append("\(ongoing.count) alerts are ongoing")
        }
        recovery.warnings += damage(
            mended: mended, lost: found.unreadable.count, unsealed: end.unsealed,
            unreadable: newest.unreadable.count + end.unreadable)
        let displaced = DisplacedFiles(of: path)
        recovery.warnings += warnings(of: displaced)
        // What a name says of the time decides, whatever there is behind it.
        recovery.setAside =
            last == 0 ? (displaced.damaged + displaced.orphanedLogs).max() : nil
        return Found(
            bootNumber: boot, chain: end.chain, mendedAlerts: mended, recovery: recovery)
    }

    /// What a person is told of a ledger that goes on although values in it were changed.
    private func damage(
        mended: Int, lost: Int, unsealed: Int, unreadable: Int
    ) -> [String] {
        let look = "tocsin audit verify --ledger \(path)"
        var warnings: [String] = []
        if mended > 0 {
            warnings.append(
                "\(mended) alerts were not what their records add up to, and were made anew; "
                    + "somebody or the disk has changed them: \(look)")
        }
        if lost > 0 {
            warnings.append(
                "\(lost) alerts cannot be read, nor made anew, because the records that opened "
                    + "them are damaged too; find out which they are with: \(look)")
        }
        if unsealed > 0 {
            warnings.append(
                "the last \(unsealed) records have no seal: somebody has cut off the end behind "
                    + "them; look with: \(look)")
        }
        if unreadable > 0 {
            warnings.append(
                "\(unreadable) of the newest records cannot be read; somebody or the disk has "
                    + "changed them: \(look)")
        }
        return warnings
    }

    private func warnings(of displaced: DisplacedFiles) -> [String] {
        displaced.damaged.map { copy in
            "\(copy) is a ledger that was damaged and moved aside: presses in it and alerts that "
                + "were open may be nowhere else; read what can be read (tocsin audit salvage "
                + "\(copy)), then move it to another folder and restart tocsind"
        }
            + displaced.orphanedLogs.map { log in
                "\(log) is the log of a ledger that was gone or empty at a start: presses in it "
                    + "may be nowhere else; put a copy of that ledger at \(log.dropLast(4)) and "
                    + "read both (tocsin audit salvage \(log.dropLast(4))), then move them to "
                    + "another folder and restart tocsind"
            }
            + displaced.rescued.map { copy in
                "\(copy) is a copy of a ledger that was taken away while Tocsin ran: presses in it "
                    + "may be nowhere else; read it (tocsin audit verify --ledger \(copy)), then "
                    + "move it to another folder and restart tocsind"
            }
    }

    private func bootNumber(_ db: Database) throws -> Int64 {
        let id = boot?.description ?? "unknown"
        try db.execute(
            sql: "INSERT INTO boot (id) VALUES (?) ON CONFLICT DO NOTHING", arguments: [id])
        let number = try Int64.fetchOne(
            db, sql: "SELECT number FROM boot WHERE id = ?", arguments: [id])
        guard let number else {
            throw LedgerError(
                .corrupt, path: path, message: "cannot open \(path): it does not keep its boots")
        }
        return number
    }
}
