import AlarmModel
import Foundation
import StationLedger

/// Commits to the ledger against a file to which the same number of bytes is appended and synced,
/// one of each in turns, in one folder.
enum LedgerRows {
    /// A hundred at a time fill the log in about 340 commits: so its emptying is in the figure as
    /// often as in earnest, and no single slow answer of the disk decides it.
    static func measure() throws -> [Row] {
        try rows(eventsPerCommit: 1, commits: 2_000)
            + rows(eventsPerCommit: 100, commits: 3_000)
    }

    private static func rows(eventsPerCommit: Int, commits: Int) throws -> [Row] {
        try Folder.with { folder in
            let path = "\(folder)/ledger.sqlite"
            let ledger = try Ledger.open(path: path, boot: nil).ledger
            defer { ledger.close() }
            var sequence: Int64 = 0
            let commit = {
                let entries = (0..<eventsPerCommit).map { _ in
                    sequence += 1
                    return LedgerEntry(records: [.event(.sample(sequence))])
                }
                return try Stopwatch.seconds { try ledger.commit(entries) }
            }
            let raw = try SyncedFile(
                "\(folder)/raw", bytesPerAppend: try bytesPerCommit(commit))
            var ours = Samples()
            var baseline = Samples()
            for _ in 0..<commits {
                ours.add(try commit())
                baseline.add(try raw.append())
            }
            return rows(eventsPerCommit, ours, baseline, bytes: raw.bytesPerAppend)
        }
    }

    /// What a commit hands to the kernel to be written, on average.
    private static func bytesPerCommit(_ commit: () throws -> Double) throws -> Int {
        let commits = 20
        for _ in 0..<commits { _ = try commit() }
        let before = try writtenBytes()
        for _ in 0..<commits { _ = try commit() }
        return (try writtenBytes() - before) / commits
    }

    /// By this process, from its start.
    private static func writtenBytes() throws -> Int {
        let counters = try String(contentsOfFile: "/proc/self/io", encoding: .utf8)
        let line = counters.split(separator: "\n").first { $0.hasPrefix("wchar: ") }
        guard let count = line.flatMap({ Int($0.dropFirst(7)) }) else {
            throw Unmeasured("/proc/self/io does not count written bytes")
        }
        return count
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
