import AlarmModel
import Foundation
import GRDB
import Testing

@testable import StationLedger

@Suite("Salvaging a damaged ledger")
struct SalvageTests {
    @Test("A whole ledger is read to the last record, in pages of any number")
    func whole() throws {
        let folder = try Folder()
        let ledger = try Ledger.open(folder)
        let count = Int64(2 * LedgerAudit.salvagedAtOnce + 1)
        try ledger.commit(entries(1...count))
        ledger.close()
        var read: [Int64] = []
        let salvage = try LedgerAudit(path: folder.ledgerPath).salvage {
            read.append($0.sequence.rawValue)
        }
        #expect(read == Array(1...count))
        #expect(salvage == Salvage(read: Int(count), losses: []))
    }

    @Test("Records in front of and behind damaged pages are read, and what is lost is told")
    func damagedPages() throws {
        let folder = try Folder()
        let ledger = try Ledger.open(folder)
        try ledger.commit(entries(1...2_000))
        ledger.close()
        var random = SeededRandom(seed: 7)
        let file = try #require(FileHandle(forUpdatingAtPath: folder.ledgerPath))
        let pages = try file.seekToEnd() / 4_096
        // The schema's pages and the inner ones are in front: these are leaves.
        for page in [pages / 2, pages / 2 + 1, pages * 3 / 4] {
            try file.seek(toOffset: page * 4_096)
            try file.write(contentsOf: Data((0..<4_096).map { _ in random.integer() as UInt8 }))
        }
        try file.close()
        var read: [Int64] = []
        let salvage = try LedgerAudit(path: folder.ledgerPath).salvage {
            read.append($0.sequence.rawValue)
        }
        #expect(read == read.sorted() && Set(read).count == read.count)
        #expect(read.first == 1 && read.last == 2_000)
        #expect(read.count > 1_800 && read.count < 2_000, "\(read.count)")
        #expect(!salvage.losses.isEmpty && salvage.read == read.count)
    }

    @Test("A record with a value that nobody can have written is lost alone")
    func unreadableRecord() throws {
        let folder = try Folder()
        let ledger = try Ledger.open(folder)
        try ledger.commit(entries(1...9))
        try ledger.pool.write {
            try $0.execute(sql: "UPDATE event SET kind = 'nothing' WHERE sequence = 4")
        }
        ledger.close()
        var read: [Int64] = []
        let salvage = try LedgerAudit(path: folder.ledgerPath).salvage {
            read.append($0.sequence.rawValue)
        }
        #expect(read == [1, 2, 3, 5, 6, 7, 8, 9])
        #expect(salvage.losses.count == 1 && salvage.losses[0].hasPrefix("events 4 to 4: "))
    }
}
