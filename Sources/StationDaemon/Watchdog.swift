import AlarmModel
import LinuxPorts

/// Feeds the watchdog of systemd only while the station works: the loop turns, and what waits for
/// the ledger moves. A timer of its own would prove nothing but itself.
struct Watchdog {
    private let interval = ServiceManager.watchdogInterval
    private var lastFed: MonotonicTime?
    /// Since when entries have waited without a word from the ledger.
    private var waitingSince: MonotonicTime?

    /// When the loop has to turn at the latest; nil without a watchdog.
    var nextFeed: MonotonicTime? {
        interval.map { (lastFed ?? Clock.monotonic()) + $0 }
    }

    /// The ledger made progress: it committed, or tried and said why not.
    mutating func committed() { waitingSince = nil }

    mutating func turned(pending: Int) {
        guard let interval else { return }
        let now = Clock.monotonic()
        if pending == 0 { waitingSince = nil } else { waitingSince = waitingSince ?? now }
        if let waitingSince, now - waitingSince > interval { return }
        if let lastFed, now - lastFed < interval { return }
        lastFed = now
        ServiceManager.watchdog()
    }
}
