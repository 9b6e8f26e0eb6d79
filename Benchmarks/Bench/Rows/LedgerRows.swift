import AlarmModel
import Foundation
import StationLedger

/// Commits to the ledger against a file to which the same number of bytes is appended and synced,
/// one of each in turns, in one folder.
enum LedgerRows {
    static func measure() throws -> [Row] {
        try rows(eventsPerCommit: 1, commits: 400) + rows(eventsPerCommit: 100, commits: 150)
    }

    private static func rows(eventsPerCommit: Int, commits: Int) throws -> [Row] {
        try Folder.with { folder in
            let path = "\(folder)/ledger.sqlite"
            let ledger = try Ledger.open(path: path, bootID: "bench").ledger
            defer { ledger.close() }
            var sequence: Int64 = 0
            let commit = {
                let entries = (0..<eventsPerCommit).map { _ in
                    sequence += 1
                    return LedgerEntry.event(.sample(sequence))
                }
                return try Stopwatch.seconds { try ledger.commit(entries) }
            }
            let raw = try SyncedFile(
                "\(folder)/raw", bytesPerAppend: try bytesPerCommit(log: path + "-wal", commit))
            var ours = Samples()
            var baseline = Samples()
            for _ in 0..<commits {
                ours.add(try commit())
                baseline.add(try raw.append())
            }
            return rows(eventsPerCommit, ours, baseline, bytes: raw.bytesPerAppend)
        }
    }

    /// By how much the log grows with a commit, on average.
    private static func bytesPerCommit(log: String, _ commit: () throws -> Double) throws -> Int {
        let commits = 20
        for _ in 0..<commits { _ = try commit() }
        let before = size(log)
        for _ in 0..<commits { _ = try commit() }
        let growth = (size(log) - before) / commits
        guard growth > 0 else { throw Unmeasured("the ledger's log does not grow") }
        return growth
    }

    private static func size(_ path: String) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.size] as? NSNumber)?.intValue ?? 0
    }

    private static func rows(
        _ events: Int, _ ours: Samples, _ baseline: Samples, bytes: Int
    ) -> [Row] {
        let against = "write of \(bytes) bytes and fdatasync, in turns"
        let rate = { (samples: Samples) in
            Figure.rate(Double(samples.count * events) / samples.total, of: "events")
        }
        let throughput = Row(
            what: "\(events) a commit", ours: rate(ours), baseline: rate(baseline),
            against: against, goal: .ratio(0.9))
        return [throughput]
            + [50.0, 99.0].map { percent in
                Row(
                    what: "\(events) a commit, p\(decimal(percent, 0))",
                    ours: .time(ours.percentile(percent)),
                    baseline: .time(baseline.percentile(percent)), against: against)
            }
    }
}
