import AlarmModel
import GRDB
import GRDBSQLite
import Synchronization

/// Copies SQLite's log into the database on a connection and a thread of its own, because that
/// takes tens of milliseconds and no press should wait for it.
///
/// A passive checkpoint, as SQLite calls this, neither waits for anybody nor makes anybody wait.
/// It ends with an fsync of the database and removes nothing: the log begins anew at its front with
/// the next commit that finds all of it copied and nobody reading from it. A reader that keeps its
/// snapshot, and commits without a pause between them, put that off: then the log grows.
final class Checkpointer: Sendable {
    typealias Copy = @Sendable (Database) throws -> Void

    private struct State {
        var schedule = CheckpointSchedule()
        /// Of the last copying; nil when it ended well.
        var problem: LedgerError?

        var hasFailed: Bool { problem?.isTransient == false }
    }

    private let state = Mutex(State())
    private let connection: DatabaseQueue
    private let copy: Copy
    private let report: @Sendable (LedgerError) -> Void

    /// - Parameters:
    ///   - copy: ``passively(_:)``, or what a test puts in its place.
    ///   - report: is told once of what keeps the log from being copied.
    init(
        path: String, copy: @escaping Copy, report: @escaping @Sendable (LedgerError) -> Void
    ) throws {
        var configuration = Configuration()
        configuration.label = "ledger checkpoint"
        connection = try DatabaseQueue(path: path, configuration: configuration)
        self.copy = copy
        self.report = report
        try connection.writeWithoutTransaction { try Ledger.makeSynchronous($0, path: path) }
    }

    @Sendable static func passively(_ db: Database) throws {
        _ = try db.checkpoint(.passive)
        try sync(db)
    }

    /// Makes durable what was copied. SQLite does so once it has copied all of the log, and that is
    /// within a commit when commits come without a pause: this leaves little for then.
    private static func sync(_ db: Database) throws {
        var file: UnsafeMutablePointer<sqlite3_file>?
        let found = unsafe sqlite3_file_control(
            db.sqliteConnection, "main", SQLITE_FCNTL_FILE_POINTER, &file)
        // Through SQLite's own descriptor: closing another one would end the locks on the file.
        guard found == SQLITE_OK, let file = unsafe file,
            let sync = unsafe file.pointee.pMethods?.pointee.xSync
        else { throw DatabaseError(resultCode: .SQLITE_NOTFOUND) }
        let result = unsafe sync(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY)
        guard result == SQLITE_OK else {
            throw DatabaseError(resultCode: ResultCode(rawValue: result))
        }
    }

    /// The log cannot be copied, and what was copied may be lost although a later fsync succeeds:
    /// Linux tells of a failed write once. The log still has all of it, for as long as it is not
    /// copied further.
    var hasFailed: Bool { state.withLock { $0.hasFailed } }

    /// Looks after the log that commits of `writer` make longer, in place of SQLite, which would
    /// copy it within a commit. Has to live as long as that connection.
    func watch(_ writer: Database) {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe sqlite3_wal_hook(
            writer.sqliteConnection,
            { context, _, _, pages in
                guard let context = unsafe context else { return SQLITE_OK }
                let checkpointer = unsafe Unmanaged<Checkpointer>.fromOpaque(context)
                unsafe checkpointer.takeUnretainedValue().logGrew(to: Int(pages))
                return SQLITE_OK
            }, context)
    }

    private func logGrew(to pages: Int) { state.withLock { $0.schedule.logGrew(to: pages) } }

    /// Is called after each commit of `pool`. Waits for the disk only when the log comes near its
    /// limit; then also for those who are reading from `pool`, and holds the next ones back.
    func committed(by pool: DatabasePool) {
        switch state.withLock({ $0.hasFailed ? nil : $0.schedule.begin() }) {
        case nil: break
        case .beside: connection.asyncWriteWithoutTransaction { [self] in attempt(on: $0) }
        case .within: try? pool.barrierWriteWithoutTransaction { attempt(on: $0) }
        }
    }

    /// Waits for the end of what is under way.
    func close() { try? connection.close() }

    private func attempt(on db: Database) {
        var problem: LedgerError?
        do throws(LedgerError) {
            try LedgerError.wrapping("copy its log into", path: connection.path) { try copy(db) }
        } catch {
            // Another program is copying it.
            if error.kind != .busy { problem = error }
        }
        let before = state.withLock { state in
            defer { state.problem = problem }
            state.schedule.ended()
            return state.problem
        }
        if let problem, problem.kind != before?.kind { report(problem) }
    }
}
