import AlarmModel
import Foundation
import GRDB
import Glibc
import Testing

@testable import StationLedger

/// Faults of a real disk under a real ledger.
@Suite("Faults of the disk", .serialized, .timeLimit(.minutes(1)))
struct FaultTests {
    let reports = Reports()

    @Test("A ledger at its size limit retries, and stores all in order once there is space")
    func noMorePages() async throws {
        let folder = try Folder()
        let ledger = try Ledger.open(folder)
        try ledger.commit(entries(1...1))
        func allowPages(_ count: Int64) throws {
            try ledger.pool.writeWithoutTransaction { db in
                _ = try Int64.fetchOne(db, sql: "PRAGMA max_page_count = \(count)")
            }
        }
        let pages = try await ledger.pool.read { db in
            try Int64.fetchOne(db, sql: "PRAGMA page_count")
        }
        try allowPages(try #require(pages) + 1)
        try await expectWaitingOut(ledger) { try allowPages(1_000_000) }
    }

    @Test(
        "A full file system is retried, and all is stored in order once there is space",
        .enabled(if: geteuid() == 0, "to mount a small file system takes root"))
    func fullFileSystem() async throws {
        let folder = try Folder()
        try #require(mount("tmpfs", folder.path, "tmpfs", 0, "size=512k") == 0)
        defer { umount2(folder.path, Int32(MNT_DETACH)) }
        let ledger = try Ledger.open(folder)
        try ledger.commit(entries(1...1))
        let ballast = folder.path + "/ballast"
        fill(ballast)
        try await expectWaitingOut(ledger) {
            try FileManager.default.removeItem(atPath: ballast)
        }
        ledger.close()
    }

    @Test(
        "Presses are stored at once while something else fills the disk",
        .enabled(if: geteuid() == 0, "to mount a small file system takes root"))
    func roomInTheLog() throws {
        let folder = try Folder()
        try #require(mount("tmpfs", folder.path, "tmpfs", 0, "size=32m") == 0)
        defer { umount2(folder.path, Int32(MNT_DETACH)) }
        let ledger = try Ledger.open(folder)
        fill(folder.path + "/ballast")
        for number in Int64(1)...1_000 { try ledger.commit(entries(number...number)) }
        #expect(try ledger.lastSequence() == 1_000)
        ledger.close()
    }

    /// Writes to the file at `path` until there is no space.
    private func fill(_ path: String) {
        let file = Glibc.open(path, O_WRONLY | O_CREAT, 0o600)
        let block = [UInt8](repeating: 0, count: 4_096)
        while write(file, block, block.count) > 0 {}
        close(file)
    }

    /// Enqueues more than fits, expects a retry, makes space, expects all of it in order.
    private func expectWaitingOut(_ ledger: Ledger, makeSpace: () throws -> Void) async throws {
        let writer = reports.writer(ledger)
        writer.enqueue(entries(2...1_900))
        guard case .retrying(let error)? = await reports.next() else {
            Issue.record("the disk was not full")
            return
        }
        #expect(error.kind == .full)
        #expect(sequences(try ledger.events(after: 0, limit: 10)) == [1])
        writer.enqueue(entries(1_901...2_000))
        try makeSpace()
        var committed = 0
        while committed < 1_999, let report = await reports.next() {
            if case .committed(let count) = report { committed += count }
        }
        writer.stop()
        #expect(sequences(try ledger.events(after: 0, limit: 3_000)) == Array(1...2_000))
    }

    @Test("After a failed fsync nothing is called committed, seen by a reader, or tried again")
    func failedFsync() async throws {
        let folder = try Folder()
        let ledger = try Ledger.open(folder)
        let writer = reports.writer(ledger)
        writer.enqueue(entries(1...1))
        #expect(await reports.next() == .committed(count: 1))

        let log = try Broken(folder.walPath)
        writer.enqueue(entries(2...2))
        guard case .failed(let error)? = await reports.next() else {
            Issue.record("a commit without fsync was called committed")
            return
        }
        #expect(error.kind == .failed)
        #expect(error.message.contains("1034"), "SQLITE_IOERR_FSYNC, and not an earlier error")

        // The disk seems well again: that proves nothing about what it has lost.
        log.mend()
        #expect(try ledger.lastSequence() == 1)
        writer.enqueue(entries(2...3))
        #expect(await reports.rest(writer) == [])
        #expect(kind { try ledger.commit(entries(2...2)) } == .failed)
        ledger.close()
        let (_, recovery) = try Ledger.open(path: folder.ledgerPath, boot: bootID(1))
        #expect(recovery.lastSequence == 1)
    }

    @Test(
        "A log that could not be copied to the disk is kept to the end, and presses go on into it")
    func failedCopying() throws {
        let folder = try Folder()
        let problems = Problems()
        let ledger = try Ledger.open(
            path: folder.ledgerPath, boot: bootID(1), logProblem: { problems.add($0) }
        ).ledger
        // What is stored since the opening is in the log: nobody has to read the database.
        let size = try databaseBytes(folder)
        let database = try Broken(folder.ledgerPath)
        var last = Int64(0)
        while problems.kinds.isEmpty {
            try ledger.commit(entries(last + 1...last + 100))
            last += 100
        }
        database.mend()
        while try folder.logBytes() < 2 * Limits.ledgerLogBytes, try databaseBytes(folder) == size {
            try ledger.commit(entries(last + 1...last + 4_000))
            last += 4_000
        }
        #expect(problems.kinds == [.failed])
        #expect(try databaseBytes(folder) == size)
        // That the disk seems well again proves nothing about what it has lost.
        ledger.close()
        let cut = try folder.afterPowerCut()
        let (_, recovery) = try Ledger.open(path: cut.ledgerPath, boot: bootID(2))
        #expect(recovery.lastSequence.rawValue == last)
        #expect(recovery.findings.last == "its log was recovered")
    }
}

private func databaseBytes(_ folder: Folder) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: folder.ledgerPath)[.size] as? Int
}

/// The open file at one path, with /dev/null in its place: that takes every write, and neither
/// fdatasync nor ftruncate: EINVAL, as real to SQLite as EIO.
private final class Broken {
    private var healthy: [(copy: Int32, original: Int32)] = []

    init(_ path: String) throws {
        let all = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
        let wanted = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        let null = Glibc.open("/dev/null", O_RDWR)
        defer { close(null) }
        for name in all {
            let link = "/proc/self/fd/\(name)"
            guard (try? FileManager.default.destinationOfSymbolicLink(atPath: link)) == wanted,
                let descriptor = Int32(name)
            else { continue }
            healthy.append((dup(descriptor), descriptor))
            try #require(dup2(null, descriptor) == descriptor)
        }
        try #require(!healthy.isEmpty)
    }

    func mend() {
        for (copy, original) in healthy {
            dup2(copy, original)
            close(copy)
        }
        healthy = []
    }
}
