import AlarmModel
import Dispatch
import Synchronization
import Testing

@testable import StationLedger

/// A ledger in memory that can be held up and can fail, and remembers each transaction.
private final class PlannedTarget: EntryCommitting {
    private struct State {
        var transactions: [[LedgerEntry]] = []
        var attempts = 0
        var looks = 0
        var gone: Set<Int> = []
        var faults: [Int: LedgerError.Kind] = [:]
    }

    private let state = Mutex(State())
    /// Signalled when a commit has begun; each commit waits for the other when `isHeld`.
    let began = DispatchSemaphore(value: 0)
    let mayEnd = DispatchSemaphore(value: 0)
    private let isHeld: Bool

    /// - Parameter faults: by the number of the attempt, 1 for the first.
    init(
        isHeld: Bool = false, faults: [Int: LedgerError.Kind] = [:], gone: Set<Int> = []
    ) {
        self.isHeld = isHeld
        state.withLock { state in
            state.faults = faults
            state.gone = gone
        }
    }

    var transactions: [[LedgerEntry]] { state.withLock { $0.transactions } }
    var attempts: Int { state.withLock { $0.attempts } }

    func commit(_ entries: [LedgerEntry]) throws(LedgerError) {
        began.signal()
        if isHeld { mayEnd.wait() }
        try state.withLock { state throws(LedgerError) in
            state.attempts += 1
            if let kind = state.faults[state.attempts] { throw planned(kind) }
            state.transactions.append(entries)
        }
    }

    /// By the number of the look, 1 for the first: where the file is gone.
    func check() throws(LedgerError) {
        try state.withLock { state throws(LedgerError) in
            state.looks += 1
            if state.gone.contains(state.looks) { throw planned(.displaced) }
        }
    }
}

private func planned(_ kind: LedgerError.Kind) -> LedgerError {
    LedgerError(kind, message: "planned", remedy: "none")
}

@Suite("Group commit", .timeLimit(.minutes(1)))
struct WriterTests {
    let reports = Reports()

    @Test("What gathers while a commit is on its way goes into one transaction, in order")
    func grouping() async {
        let target = PlannedTarget(isHeld: true)
        let writer = reports.writer(target)
        writer.enqueue(entries(1...1))
        target.began.wait()
        for number in Int64(2)...1_000 { writer.enqueue(entries(number...number)) }
        target.mayEnd.signal()
        target.mayEnd.signal()
        let told = await reports.rest(writer)
        #expect(told == [.committed(count: 1), .committed(count: 999)])
        #expect(target.transactions == [entries(1...1), entries(2...1_000)])
    }

    @Test("A transaction takes no more than its limit, and the rest follows in order")
    func groupLimit() async {
        let target = PlannedTarget()
        let writer = reports.writer(target)
        let all = entries(1...Int64(Limits.recordsPerCommitMax) + 1)
        writer.enqueue(all)
        let told = await reports.rest(writer)
        #expect(told == [.committed(count: Limits.recordsPerCommitMax), .committed(count: 1)])
        #expect(Array(target.transactions.joined()) == all)
    }

    @Test("A full or locked disk is waited out: the same entries again, and no later ones before")
    func retrying() async {
        let target = PlannedTarget(faults: [1: .full, 2: .busy])
        let writer = reports.writer(target)
        writer.enqueue(entries(1...2))
        target.began.wait()
        writer.enqueue(entries(3...3))
        #expect(await reports.next() == .retrying(planned(.full)))
        #expect(await reports.next() == .retrying(planned(.busy)))
        #expect(await reports.next() == .committed(count: 2))
        #expect(await reports.next() == .committed(count: 1))
        #expect(target.transactions == [entries(1...2), entries(3...3)])
        #expect(await reports.rest(writer) == [])
    }

    @Test("Before the first commit behind a pause the file is looked after, and every second")
    func looking() async {
        let target = PlannedTarget(gone: [1, 2, 5])
        let writer = reports.writer(target)
        writer.enqueue(entries(1...1))
        #expect(await reports.next() == .retrying(planned(.displaced)))
        #expect(await reports.next() == .retrying(planned(.displaced)))
        #expect(await reports.next() == .committed(count: 0))
        #expect(await reports.next() == .committed(count: 1))
        // Nobody presses, and it is told all the same that the file is gone, and that it is back.
        #expect(await reports.next() == .retrying(planned(.displaced)))
        #expect(await reports.next() == .committed(count: 0))
        #expect(await reports.rest(writer) == [])
    }

    @Test("A file that goes away beneath a commit: told when it is back, stored once")
    func goneBeneathCommit() async {
        let target = PlannedTarget(gone: [2])
        let writer = reports.writer(target)
        writer.enqueue(entries(1...1))
        #expect(await reports.next() == .retrying(planned(.displaced)))
        let told = await reports.rest(writer)
        #expect(told == [.committed(count: 0), .committed(count: 1)])
        #expect(target.transactions == [entries(1...1)])
    }

    @Test(
        "After an error that is not waited out nothing is committed any more, and it is said once",
        arguments: [LedgerError.Kind.failed, .corrupt, .sequenceGap, .refused])
    func failing(kind: LedgerError.Kind) async {
        let target = PlannedTarget(faults: [2: kind])
        let writer = reports.writer(target)
        writer.enqueue(entries(1...1))
        #expect(await reports.next() == .committed(count: 1))
        writer.enqueue(entries(2...2))
        #expect(await reports.next() == .failed(planned(kind)))
        writer.enqueue(entries(2...9))
        #expect(await reports.rest(writer) == [])
        #expect(target.attempts == 2)
    }

    @Test("Stopping does not sit out a retry: it tries once more and says what is not stored")
    func stoppingWhileFull() async {
        let target = PlannedTarget(faults: [1: .full, 2: .full])
        let writer = reports.writer(target, retry: .seconds(3_600))
        writer.enqueue(entries(1...1))
        #expect(await reports.next() == .retrying(planned(.full)))
        #expect(await reports.rest(writer) == [.failed(planned(.full))])
        #expect(target.attempts == 2)
    }

    @Test("Stopping commits what is pending, and what comes later is dropped without a report")
    func stopping() async {
        let target = PlannedTarget()
        let writer = reports.writer(target)
        writer.enqueue(entries(1...3))
        writer.stop()
        writer.enqueue(entries(4...4))
        #expect(await reports.rest(writer) == [.committed(count: 3)])
        #expect(target.transactions == [entries(1...3)])
    }

    @Test("Many threads may enqueue: each one's entries keep their order and none is lost")
    func manyThreads() async {
        let target = PlannedTarget()
        let writer = reports.writer(target)
        DispatchQueue.concurrentPerform(iterations: 4) { lane in
            for number in Int64(1)...500 {
                let sequence = Int64(lane) * 1_000 + number
                writer.enqueue(entries(sequence...sequence))
            }
        }
        _ = await reports.rest(writer)
        let stored = target.transactions.joined()
        #expect(stored.count == 2_000)
        for lane in Int64(0)..<4 {
            let range = (lane * 1_000 + 1)...(lane * 1_000 + 500)
            let own = stored.filter { entry in
                entry.records.allSatisfy { range.contains($0.sequence.rawValue) }
            }
            #expect(Array(own) == entries(range))
        }
    }
}
