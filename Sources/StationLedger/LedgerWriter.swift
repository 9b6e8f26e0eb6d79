import AlarmModel
import Foundation

/// Where a ``LedgerWriter`` commits: the ``Ledger``, or its stand-in in a simulation.
public protocol EntryCommitting: Sendable {
    /// Stores all of `entries`, in this order, or none; returns when they are durable.
    func commit(_ entries: [LedgerEntry]) throws(LedgerError)
    /// Throws when what is committed from now on would not be found again.
    func check() throws(LedgerError)
}

/// What became of entries, told in the order in which they were enqueued.
public enum CommitReport: Equatable, Sendable {
    /// The next `count` entries are durable. None: what kept them from being stored is over.
    case committed(count: Int)
    /// The next entries could not be stored yet; they are kept and tried again.
    case retrying(LedgerError)
    /// Nothing will be stored any more: restart from the file.
    case failed(LedgerError)
}

/// Commits entries in groups, on a thread of its own.
///
/// An fsync costs the same for one entry as for a hundred. So nothing is held back to fill a
/// group: while one group is on its way to the disk the next one gathers, and a busy hour makes
/// the groups larger and not the wait longer.
///
/// The thread, and with it this object, lives until ``stop()`` or the first error that cannot be
/// waited out. What may be pending is bounded by whoever enqueues: the station stops reading its
/// ports at ``Limits/pendingEventsMax``.
public final class LedgerWriter: Sendable {
    private struct Queue {
        var pending: [LedgerEntry] = []
        var isStopping = false
        var isFinished = false
    }

    private let queue = Monitor(Queue())
    private let target: any EntryCommitting
    private let retry: TimeSpan
    private let report: @Sendable (CommitReport) -> Void

    /// - Parameters:
    ///   - retry: rest before entries that found no room are tried again.
    ///   - report: is called on the ledger's thread and delays the next commit for as long as it
    ///     takes. It must not call ``stop()``, which waits for that thread.
    public init(
        _ target: any EntryCommitting, retry: TimeSpan = Limits.ledgerRetry,
        report: @escaping @Sendable (CommitReport) -> Void
    ) {
        self.target = target
        self.retry = retry
        self.report = report
        let thread = Thread { [self] in run() }
        thread.name = "ledger"
        thread.start()
    }

    /// Hands over entries. Never waits for the disk.
    ///
    /// After a failure or ``stop()`` they are dropped: nothing is reported of them, so no device
    /// gets a reply for them.
    public func enqueue(_ entries: [LedgerEntry]) {
        queue.update { queue in
            if !queue.isStopping, !queue.isFinished { queue.pending += entries }
        }
    }

    /// Commits what is pending and ends the thread. A full disk gets one more try, and no wait.
    public func stop() {
        queue.update { $0.isStopping = true }
        queue.wait { $0.isFinished ? () : nil }
    }

    /// When the file was looked after, and whether all was well. The ledger's thread alone has it.
    private struct Look {
        var last: ContinuousClock.Instant?
        var isTroubled = false
    }

    private func run() {
        var look = Look()
        while let batch = nextBatch() {
            guard batch.isEmpty ? rest(&look) : commit(batch, &look) else { break }
        }
        queue.update { queue in
            queue.isFinished = true
            queue.pending = []
        }
    }

    /// Waits for entries: none when it is time to look after the file, nil when none will come.
    private func nextBatch() -> [LedgerEntry]? {
        let isAny = queue.wait(atMost: Limits.ledgerLook) { !$0.pending.isEmpty || $0.isStopping }
        guard isAny else { return [] }
        return queue.wait { queue in
            if queue.pending.isEmpty { return .some(nil) }
            let count = LedgerEntry.groupCount(queue.pending, most: Limits.recordsPerCommitMax)
            let batch = Array(queue.pending.prefix(count))
            queue.pending.removeFirst(batch.count)
            return batch
        }
    }

    /// Nothing is to be stored: tells whether it could be. False when it will never be.
    private func rest(_ look: inout Look) -> Bool {
        do throws(LedgerError) {
            try check(&look)
            return true
        } catch {
            report(error.isTransient ? .retrying(error) : .failed(error))
            return error.isTransient
        }
    }

    /// Looks after the file: every second, before the first commit behind a pause, and behind each
    /// commit, before anybody is told of it.
    private func check(_ look: inout Look) throws(LedgerError) {
        let now = ContinuousClock.now
        let rest = Duration.microseconds(Limits.ledgerLook.microseconds)
        if let last = look.last, now - last < rest { return }
        let wasTroubled = look.isTroubled
        look = Look(isTroubled: true)
        try target.check()
        look = Look(last: now)
        if wasTroubled { report(.committed(count: 0)) }
    }

    /// Tries until `batch` is durable, in a file that can be found again; false when it will never
    /// be.
    private func commit(_ batch: [LedgerEntry], _ look: inout Look) -> Bool {
        var isLastTry = false
        var isStored = false
        while true {
            do throws(LedgerError) {
                try check(&look)
                if !isStored { try target.commit(batch) }
                isStored = true
                look.last = nil
                try check(&look)
                report(.committed(count: batch.count))
                return true
            } catch {
                guard error.isTransient, !isLastTry else {
                    report(.failed(error))
                    return false
                }
                report(.retrying(error))
                isLastTry = queue.wait(atMost: retry) { $0.isStopping }
            }
        }
    }
}
