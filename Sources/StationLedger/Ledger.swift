import AlarmModel
import GRDB
import Synchronization

/// The durable store of events and alerts: one SQLite file, one writing process.
///
/// ``commit(_:)`` is called by one thread at a time, the readers by any. A reader sees whole
/// transactions, only durable ones, and delays a commit only where the log is at its limit.
public final class Ledger: EntryCommitting {
    private struct State {
        var last: Sequence
        /// The error after which nothing is known of what is durable.
        var failure: LedgerError?
    }

    /// Kept until the process ends.
    private static let unclosed = Mutex<[Ledger]>([])

    let pool: DatabasePool
    private let path: String
    private let lock: LedgerLock
    private let checkpointer: Checkpointer
    /// The row of `boot` that monotonic times of this process belong to.
    private let boot: Int64
    private let state: Mutex<State>

    init(
        pool: DatabasePool, path: String, lock: LedgerLock, checkpointer: Checkpointer,
        boot: Int64, last: Sequence
    ) {
        self.pool = pool
        self.path = path
        self.lock = lock
        self.checkpointer = checkpointer
        self.boot = boot
        state = Mutex(State(last: last))
    }

    /// Stores all of `entries`, in this order and in one transaction, and returns when an fsync
    /// has made them durable. When it throws, no reader of this process sees any of them.
    ///
    /// After an error of the disk every further call throws the same: only the file, opened anew,
    /// knows what is in it.
    ///
    /// - Precondition: none of them is telemetry, which is state and has no row.
    public func commit(_ entries: [LedgerEntry]) throws(LedgerError) {
        guard !entries.isEmpty else { return }
        try state.withLock { state throws(LedgerError) in
            if let failure = state.failure { throw failure }
            do throws(LedgerError) {
                let last = state.last
                state.last = try LedgerError.wrapping("store events in", path: path) {
                    try pool.write { db in try append(entries, after: last, to: db) }
                }
                checkpointer.committed(by: pool)
            } catch {
                if error.kind == .failed || error.kind == .corrupt { state.failure = error }
                throw error
            }
        }
    }

    /// Closes the file so that the next start finds nothing to recover or to check, and lets
    /// another process have it. What is used after that throws.
    public func close() {
        checkpointer.close()
        // Closing would copy what is left of the log and remove it, with what was copied before
        // the error. The end of the process leaves it to the next start, which copies all of it.
        guard !checkpointer.hasFailed else { return Self.unclosed.withLock { $0.append(self) } }
        // Where a step fails, the next start finds an unclean end and does more.
        if state.withLock({ $0.failure == nil }) {
            try? pool.write { try Schema.mark(.closed, $0) }
        }
        // The last connection to close empties the log into the database, if it may write: so the
        // readers have to go first.
        pool.invalidateReadOnlyConnections()
        try? pool.close()
        lock.release()
    }

    private func append(
        _ entries: [LedgerEntry], after last: Sequence, to db: Database
    ) throws -> Sequence {
        // First, many at once: nobody sees an order within a transaction.
        let last = try appendEvents(of: entries, after: last, to: db)
        var upsert = ColumnWriter(try db.cachedStatement(sql: AlertTable.upsert))
        var join = ColumnWriter(try db.cachedStatement(sql: AlertTable.join))
        for (index, entry) in entries.enumerated() {
            guard case .alert(let alert, let joining) = entry else { continue }
            try AlertTable.store(alert, by: &upsert)
            if let joining {
                let event = try sequence(of: joining, before: entries[..<index])
                try AlertTable.join(event, to: alert.id, by: &join)
            }
        }
        return last
    }

    private func appendEvents(
        of entries: [LedgerEntry], after last: Sequence, to db: Database
    ) throws -> Sequence {
        let count = entries.count { if case .event = $0 { true } else { false } }
        var rows = try EventWriter(count, boot: boot, to: db)
        var last = last
        for case .event(let event) in entries {
            precondition(!event.kind.isTelemetry, "telemetry has no row")
            guard event.sequence == last.next else {
                throw LedgerError(
                    .sequenceGap, path: path,
                    message: "cannot store event \(event.sequence) in \(path): the last is "
                        + "\(last)")
            }
            try rows.store(event)
            last = event.sequence
        }
        return last
    }

    /// The event that joins an alert is stored just before it, in the same transaction.
    private func sequence(
        of id: UUIDv7, before entries: ArraySlice<LedgerEntry>
    ) throws -> Sequence {
        for case .event(let event) in entries.reversed() where event.id == id {
            return event.sequence
        }
        throw LedgerError(
            .refused, path: path,
            message: "cannot store an alert in \(path): event \(id), which joins it, is not stored "
                + "together with it")
    }
}
