import AlarmModel
import Foundation
import GRDB
import Glibc
import Testing

@testable import StationLedger

/// What a start finds, and whether it can be waited for.
@Suite("Starting on a bad day", .serialized, .timeLimit(.minutes(1)))
struct StartTests {
    @Test(
        "A start on a full disk says full, whatever was there, and works once there is space",
        .enabled(if: geteuid() == 0, "to mount a small file system takes root"),
        arguments: ["nothing", "closed", "cut off"])
    func fullDisk(before: String) throws {
        let folder = try Folder()
        try #require(mount("tmpfs", folder.path, "tmpfs", 0, "size=24m") == 0)
        defer { umount2(folder.path, Int32(MNT_DETACH)) }
        if before != "nothing" {
            let ledger = try Ledger.open(folder)
            try ledger.commit(entries(1...20))
            if before == "cut off" {
                let cut = try folder.afterPowerCut()
                ledger.close()
                for end in ["", "-wal"] {
                    try? FileManager.default.removeItem(atPath: folder.ledgerPath + end)
                    try FileManager.default.copyItem(
                        atPath: cut.ledgerPath + end, toPath: folder.ledgerPath + end)
                }
            } else {
                ledger.close()
            }
        }
        let ballast = folder.path + "/ballast"
        fill(ballast)
        for _ in 0..<3 {
            #expect(kind { _ = try Ledger.open(folder) } == .full)
        }
        try FileManager.default.removeItem(atPath: ballast)
        let (ledger, recovery) = try Ledger.open(path: folder.ledgerPath, boot: bootID(1))
        #expect(recovery.lastSequence == (before == "nothing" ? 0 : 20))
        let next = recovery.lastSequence.rawValue + 1
        try ledger.commit(entries(next...next))
        ledger.close()
    }

    @Test(
        "A start on a disk that takes no more files says full too",
        .enabled(if: geteuid() == 0, "to mount a small file system takes root"),
        arguments: [1, 2])
    func noMoreFiles(allowed: Int) throws {
        let folder = try Folder()
        try #require(mount("tmpfs", folder.path, "tmpfs", 0, "nr_inodes=\(1 + allowed)") == 0)
        defer { umount2(folder.path, Int32(MNT_DETACH)) }
        for number in 1..<allowed {
            try Data().write(to: URL(filePath: "\(folder.path)/\(number)"))
        }
        #expect(kind { _ = try Ledger.open(folder) } == .full)
    }

    @Test("A ledger whose write lock another program holds is busy, and opens when it is free")
    func busy() throws {
        let folder = try Folder()
        let ledger = try Ledger.open(folder)
        try ledger.commit(entries(1...3))
        ledger.close()
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: folder.ledgerPath, configuration: configuration)
        try other.inDatabase { try $0.execute(sql: "BEGIN EXCLUSIVE") }
        #expect(kind { _ = try Ledger.open(folder) } == .busy)
        try other.inDatabase { try $0.execute(sql: "ROLLBACK") }
        #expect(try Ledger.open(folder).lastSequence() == 3)
    }

    // MARK: - Damage

    @Test(
        "Damage from the first page on is damage, and the file is moved aside with its log",
        arguments: ["zeros", "noise", "noise all over", "half of zeros", "no name", "cut"])
    func firstPage(how: String) throws {
        let folder = try damaged(withLog: how == "cut") { file in
            switch how {
            case "zeros": try file.write(contentsOf: Data(repeating: 0, count: 4_096))
            case "noise": try file.write(contentsOf: Data((0..<64).map { UInt8($0) &* 37 | 1 }))
            case "noise all over":
                let size = Int(try file.seekToEnd())
                try file.seek(toOffset: 0)
                var random = SplitMix64(seed: 5)
                let noise = (0..<size).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                try file.write(contentsOf: Data(noise))
            case "half of zeros":
                try file.write(contentsOf: Data(repeating: 0x41, count: 2_048))
                try file.write(contentsOf: Data(repeating: 0, count: 2_048))
            case "no name":
                try file.seek(toOffset: 68)
                try file.write(contentsOf: Data([1, 2, 3, 4]))
            default: try file.truncate(atOffset: 9_000)
            }
        }
        #expect(kind { _ = try Ledger.open(folder) } == .corrupt)
        let before = try Data(contentsOf: URL(filePath: folder.ledgerPath))
        let log = how == "cut" ? try Data(contentsOf: URL(filePath: folder.walPath)) : nil
        let time = WallTime(microseconds: 1_796_118_900_000_000)
        let name = try Ledger.setAside(path: folder.ledgerPath, at: time)
        #expect(name == folder.ledgerPath + ".damaged-20261201T095500Z")
        #expect(try Data(contentsOf: URL(filePath: name)) == before)
        if let log { #expect(try Data(contentsOf: URL(filePath: name + "-wal")) == log) }

        let (ledger, recovery) = try Ledger.open(path: folder.ledgerPath, boot: bootID(1))
        #expect(recovery.lastSequence == 0)
        #expect(recovery.setAside == name)
        #expect(recovery.warnings.contains { $0.contains(name) && $0.contains("salvage") })
        try ledger.commit(entries(1...1))
        ledger.close()
        // What it was is told once as an event, and for as long as it lies there as a warning.
        let (again, later) = try Ledger.open(path: folder.ledgerPath, boot: bootID(1))
        #expect(later.setAside == nil)
        #expect(later.warnings.contains { $0.contains(name) })
        again.close()
    }

    @Test("A damaged ledger never takes the name of another, up to a bound")
    func manyDamaged() throws {
        let folder = try Folder()
        let time = WallTime(microseconds: 1_796_118_900_000_000)
        var names: Set<String> = []
        for _ in 0..<Limits.damagedLedgersMax {
            try Data([1]).write(to: URL(filePath: folder.ledgerPath))
            names.insert(try Ledger.setAside(path: folder.ledgerPath, at: time))
        }
        #expect(names.count == Limits.damagedLedgersMax)
        try Data([1]).write(to: URL(filePath: folder.ledgerPath))
        #expect(kind { _ = try Ledger.setAside(path: folder.ledgerPath, at: time) } == .failed)
        #expect(try Data(contentsOf: URL(filePath: folder.ledgerPath)) == Data([1]))
    }

    @Test("A log whose ledger is gone is kept, beside the damaged ledger where there is one")
    func orphanedLog() throws {
        for isMoving in [true, false] {
            let folder = try damaged { try $0.write(contentsOf: Data(repeating: 0, count: 4_096)) }
            let log = try Data(contentsOf: URL(filePath: folder.walPath))
            let aside = folder.ledgerPath + ".damaged-20261201T095500Z"
            if isMoving {
                // As a power cut leaves it between the two steps.
                try FileManager.default.moveItem(atPath: folder.ledgerPath, toPath: aside)
            } else {
                try FileManager.default.removeItem(atPath: folder.ledgerPath)
            }
            let (ledger, recovery) = try Ledger.open(path: folder.ledgerPath, boot: bootID(1))
            ledger.close()
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            let found = try #require(
                names.first { $0.contains(".damaged-") && $0.hasSuffix("-wal") })
            let kept = "\(folder.path)/\(found)"
            #expect(try Data(contentsOf: URL(filePath: kept)) == log)
            if isMoving { #expect(kept == aside + "-wal") }
            // It is told, as an event and for as long as it lies there.
            #expect(recovery.setAside == (isMoving ? aside : kept))
            #expect(recovery.warnings.count == 1)
            #expect(recovery.warnings.first?.contains(isMoving ? aside : kept) == true)
        }
    }

    @Test("One record that cannot be read is told, and keeps nobody from the others")
    func unreadableRecord() throws {
        let folder = try Folder()
        let ledger = try Ledger.open(folder)
        try ledger.commit(entries(1...5))
        try ledger.pool.write {
            try $0.execute(sql: "UPDATE event SET kind = 'nothing' WHERE sequence = 3")
        }
        ledger.close()
        let (_, recovery) = try Ledger.open(path: folder.ledgerPath, boot: bootID(1))
        #expect(recovery.recentEvents.map(\.sequence) == [1, 2, 4, 5])
        #expect(recovery.warnings.contains { $0.contains("1 of the newest records") })
    }

    /// A ledger of some pages with a log, as a power cut leaves it, and then `damage`.
    private func damaged(
        withLog: Bool = true, _ damage: (FileHandle) throws -> Void
    ) throws -> Folder {
        let folder = try Folder()
        let ledger = try Ledger.open(folder)
        try ledger.commit(entries(1...300))
        try ledger.pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        try ledger.commit(entries(301...320))
        let cut = try folder.afterPowerCut()
        ledger.close()
        if !withLog {
            for end in ["", "-wal"] {
                try FileManager.default.removeItem(atPath: cut.ledgerPath + end)
            }
            try FileManager.default.copyItem(atPath: folder.ledgerPath, toPath: cut.ledgerPath)
        }
        let file = try #require(FileHandle(forUpdatingAtPath: cut.ledgerPath))
        try damage(file)
        try file.close()
        return cut
    }

    private func fill(_ path: String) {
        let file = Glibc.open(path, O_WRONLY | O_CREAT, 0o600)
        for size in [4_096, 1] {
            let block = [UInt8](repeating: 0, count: size)
            while write(file, block, block.count) > 0 {}
        }
        close(file)
    }
}
