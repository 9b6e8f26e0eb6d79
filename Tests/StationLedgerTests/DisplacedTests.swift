import AlarmModel
import Foundation
import GRDB
import Testing

@testable import StationLedger

/// The files of an open ledger, handled by somebody who does not know that it is open.
@Suite("A ledger whose file is taken away", .timeLimit(.minutes(1)))
struct DisplacedTests {
    static let suffixes = ["", "-wal"]

    @Test("A file that was removed is noticed, and what it held is saved", arguments: suffixes)
    func removed(suffix: String) throws {
        let folder = try Folder()
        let ledger = try Ledger.open(folder)
        try ledger.commit(entries(1...5))
        try ledger.check()
        try FileManager.default.removeItem(atPath: folder.ledgerPath + suffix)
        for _ in 1...2 {
            do {
                try ledger.check()
                Issue.record("nobody noticed that the file is gone")
            } catch {
                #expect(error.kind == .displaced && error.isTransient)
                #expect(error.message.contains("\(folder.ledgerPath)\(suffix) was removed"))
                #expect(error.remedy.contains("put it back"))
            }
        }
        let saved = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasPrefix("ledger.sqlite.rescued-") && !$0.hasSuffix("-wal") }
            .filter { !$0.hasSuffix("-shm") && !$0.hasSuffix("-journal") }
        #expect(saved.count == 1, "saved once, and not at each look")
        let copy = try DatabaseQueue(path: folder.path + "/" + (saved.first ?? ""))
        #expect(try copy.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM event") } == 5)
        try copy.close()
        ledger.close()
        // Each start says that it lies there, until somebody has put it elsewhere.
        let path = folder.path + "/" + (saved.first ?? "")
        for _ in 1...2 {
            let (next, recovery) = try Ledger.open(path: folder.ledgerPath, boot: nil)
            next.close()
            #expect(recovery.warnings.count == 1 && recovery.warnings[0].hasPrefix(path))
        }
        try FileManager.default.moveItem(atPath: path, toPath: folder.path + "/seen")
        let (last, recovery) = try Ledger.open(path: folder.ledgerPath, boot: nil)
        last.close()
        #expect(recovery.warnings == [])
    }

    @Test("A file that another took the place of is noticed")
    func replaced() throws {
        let folder = try Folder()
        let ledger = try Ledger.open(folder)
        let copy = folder.path + "/copy"
        try FileManager.default.copyItem(atPath: folder.ledgerPath, toPath: copy)
        try FileManager.default.removeItem(atPath: folder.ledgerPath)
        try FileManager.default.moveItem(atPath: copy, toPath: folder.ledgerPath)
        do {
            try ledger.check()
            Issue.record("nobody noticed the other file")
        } catch {
            #expect(error.message.contains("was replaced"))
        }
    }

    enum Overwriting: CaseIterable { case otherLedger, earlierCopy, nothing, zeros }

    @Test("A file that something else was written into is noticed", arguments: Overwriting.allCases)
    func overwritten(by what: Overwriting) throws {
        let folder = try Folder()
        let ledger = try Ledger.open(folder)
        try ledger.commit(entries(1...2))
        let early = try Data(contentsOf: URL(fileURLWithPath: folder.ledgerPath))
        try ledger.commit(entries(3...1_002))
        try ledger.pool.writeWithoutTransaction { try Checkpointer.passively($0) }
        try ledger.check()
        // More than there is, so that its length does not tell.
        let size = 16 << 20
        let bytes: Data
        switch what {
        case .otherLedger:
            let other = try Folder()
            try Ledger.open(other).close()
            bytes = try Data(contentsOf: URL(fileURLWithPath: other.ledgerPath)) + Data(count: size)
        case .earlierCopy: bytes = early
        case .nothing: bytes = Data()
        case .zeros: bytes = Data(count: size)
        }
        // Into the same file, as cp does it.
        let file = try #require(FileHandle(forUpdatingAtPath: folder.ledgerPath))
        try file.truncate(atOffset: 0)
        try file.write(contentsOf: bytes)
        try file.close()
        for _ in 1...2 {
            do {
                try ledger.check()
                Issue.record("nobody noticed")
            } catch {
                #expect(error.kind == .corrupt && error.message.contains("was overwritten"))
            }
            #expect(throws: LedgerError.self) { try ledger.commit(entries(1_003...1_003)) }
        }
        ledger.close()
        let after = try Data(contentsOf: URL(fileURLWithPath: folder.ledgerPath))
        let isUntouched = after == bytes
        #expect(isUntouched, "something of the ledger was mixed into it")
    }

    @Test("Where nothing can be saved nobody is told that it was, and the next time it is tried")
    func notSaved() throws {
        let folder = try Folder()
        let ledger = try Ledger.open(folder)
        try ledger.commit(entries(1...5))
        let aside = folder.path + "/aside"
        // Every name that a copy could get is taken.
        let now = Int(Date().timeIntervalSince1970)
        let names = (now...now + 60).map { "\(folder.ledgerPath).rescued-\($0)" }
        for name in names { try Data("taken".utf8).write(to: URL(fileURLWithPath: name)) }
        try FileManager.default.moveItem(atPath: folder.ledgerPath, toPath: aside)
        do {
            try ledger.check()
            Issue.record("nobody noticed that the file is gone")
        } catch {
            #expect(error.kind == .displaced && error.message.contains("could not be copied"))
            #expect(!error.remedy.contains("rescued"))
        }
        for name in names {
            #expect(try Data(contentsOf: URL(fileURLWithPath: name)) == Data("taken".utf8))
            try FileManager.default.removeItem(atPath: name)
        }
        try FileManager.default.moveItem(atPath: aside, toPath: folder.ledgerPath)
        try ledger.check()
        try FileManager.default.moveItem(atPath: folder.ledgerPath, toPath: aside)
        do {
            try ledger.check()
        } catch {
            #expect(error.remedy.contains("rescued"))
        }
        let saved = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(saved.count { $0.hasPrefix("ledger.sqlite.rescued-") } == 1)
        ledger.close()
    }

    @Test("A file that is put back is the same, and storing goes on by itself")
    func putBack() async throws {
        let folder = try Folder()
        let ledger = try Ledger.open(folder)
        let aside = folder.path + "/aside"
        let reports = Reports()
        let writer = reports.writer(ledger)
        try FileManager.default.moveItem(atPath: folder.ledgerPath, toPath: aside)
        writer.enqueue(entries(1...3))
        guard case .retrying(let error)? = await reports.next() else {
            Issue.record("stored in a file that has no name")
            return
        }
        #expect(error.kind == .displaced)
        try FileManager.default.moveItem(atPath: aside, toPath: folder.ledgerPath)
        var told = await reports.next()
        while case .retrying? = told { told = await reports.next() }
        #expect(told == .committed(count: 0))
        #expect(await reports.next() == .committed(count: 3))
        writer.stop()
        #expect(try ledger.lastSequence() == 3)
    }
}
