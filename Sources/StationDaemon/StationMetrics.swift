import AlarmModel
import OperatorDesk

/// What the daemon counts, for `/metrics`, besides what the desk takes from ports and streams.
struct StationMetrics {
    private var commits = 0
    private var entries = 0
    private var retries = 0

    mutating func committed(_ count: Int) {
        commits += 1
        entries += count
    }

    mutating func retried() { retries += 1 }

    func families(_ captures: CaptureFiles) -> [MetricFamily] {
        [
            MetricFamily(
                "tocsin_commits_total", .counter, help: "Transactions of the ledger.",
                samples: [.init(Double(commits))]),
            MetricFamily(
                "tocsin_committed_entries_total", .counter,
                help: "Events and words on alerts that these transactions stored.",
                samples: [.init(Double(entries))]),
            MetricFamily(
                "tocsin_commit_retries_total", .counter,
                help: "Transactions that the disk had no room for.",
                samples: [.init(Double(retries))]),
            MetricFamily(
                "tocsin_journal_lines_dropped_total", .counter,
                help: "Lines of the journal that nobody has read in time.",
                samples: [.init(Double(Journal.dropped))]),
            MetricFamily(
                "tocsin_captures_dropped_total", .counter,
                help: "Captures after damage that the disk was too slow for.",
                samples: [.init(Double(captures.dropped))]),
        ]
    }
}
