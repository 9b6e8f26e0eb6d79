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
        var logPages = 0
        /// Where the log ended when it was last copied.
        var copiedPages = 0
        var isUnderWay = false
        /// Of the last copying; nil when it ended well.
        var problem: LedgerError?

        /// What is to do about a log of this length; it will be done.
        mutating func begin() -> Step {
            guard logPages - copiedPages >= Limits.ledgerCheckpointPages, !isUnderWay, !hasFailed
            else { return .nothing }
            isUnderWay = true
            copiedPages = logPages
            return logPages < Limits.ledgerLogPages ? .beside : .within
        }

        var hasFailed: Bool { problem?.isTransient == false }
    }

    /// Where the log is copied: beside commits, or within one.
    private enum Step { case nothing, beside, within }

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

    private func logGrew(to pages: Int) {
        state.withLock { state in
            // Shorter than it was: it began anew.
            if pages < state.copiedPages { state.copiedPages = 0 }
            state.logPages = pages
        }
    }

    /// Is called after each commit of `pool`. Waits for the disk only when the log has grown to
    /// its limit; then also for those who are reading from `pool`, and holds the next ones back.
    func committed(by pool: DatabasePool) {
        switch state.withLock({ $0.begin() }) {
        case .nothing: break
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
            state.isUnderWay = false
            return state.problem
        }
        if let problem, problem.kind != before?.kind { report(problem) }
    }
}
