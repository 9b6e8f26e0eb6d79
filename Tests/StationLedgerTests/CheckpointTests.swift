import AlarmModel
import Dispatch
import Foundation
import GRDB
import Glibc
import Synchronization
import Testing

@testable import StationLedger

@Suite("Emptying the log", .serialized, .timeLimit(.minutes(2)))
struct CheckpointTests {
    let folder: Folder
    let problems = Problems()

    init() throws { folder = try Folder() }

    @Test("No commit waits while the log is copied into the database")
    func beside() throws {
        let gate = Gate()
        let ledger = try open { db in
            gate.pass()
            try Checkpointer.passively(db)
        }
        var next = Int64(1)
        while !gate.isEntered { next = try commit(ledger, next) }
        // Far from the length at which commits have to care.
        for _ in 1...10 { next = try commit(ledger, next) }
        #expect(!gate.isOpen, "the copying had not gone on when all these commits were done")
        gate.open()
        ledger.close()
        #expect(gate.isDone)
        #expect(try reopened().lastSequence.rawValue == next - 1)
    }

    @Test("The log is copied by a connection that fsyncs the database")
    func synchronous() throws {
        let levels = Mutex<[Int?]>([])
        let ledger = try open { db in
            try levels.withLock { $0.append(try Ledger.synchronousLevel(db)) }
            try Checkpointer.passively(db)
        }
        var next = Int64(1)
        while levels.withLock({ $0.isEmpty }) { next = try commit(ledger, next) }
        ledger.close()
        #expect(levels.withLock { $0.allSatisfy { $0 == 2 } })
    }

    @Test("Commits without a pause, while others read without a pause, do not make the log longer")
    func boundedUnderLoad() throws {
        let ledger = try open()
        let isOver = Atomic(false)
        let readers = DispatchGroup()
        var longest = 0
        var next = Int64(1)
        next = try commit(ledger, next)
        for _ in 1...3 {
            DispatchQueue.global().async(group: readers) {
                while !isOver.load(ordering: .relaxed) {
                    _ = try? ledger.events(after: 0, limit: 100)
                }
            }
        }
        while next < 400 {
            next = try commit(ledger, next)
            longest = max(longest, try folder.logBytes())
        }
        isOver.store(true, ordering: .relaxed)
        readers.wait()
        // One step and one commit more than the limit, where a copying was under way; twice that
        // on a machine whose threads get their turn late.
        let pages = Limits.ledgerLogPages + Limits.ledgerCheckpointPages + 2 * Self.pages
        #expect(longest <= 2 * pages * 4_120, "the log had \(longest / 4_120) pages")
        ledger.close()
    }

    @Test("The log grows while another program keeps a snapshot, and is cut when that has ended")
    func longReader() throws {
        let ledger = try open()
        var next = try commit(ledger, 1)
        let audit = try DatabaseQueue(path: folder.ledgerPath)
        let count = "SELECT count(*) FROM event"
        try audit.inDatabase { db in
            try db.execute(sql: "BEGIN")
            #expect(try Int.fetchOne(db, sql: count) == 1)
            while try folder.logBytes() <= Limits.ledgerLogBytesMax {
                next = try commit(ledger, next)
            }
            #expect(try Int.fetchOne(db, sql: count) == 1)
            try db.execute(sql: "COMMIT")
        }
        let step = Int64(Limits.ledgerCheckpointPages / Self.pages) + 2
        for _ in 1...step { next = try commit(ledger, next) }
        #expect(try folder.logBytes() <= Limits.ledgerLogBytesMax)
        let (pages, copied) = try ledger.pool.writeWithoutTransaction { try $0.checkpoint() }
        #expect(pages <= Limits.ledgerCheckpointPages + Self.pages, "it has begun anew")
        #expect(copied == pages)
        try audit.close()
        ledger.close()
        #expect(try reopened().lastSequence.rawValue == next - 1)
    }

    @Test(
        "A log that cannot be copied for want of space is told of once, and copied when it can be")
    func fullDisk() throws {
        let isFull = Atomic(true)
        let copies = Atomic(0)
        let ledger = try open { db in
            if isFull.load(ordering: .relaxed) { throw DatabaseError(resultCode: .SQLITE_FULL) }
            try Checkpointer.passively(db)
            copies.add(1, ordering: .relaxed)
        }
        var next = Int64(1)
        while next < 60 { next = try commit(ledger, next) }
        isFull.store(false, ordering: .relaxed)
        while copies.load(ordering: .relaxed) == 0 { next = try commit(ledger, next) }
        ledger.close()
        #expect(problems.kinds == [.full])
        #expect(try reopened().lastSequence.rawValue == next - 1)
    }

    /// Each commit has about this many pages.
    static let pages = 100

    /// Commits an event as large as ``pages`` and returns the number of the next.
    private func commit(_ ledger: Ledger, _ number: Int64) throws -> Int64 {
        try ledger.commit([.large(number)])
        return number + 1
    }

    private func open(
        _ copy: @escaping Checkpointer.Copy = Checkpointer.passively
    ) throws -> Ledger {
        try Ledger.open(
            path: folder.ledgerPath, boot: bootID(1), copyLog: copy,
            logProblem: { [problems] in problems.add($0) }
        ).ledger
    }

    /// What a start after an orderly close finds.
    private func reopened() throws -> Recovery {
        #expect(!FileManager.default.fileExists(atPath: folder.walPath))
        let (ledger, recovery) = try Ledger.open(path: folder.ledgerPath, boot: bootID(1))
        #expect(recovery.findings == [])
        ledger.close()
        return recovery
    }
}

@Suite("Killing while the log is copied", .timeLimit(.minutes(3)))
struct CheckpointKillTests {
    @Test("No kill loses what was committed", arguments: [2, 3, 5, 7])
    func kills(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        let folder = try Folder()
        var duringCopies = 0
        for life in 1...5 {
            let path = folder.ledgerPath
            let wait = UInt32(random.next() % 400_000)
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = path as String, wait = wait as UInt32] in
                try ShortLife(path).live(microseconds: wait)
            }
            let told = try ShortLife.Told(path)
            if told.isCopying { duringCopies += 1 }
            let (ledger, recovery) = try Ledger.open(path: path, boot: bootID(Int(life)))
            let last = recovery.lastSequence.rawValue
            let found =
                "seed \(seed), life \(life), \(wait) us: told \(told.committed), found \(last)"
            #expect(last >= told.committed, "\(found)")
            // A commit that was on its way may have arrived.
            #expect(last <= told.committed + 1, "\(found)")
            let events = try ledger.events(after: 0, limit: .max)
            #expect(events == (0..<last).map { .large($0 + 1) }, "\(found)")
            let check = try await ledger.pool.read {
                try String.fetchAll($0, sql: "PRAGMA integrity_check")
            }
            #expect(check == ["ok"], "\(found)")
            ledger.close()
        }
        print("seed \(seed): \(duringCopies) of 5 kills while the log was copied")
    }
}

/// A process that commits as fast as it can until it kills itself, and tells what it has done by a
/// file beside the ledger: written pages of the page cache outlive the process.
private struct ShortLife {
    struct Told {
        var committed: Int64 = 0
        var isCopying = false

        init(_ path: String) throws {
            let told = try Data(contentsOf: URL(fileURLWithPath: path + ".told"))
            for byte in told.prefix(8) { committed = committed << 8 | Int64(byte) }
            isCopying = told.last == 1
        }
    }

    let path: String

    init(_ path: String) { self.path = path }

    func live(microseconds: UInt32) throws {
        let file = Glibc.open(path + ".told", O_RDWR | O_CREAT, 0o600)
        let (ledger, recovery) = try Ledger.open(
            path: path, boot: bootID(1),
            copyLog: { db in
                tell([1], at: 8, in: file)
                try Checkpointer.passively(db)
                tell([0], at: 8, in: file)
            })
        var last = recovery.lastSequence.rawValue
        tell([0], at: 8, in: file)
        tell(last, in: file)
        Thread.detachNewThread {
            usleep(microseconds)
            kill(getpid(), SIGKILL)
        }
        while true {
            last += 1
            try ledger.commit([.large(last)])
            tell(last, in: file)
        }
    }

    private func tell(_ last: Int64, in file: Int32) {
        tell((0..<8).map { UInt8(truncatingIfNeeded: last >> (56 - $0 * 8)) }, at: 0, in: file)
    }

    private func tell(_ bytes: [UInt8], at offset: Int, in file: Int32) {
        pwrite(file, bytes, bytes.count, offset)
    }
}

extension LedgerEntry {
    fileprivate static func large(_ number: Int64) -> LedgerEntry { .event(.large(number)) }
}

extension Event {
    /// An event whose row takes ``CheckpointTests/pages``.
    fileprivate static func large(_ number: Int64) -> Event {
        var event = Event.plain(Sequence(rawValue: number))
        event.raw = [UInt8](
            repeating: UInt8(truncatingIfNeeded: number), count: CheckpointTests.pages * 4_080)
        return event
    }
}

/// What a ledger told of its log.
final class Problems: Sendable {
    private let told = Mutex<[LedgerError]>([])

    func add(_ error: LedgerError) { told.withLock { $0.append(error) } }

    var kinds: [LedgerError.Kind] { told.withLock { $0.map(\.kind) } }
}

/// Holds up the one who passes until it is opened, or until that has taken much too long.
private final class Gate: Sendable {
    private let entered = Atomic(false)
    private let opened = Atomic(false)
    private let passed = Atomic(false)
    private let mayPass = DispatchSemaphore(value: 0)

    var isEntered: Bool { entered.load(ordering: .acquiring) }
    var isOpen: Bool { opened.load(ordering: .acquiring) }
    var isDone: Bool { passed.load(ordering: .acquiring) }

    func pass() {
        entered.store(true, ordering: .releasing)
        if mayPass.wait(timeout: .now() + 10) == .timedOut { open() }
        passed.store(true, ordering: .releasing)
    }

    func open() {
        opened.store(true, ordering: .releasing)
        // One for each that may still come.
        for _ in 1...100 { mayPass.signal() }
    }
}
