import AlarmModel
import StationCore

/// A ledger that commits in groups, takes its time, fills its disk, fails, and loses what was not
/// durable when the power went.
struct FakeLedger {
    /// What one step did.
    struct Outcome {
        var durable: [LedgerEntry] = []
        var report: Input?
    }

    /// How long a group takes to reach the disk.
    var latency: ClosedRange<TimeSpan> = .milliseconds(1)...(.milliseconds(30))
    var fullUntil: MonotonicTime?
    /// Entries of one group, about.
    private let groupMax: Int
    /// The next group ends in an error after which nothing may be assumed.
    var isFailing = false
    private(set) var records: [Record] = []
    /// At most so many ongoing alerts are read back.
    private let ongoingAlertsMax: Int
    private let planted: PlantedBug?
    private var random: SplitMix64
    private var alerts: [UUIDv7: Alert] = [:]
    private var alertsInOrder: [UUIDv7] = []
    // What is nil was hidden by a planted bug, and is reported all the same.
    private var waiting: [LedgerEntry?] = []
    private var group: [LedgerEntry?] = []
    private var dueAt: MonotonicTime?
    /// Nothing is written any more until the restart.
    private var hasFailed = false
    private var isTold = false
    private var wasRetried = false

    init(groupMax: Int, ongoingAlertsMax: Int, seed: UInt64, planted: PlantedBug?) {
        self.groupMax = groupMax
        self.ongoingAlertsMax = ongoingAlertsMax
        self.planted = planted
        random = SplitMix64(seed: seed)
    }

    var nextDeadline: MonotonicTime? { dueAt }

    /// Entries that are not durable, or not reported to be.
    var pending: Int { waiting.count + group.count }

    /// The gravest first, and among these the oldest.
    var ongoingAlerts: [Alert] {
        alerts.values.filter { $0.state != .resolved }.sorted {
            ($0.priority, $0.reference.opened) < ($1.priority, $1.reference.opened)
        }
    }

    /// Ended ones included, in the order in which they came.
    var allAlerts: [UUIDv7] { alertsInOrder }

    func alert(_ id: UUIDv7) -> Alert? { alerts[id] }

    mutating func enqueue(_ entries: [LedgerEntry?], at now: MonotonicTime) {
        waiting += entries
        if dueAt == nil, !hasFailed { begin(at: now) }
    }

    /// Ends the group that is due.
    mutating func step(at now: MonotonicTime) -> Outcome {
        if planted == .commitToldEarly, !isTold {
            isTold = true
            dueAt = now + .milliseconds(200)
            return Outcome(report: .committed(count: group.count))
        }
        if isFailing {
            isFailing = false
            hasFailed = true
            dueAt = nil
            return Outcome(report: .ledgerFailed("fsync: input/output error"))
        }
        if let fullUntil, now < fullUntil {
            dueAt = now + Limits.ledgerRetry
            wasRetried = true
            return Outcome(report: .ledgerRetrying("database or disk is full"))
        }
        let count = group.count
        var outcome = Outcome(durable: write())
        if !isTold { outcome.report = .committed(count: count) }
        begin(at: now)
        return outcome
    }

    /// The machine or the daemon stops. A group on its way is on the disk or it is not; what waited
    /// behind it is lost. Returns what turned out to be durable.
    mutating func crash() -> [LedgerEntry] {
        let reached = !group.isEmpty && fullUntil == nil && random.chance(500)
        let durable = reached ? write() : []
        waiting = []
        group = []
        dueAt = nil
        isFailing = false
        hasFailed = false
        isTold = false
        return durable
    }

    /// What the station goes on from in this boot, whose time is `now`.
    func recovery(boot: BootID, at now: MonotonicTime) -> Recovery {
        let events = Array(records.compactMap(\.event).suffix(Limits.recoveredEventsMax))
        var recovery = Recovery(
            lastSequence: records.last?.sequence ?? 0, epoch: "simulated", boot: boot,
            ongoingAlerts: ongoingAlerts.prefix(ongoingAlertsMax)
                + ongoingAlerts.dropFirst(ongoingAlertsMax).filter { $0.parkedUntil != nil },
            recentEvents: events,
            earlierBootEvents: events.count { $0.boot != boot })
        switch planted {
        case .sequenceForgotten: recovery.lastSequence = 0
        case .ongoingAlertForgotten:
            recovery.ongoingAlerts = Array(recovery.ongoingAlerts.dropFirst())
        case .recentEventsForgotten: recovery.recentEvents = []
        case .earlierBootForgotten: recovery.earlierBootEvents = 0
        case .recoveredJustSeen:
            recovery.earlierBootEvents = 0
            for index in events.indices { recovery.recentEvents[index].received.monotonic = now }
        case .parkingForgotten:
            for index in recovery.ongoingAlerts.indices {
                recovery.ongoingAlerts[index].parkedUntil = nil
            }
        default: break
        }
        if recovery.recentEvents.isEmpty { recovery.earlierBootEvents = 0 }
        return recovery
    }

    func records(_ range: ClosedRange<Sequence>) -> [Record] {
        let first = max(0, Int(range.lowerBound.rawValue) - 1)
        let end = min(records.count, Int(range.upperBound.rawValue))
        return first < end ? Array(records[first..<end]) : []
    }

    private mutating func begin(at now: MonotonicTime) {
        let known = waiting.lazy.compactMap(\.self)
        let count = LedgerEntry.groupCount(known, most: groupMax)
        let hidden = waiting.prefix(count).count { $0 == nil }
        group = Array(waiting.prefix(count + hidden))
        waiting.removeFirst(group.count)
        isTold = false
        wasRetried = false
        guard !group.isEmpty else { return dueAt = nil }
        let isHeldBack = planted == .groupHeldBack && random.chance(100)
        dueAt = now + (isHeldBack ? .seconds(3) : random.span(latency))
    }

    /// The group as it stands on the disk afterwards.
    private mutating func write() -> [LedgerEntry] {
        var entries = group.compactMap(\.self)
        switch planted {
        case .lastOfGroupLost where entries.count > 1 && random.chance(100): entries.removeLast()
        case .entriesSwapped where entries.count > 1 && random.chance(100): entries.swapAt(0, 1)
        case .groupStoredTwice where wasRetried: entries += entries
        default: break
        }
        for entry in entries { apply(entry) }
        return entries
    }

    private mutating func apply(_ entry: LedgerEntry) {
        records += entry.records
        for alert in entry.alerts {
            if alerts[alert.id] == nil { alertsInOrder.append(alert.id) }
            alerts[alert.id] = alert
        }
    }
}
