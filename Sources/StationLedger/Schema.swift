import AlarmModel
import GRDB

/// The ledger file, for whoever has to read it without this program.
///
/// It is an SQLite database in WAL mode, written by one process, with `synchronous=FULL`. It is no
/// interchange format: other programs read the station's HTTP interface.
///
/// General rules
/// -------------
/// * `ledger`: one row with the epoch, which names this ledger among all that a station ever has: a
///   sequence means something only together with it.
/// * `boot`: one row per boot of the machine in which the ledger was opened. Records name a row of
///   it without a foreign key: only the opening makes that number, and to look it up again would
///   be a tenth of what an event costs.
/// * `event` and `change`: the records, numbered 1, 2, 3 ... by the one `sequence` that they share.
///   Rows are only ever added: none is changed, none is deleted, and `sequence` has no gap. `id` is
///   what the world outside knows a record by. It has no index, because nothing in here looks for
///   one: such an index would be a third of what a commit has to write.
/// * `alert`: one row per alert, as it now is; `number` is the sequence of the event that opened
///   it, whose `id` is the alert's. It is what events and changes add up to, kept for quick
///   reading. An alert ends by its state, never by deletion.
/// * `event.alert` and `change.alert` are the `number` of the alert that a record belongs to.
/// * Times are microseconds: `receivedAt` since 1970 UTC by the station's clock,
///   `receivedMonotonic` since the start of the boot that `boot` names, `reportedAt` and `fixedAt`
///   since 1970 UTC by the device's own clock. No two of them are ever mixed.
/// * Units are in the column names. Kinds, priorities and states have the names that they have in
///   JSON. Text that has a NUL or is not UTF-8 is a blob of its bytes. `raw` is NULL for an event
///   without a frame, `count` for one press.
///
/// Seals
/// -----
/// `digest` is SHA-256 over the other values of a record (see ``DigestWriter``); `seal`, which the
/// last record of each commit has, is SHA-256 over the seal before it and the digests since, the
/// first of them behind 32 zeros. Whoever changes, removes, inserts or moves a record breaks the
/// chain from there on, and a seal that was kept elsewhere tells whether the end was cut off.
///
/// What is durable
/// ---------------
/// A row is part of the ledger if and only if (1) its transaction's frames in the WAL, up to the
/// one marked as commit, have the salts of the WAL's header and correct cumulative checksums, or
/// have been copied into the database by a checkpoint, and (2) no frame before them is invalid.
/// It is durable if and only if, besides, the fdatasync of the WAL after those frames returned 0.
/// SQLite writes the commit frame, then calls fdatasync, and only then enters the frames in the
/// wal-index, which is where every other connection looks for the end of the log. So a reader
/// never sees a row whose fdatasync has not returned, and one whose fdatasync failed it never sees.
///
/// The exception is the start after a crash: recovery rebuilds the wal-index from what the log
/// holds, and the page cache may show frames that no fdatasync has confirmed. Therefore the
/// opening copies a log that it finds into the database, with an fsync of both, before anything
/// in it is taken as durable.
///
/// Open or closed
/// --------------
/// `PRAGMA user_version` is 1 from when a writer opened the ledger until it closed it in good
/// order, which sets 0. A writer that finds 1 looks for damage first, every time until it finds
/// none.
///
/// On damage
/// ---------
/// * A torn or unsynced tail of the WAL is no damage: recovery ends before it.
/// * A writer that finds damage in the database refuses to open it and says so. The daemon then
///   moves it aside, keeps it, and begins a new one, whose epoch tells clients that resume.
/// * A value of the wrong kind is told with its row and column, and read into nothing; the row is
///   left out and hides no other.
/// * What something else writes over the file is noticed within a second: the page that says the
///   epoch says it no more, or the file is shorter than it was.
///
/// Versions
/// --------
/// `PRAGMA application_id` is ``applicationID``. A change of what may be in the file is a new
/// migration, even when no column changes (a new kind of event, say): an older program then finds
/// a migration that it does not know and refuses the file instead of misreading it. A migration
/// that has been released is never changed.
enum Schema {
    /// "Tocs".
    static let applicationID: Int64 = 0x546F_6373

    /// The value is that of `PRAGMA user_version`.
    enum Mark: Int { case closed, open }

    static func mark(_ mark: Mark, _ db: Database) throws {
        try db.execute(sql: "PRAGMA user_version = \(mark.rawValue)")
    }

    static func mark(of db: Database) throws -> Mark {
        try Int.fetchOne(db, sql: "PRAGMA user_version") == 0 ? .closed : .open
    }

    /// The number of the page on which the epoch stands, and how many bytes a page has.
    static func nameplate(_ db: Database) throws -> (page: Int, bytes: Int) {
        let page = try Int.fetchOne(
            db, sql: "SELECT rootpage FROM sqlite_schema WHERE name = 'ledger'")
        let bytes = try Int.fetchOne(db, sql: "PRAGMA page_size")
        guard let page, let bytes else { throw DatabaseError(resultCode: .SQLITE_CORRUPT) }
        return (page, bytes)
    }

    /// 48 random bits as text without a dash, which stands between it and a sequence.
    static func newEpoch() -> String {
        hexText((0..<6).map { _ in UInt8.random(in: .min ... .max) })
    }

    static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 events and alerts") { db in
            try db.execute(sql: FirstSchema.tables)
        }
        migrator.registerMigration("2 records and seals") { db in
            try RecordMigration.run(db)
        }
        return migrator
    }()
}
