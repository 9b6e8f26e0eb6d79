import AlarmModel
import Foundation
import GRDB
import Testing

@testable import StationLedger

@Suite("Opening a ledger")
struct OpeningTests {
    @Test("Every commit ends with an fsync, after the first opening and after the next")
    func synchronousIsFull() throws {
        let folder = try Folder()
        for _ in 1...2 {
            let ledger = try Ledger.open(folder)
            let level = try ledger.pool.writeWithoutTransaction(Ledger.synchronousLevel)
            #expect(level == 2)
            ledger.close()
        }
    }

    @Test("GRDB by itself would not fsync a commit, even when it is told to at its own hook")
    func synchronousOfGRDBIsNormal() throws {
        let folder = try Folder()
        var configuration = Configuration()
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        let pool = try DatabasePool(path: folder.ledgerPath, configuration: configuration)
        let level = try pool.writeWithoutTransaction(Ledger.synchronousLevel)
        #expect(level == 1, "if this is 2, GRDB was mended and Opening.inspect can be simpler")
    }

    @Test("A second daemon is refused while the first is open, and let in after it has closed")
    func secondWriter() throws {
        let folder = try Folder()
        let first = try Ledger.open(folder)
        #expect(kind { _ = try Ledger.open(folder) } == .inUse)
        first.close()
        #expect(kind { _ = try Ledger.open(folder) } == nil)
    }

    @Test("A program that only reads is not refused")
    func otherReaders() throws {
        let folder = try Folder()
        let ledger = try Ledger.open(folder)
        try ledger.commit(entries(1...3))
        var configuration = Configuration()
        configuration.readonly = true
        let audit = try DatabaseQueue(path: folder.ledgerPath, configuration: configuration)
        #expect(try audit.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM event") } == 3)
    }

    @Test("A file that is not a database is refused, and left as it is")
    func notADatabase() throws {
        let folder = try Folder()
        let text = String(repeating: "This is a letter, not a ledger. ", count: 100)
        try text.write(toFile: folder.ledgerPath, atomically: true, encoding: .utf8)
        #expect(kind { _ = try Ledger.open(folder) } == .notALedger)
        #expect(try String(contentsOfFile: folder.ledgerPath, encoding: .utf8) == text)
    }

    @Test("The database of another program is refused, and no table is added to it")
    func foreignDatabase() throws {
        let folder = try Folder()
        let foreign = try DatabaseQueue(path: folder.ledgerPath)
        try foreign.write { try $0.execute(sql: "CREATE TABLE recipe (name TEXT)") }
        #expect(kind { _ = try Ledger.open(folder) } == .notALedger)
        #expect(try foreign.read { try !$0.tableExists("event") })
    }

    @Test("A ledger that a newer Tocsin has changed is refused")
    func newerSchema() throws {
        let folder = try Folder()
        try Ledger.open(folder).close()
        let newer = try DatabaseQueue(path: folder.ledgerPath)
        try newer.write {
            try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99 from the future')")
        }
        try newer.close()
        #expect(kind { _ = try Ledger.open(folder) } == .newerSchema)
    }

    @Test("A folder that is not there is named in the error, with what to do")
    func noFolder() throws {
        do {
            _ = try Ledger.open(path: "/nowhere/at/all/ledger.sqlite", boot: bootID(1))
            Issue.record("opened a ledger in a folder that does not exist")
        } catch {
            #expect(error.kind == .cannotOpen)
            #expect(error.message.contains("/nowhere/at/all/ledger.sqlite"))
            #expect(error.message.contains("No such file or directory"))
            #expect(!error.remedy.isEmpty)
        }
    }

    @Test("A ledger that was closed in good order has nothing to recover, with readers or without")
    func orderlyClose() throws {
        let folder = try Folder()
        for turn in Int64(1)...3 {
            let (ledger, recovery) = try Ledger.open(path: folder.ledgerPath, boot: bootID(1))
            #expect(recovery.findings == (turn == 1 ? ["a new ledger was created"] : []))
            #expect(recovery.lastSequence.rawValue == turn - 1)
            try ledger.commit(entries(turn...turn))
            _ = try ledger.events(after: 0, limit: 10)
            ledger.close()
        }
    }

    @Test("The log has its full length on the disk from the start, and no commit makes it longer")
    func logIsLaidOut() throws {
        let folder = try Folder()
        for turn in Int64(1)...2 {
            let ledger = try Ledger.open(folder)
            try ledger.commit(entries(turn...turn))
            #expect(try folder.logBytes() == Limits.ledgerLogBytes)
            ledger.close()
        }
    }

    @Test("After a power cut every committed event is there, checked, and out of the log")
    func powerCut() throws {
        let folder = try Folder()
        let ledger = try Ledger.open(folder)
        for number in Int64(1)...20 { try ledger.commit(entries(number...number)) }
        let cut = try folder.afterPowerCut()
        let (again, recovery) = try Ledger.open(path: cut.ledgerPath, boot: bootID(2))
        #expect(recovery.lastSequence == 20)
        #expect(sequences(try again.events(after: 0, limit: 100)) == Array(1...20))
        #expect(
            recovery.findings.prefix(2) == [
                "the ledger was not closed in good order", "the ledger was checked and is whole",
            ])
        #expect(recovery.findings.last == "its log was recovered")
        let withoutLog = try Folder()
        try FileManager.default.copyItem(atPath: cut.ledgerPath, toPath: withoutLog.ledgerPath)
        #expect(try Ledger.open(withoutLog).lastSequence() == 20)
    }

    @Test("A ledger that was damaged while open is refused at every start, not only at the first")
    func damage() throws {
        let folder = try Folder()
        let ledger = try Ledger.open(folder)
        // So few commits that nobody else copies the log meanwhile.
        for first in stride(from: Int64(1), to: 500, by: 100) {
            try ledger.commit(
                (first..<first + 100).map { number in
                    let event = Event.plain(Sequence(rawValue: number))
                    return .event(event, Alert(openedBy: event))
                })
        }
        try ledger.pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        // A page that the start itself has no reason to read: the index of alerts by id.
        let page = try ledger.pool.read { db in
            try UInt64.fetchOne(
                db,
                sql: "SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_alert_1'")
        }
        let cut = try folder.afterPowerCut()
        let file = try #require(FileHandle(forUpdatingAtPath: cut.ledgerPath))
        try file.seek(toOffset: (try #require(page) - 1) * 4_096)
        try file.write(contentsOf: Data(repeating: 0xA5, count: 4_096))
        try file.close()
        for _ in 1...3 { #expect(kind { _ = try Ledger.open(cut) } == .corrupt) }
    }

    @Test("Opening returns the ongoing alerts, the gravest first, and the newest events by boot")
    func recovery() throws {
        let folder = try Folder()
        let ledger = try Ledger.open(folder)
        var events = (1...4).map {
            Event.plain(Sequence(rawValue: $0), kind: $0 == 1 ? .batteryLow : .sos)
        }
        var alerts = events.indices.map { Alert.opened(by: &events[$0]) }
        try ledger.commit(zip(events, alerts).map { .event($0, $1) })
        let end = LedgerEntry.change(5, ChangeDraft(.resolved, by: "desk 1"), of: &alerts[1])
        let taken = LedgerEntry.change(6, ChangeDraft(.acknowledged, by: "desk 2"), of: &alerts[2])
        try ledger.commit([end, taken])
        ledger.close()

        let (second, _) = try Ledger.open(path: folder.ledgerPath, boot: bootID(2))
        var last = Event.plain(7)
        last.boot = bootID(2)
        try second.commit([.event(last)])
        second.close()

        let (third, found) = try Ledger.open(path: folder.ledgerPath, boot: bootID(2))
        #expect(found.lastSequence == 7)
        #expect(found.boot == bootID(2))
        #expect(found.epoch == third.epoch && found.epoch.utf8.count == 12)
        #expect(found.ongoingAlerts == [alerts[3], alerts[2], alerts[0]])
        #expect(found.recentEvents == events + [last])
        #expect(found.earlierBootEvents == 4)
        #expect(found.findings == ["3 alerts are ongoing"])
    }

    @Test("A second name of the file, by a link of either kind, is no way around the lock")
    func otherNames() throws {
        let folder = try Folder()
        let first = try Ledger.open(folder)
        let soft = folder.path + "/soft.sqlite"
        let hard = folder.path + "/hard.sqlite"
        try FileManager.default.createSymbolicLink(
            atPath: soft, withDestinationPath: folder.ledgerPath)
        try FileManager.default.linkItem(atPath: folder.ledgerPath, toPath: hard)
        for name in [soft, hard] {
            #expect(kind { _ = try Ledger.open(path: name, boot: bootID(1)) } == .inUse)
        }
        try first.commit(entries(1...1))
        first.close()
        #expect(kind { _ = try Ledger.open(path: soft, boot: bootID(1)) } == nil)
    }

    @Test("Another ledger has another epoch, and the same one keeps its own")
    func epochs() throws {
        let folders = try [Folder(), Folder()]
        let epochs = try folders.map { folder in
            let ledger = try Ledger.open(folder)
            defer { ledger.close() }
            return ledger.epoch
        }
        #expect(epochs[0] != epochs[1])
        #expect(try Ledger.open(folders[0]).epoch == epochs[0])
    }
}
