import AlarmModel
import Foundation
import GRDB
import Synchronization

/// The durable store of events and alerts: one SQLite file, one writing process.
///
/// ``commit(_:)`` is called by one thread at a time, the readers by any. A reader sees whole
/// transactions, only durable ones, and delays a commit only where the log is at its limit.
public final class Ledger: EntryCommitting {
    /// What became of the records whose file was taken away.
    private enum Rescue {
        case none, saved
        /// Why not, in SQLite's words.
        case failed(String)
    }

    private struct State {
        var last: Sequence
        /// Behind the last seal.
        var chain: SealChain
        var rescue = Rescue.none
        /// The error after which nothing is known of what is durable.
        var failure: LedgerError?
    }

    /// Kept until the process ends.
    private static let unclosed = Mutex<[Ledger]>([])

    let pool: DatabasePool
    private let path: String
    private let file: LedgerFile
    /// Names this ledger among all that the station ever has.
    public let epoch: String
    private let checkpointer: Checkpointer
    /// The row of `boot` that monotonic times of this process belong to.
    private let boot: Int64
    /// Alerts that opening made anew from their records.
    let mendedAlerts: Int
    private let state: Mutex<State>

    init(
        pool: DatabasePool, file: LedgerFile, checkpointer: Checkpointer, boot: Int64,
        epoch: String, last: Sequence, chain: SealChain, mendedAlerts: Int
    ) {
        self.pool = pool
        path = file.path
        self.file = file
        self.epoch = epoch
        self.checkpointer = checkpointer
        self.boot = boot
        self.mendedAlerts = mendedAlerts
        state = Mutex(State(last: last, chain: chain))
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
                let before = (state.last, state.chain)
                (state.last, state.chain) = try LedgerError.wrapping("store events in", path: path)
                {
                    try pool.write { db in try append(entries, behind: before, to: db) }
                }
                checkpointer.committed(by: pool)
            } catch {
                if error.kind == .failed || error.kind == .corrupt { state.failure = error }
                throw error
            }
        }
    }

    /// Throws when the file is not where it was opened any more. What it held is then copied to a
    /// file beside it, once.
    public func check() throws(LedgerError) {
        do throws(LedgerError) {
            try file.check()
            // What is taken away once more is copied once more.
            state.withLock { $0.rescue = .none }
        } catch {
            if error.kind == .corrupt {
                // Of what is in the file now nothing can be rescued.
                state.withLock { $0.failure = error }
                throw error
            }
            guard case .failed(let reason) = rescue() else { throw error }
            throw LedgerError(
                error.kind,
                message: "\(error.message); what it held could not be copied: \(reason)",
                remedy: "put the file back, and storing goes on by itself; a restart of tocsind "
                    + "before that loses what only it holds")
        }
    }

    /// Throws when the file is not where it was opened any more. Of one that was closed, its reader
    /// tells.
    func checkInPlace() throws(LedgerError) { if file.isHeld { try file.check() } }

    /// A file that has no name any more is gone when the process ends: so it is copied, once.
    private func rescue() -> Rescue {
        state.withLock { state in
            guard case .none = state.rescue else { return state.rescue }
            let copy = "\(path).rescued-\(Int(Date().timeIntervalSince1970))"
            let isFree = !FileManager.default.fileExists(atPath: copy)
            do {
                // By the one connection that has the file open for certain: others look for its
                // name.
                try pool.writeWithoutTransaction { db in
                    try db.execute(sql: "VACUUM INTO ?", arguments: [copy])
                }
                unsafe chmod(copy, 0o640)
                state.rescue = .saved
            } catch {
                state.rescue = .failed("\(error)")
                // Half a copy must not pass for one.
                if isFree { unsafe unlink(copy) }
            }
            return state.rescue
        }
    }

    /// Closes the file so that the next start finds nothing to recover or to check, and lets
    /// another process have it. What is used after that throws.
    public func close() {
        checkpointer.close()
        // Closing would copy what is left of the log and remove it, with what was copied before
        // the error. The end of the process leaves it to the next start, which copies all of it.
        guard !checkpointer.hasFailed else { return Self.unclosed.withLock { $0.append(self) } }
        // Nor does the log belong to what somebody has written over the ledger.
        guard !file.isOverwritten else {
            file.putLogAside(as: "\(path).displaced")
            return Self.unclosed.withLock { $0.append(self) }
        }
        // Where a step fails, the next start finds an unclean end and does more.
        if state.withLock({ $0.failure == nil }) {
            try? pool.write { try Schema.mark(.closed, $0) }
        }
        // The last connection to close empties the log into the database, if it may write: so the
        // readers have to go first.
        pool.invalidateReadOnlyConnections()
        try? pool.close()
        if (try? file.check()) == nil { file.putLogAside(as: "\(path).displaced") }
        file.release()
    }

    private func append(
        _ entries: [LedgerEntry], behind before: (last: Sequence, chain: SealChain),
        to db: Database
    ) throws -> (last: Sequence, chain: SealChain) {
        var last = before.last
        for entry in entries {
            for record in entry.records {
                if case .event(let event) = record {
                    precondition(!event.kind.isTelemetry, "telemetry has no row")
                }
                guard record.sequence == last.next else {
                    throw LedgerError(
                        .sequenceGap, path: path,
                        message: "cannot store record \(record.sequence) in \(path): the last is "
                            + "\(last)")
                }
                last = record.sequence
            }
        }
        var writer = try RecordWriter(boot: boot, to: db)
        let chain = try writer.store(entries, behind: before.chain)
        // The newest word on an alert is the only one that is kept.
        var upsert = ColumnWriter(try db.cachedStatement(sql: AlertTable.upsert))
        var isStored: Set<Sequence> = []
        for alert in entries.reversed().flatMap({ $0.alerts.reversed() })
        where isStored.insert(alert.reference.opened).inserted {
            try AlertTable.store(alert, by: &upsert)
        }
        return (last, chain)
    }
}
