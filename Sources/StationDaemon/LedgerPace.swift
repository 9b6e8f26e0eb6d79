import AlarmModel
import StationLedger

/// How fast the ledger grows, and how long the disk lasts at that pace: long before the last byte
/// is gone somebody should know who fills it.
struct LedgerPace {
    /// The oldest first, a minute apart.
    private var sizes: [(bytes: Int, at: MonotonicTime)] = []
    private static let apart = TimeSpan.seconds(60)

    mutating func note(_ bytes: Int, at now: MonotonicTime) {
        // Another file stands at its place now, and its pace is not known yet.
        if let last = sizes.last, bytes < last.bytes { sizes = [] }
        sizes.removeAll { now - $0.at > Limits.ledgerPaceSpan }
        if let last = sizes.last, let before = sizes.dropLast().last,
            last.at - before.at < Self.apart
        {
            sizes.removeLast()
        }
        sizes.append((bytes, now))
    }

    /// Bytes a day; nil as long as there is nothing to speak of.
    var bytesPerDay: Double? {
        guard let first = sizes.first, let last = sizes.last,
            last.bytes - first.bytes >= Limits.ledgerGrowthMin
        else { return nil }
        let days = Double((last.at - first.at).microseconds) / 86_400e6
        return Double(last.bytes - first.bytes) / days
    }

    func reason(_ space: FreeSpace, in folder: String) -> String? {
        guard let bytesPerDay else { return nil }
        let days = Double(space.bytes) / bytesPerDay
        guard days < Double(Limits.ledgerDaysMin) else { return nil }
        let left = days < 2 ? "\(Int(days * 24)) hours" : "\(Int(days.rounded())) days"
        return "the ledger grows by \(Int(bytesPerDay) >> 20) MiB a day, and \(folder) has room "
            + "for \(left) of that: find out who sends so much (tocsin ports), or give it a "
            + "larger disk"
    }
}
