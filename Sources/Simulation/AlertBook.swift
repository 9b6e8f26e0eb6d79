import AlarmModel

/// The checkers' own account of the alerts: who they are about, who has them, and whether they are
/// open, made up from the records alone.
struct AlertBook {
    struct Key: Hashable {
        var person: FakePerson
        var kind: EventKind
        var isTest: Bool
    }

    struct Life: Equatable {
        var key: Key
        var state = Alert.State.open
        var owner: String?
        var version = 1
        var changedBy: String?
        /// When it has to be raised again.
        var parking: Parking?
        /// The wall clock was set while it was put aside.
        var isClockMoved = false

        /// Says so of the alert as well.
        func agrees(with alert: Alert) -> Bool {
            alert.state == state && alert.owner == owner && alert.version == version
                && alert.kind == key.kind
        }
    }

    struct Parking: Equatable {
        /// In the world's time.
        var due: MonotonicTime
        var until: WallTime

        /// Of a station that began anew behind a clock that was set: it waits for the time of day.
        func due(at now: Moment, isClockMoved: Bool) -> MonotonicTime {
            guard isClockMoved else { return due }
            let left = TimeSpan(microseconds: until.microseconds - now.wall.microseconds)
            return max(due, now.monotonic + left)
        }
    }

    typealias Problem = (rule: Rule, sentence: String)

    /// With what is not durable yet.
    private(set) var live: [UUIDv7: Life] = [:]
    private(set) var durable: [UUIDv7: Life] = [:]
    private(set) var problems: [Problem] = []
    private var ongoing: [Key: UUIDv7] = [:]
    /// By the last sequence of an entry, what it did.
    private var waiting: [Int64: [UUIDv7: Life]] = [:]
    /// Every version that was ever made, until a crash unmakes it.
    private var versions: [UUIDv7: [Int: Life]] = [:]
    /// What was carried out last of each, until something else happens to it.
    private var lastOrders: [UUIDv7: Order] = [:]
    /// Beyond the station's bound a subject may have more than one.
    private let isBounded: Bool

    init(isBounded: Bool) { self.isBounded = isBounded }

    var ongoingCount: Int { durable.values.count { $0.state != .resolved } }

    func isOpen(_ id: UUIDv7) -> Bool { live[id]?.state == .open }

    func life(_ id: UUIDv7, version: Int) -> Life? { versions[id]?[version] }

    /// The time when the next alert should be raised again; what should have been is over.
    func nextRaising(at now: Moment) -> MonotonicTime? {
        durable.values.compactMap { life in
            life.parking?.due(at: now, isClockMoved: life.isClockMoved)
        }.min()
    }

    /// The station wants this stored.
    ///
    /// - Parameters:
    ///   - wire: that the message came over; nil for what no message told.
    ///   - order: that it carries out.
    mutating func take(
        _ entry: LedgerEntry, from wire: WireID?, order: Order?, at now: Moment
    ) {
        var touched: [UUIDv7: Life] = [:]
        for record in entry.records {
            switch record {
            case .event(let event):
                guard let id = event.alert?.id else { continue }
                lastOrders[id] = nil
                if let life = life(after: event, from: wire ?? event.wire.id, in: entry) {
                    keep(life, id, &touched)
                }
            case .change(let change):
                let id = change.alert.id
                if let order, lastOrders[id] == order {
                    tell(.ordersKept, "\(order.kind) by \(order.by) is carried out twice")
                }
                lastOrders[id] = order
                if let life = life(after: change, order, at: now) { keep(life, id, &touched) }
            }
        }
        for alert in entry.alerts where !(live[alert.id]?.agrees(with: alert) ?? false) {
            tell(
                .ordersKept,
                "an alert is stored as \(alert.state), which its changes do not add up to")
        }
        if let last = entry.records.last { waiting[last.sequence.rawValue] = touched }
    }

    mutating func settle(_ entry: LedgerEntry) {
        guard let last = entry.records.last else { return }
        for (id, life) in waiting.removeValue(forKey: last.sequence.rawValue) ?? [:] {
            durable[id] = life
        }
    }

    /// What was not durable never was.
    mutating func crash() {
        waiting = [:]
        lastOrders = [:]
        for (id, life) in live where durable[id] != life {
            versions[id] = versions[id]?.filter { $0.key <= durable[id]?.version ?? 0 }
        }
        live = durable
        ongoing = [:]
        for (id, life) in live where life.state != .resolved { ongoing[life.key] = id }
    }

    mutating func clockMoved() {
        for id in live.keys { live[id]?.isClockMoved = true }
        for id in durable.keys { durable[id]?.isClockMoved = true }
    }

    mutating func takeProblems() -> [Problem] {
        defer { problems = [] }
        return problems
    }

    // MARK: - One record

    private mutating func life(
        after event: Event, from wire: WireID, in entry: LedgerEntry
    ) -> Life? {
        guard let id = event.alert?.id else { return nil }
        let key = Key(
            person: FakePerson(event.draft, event.protocolID, on: wire), kind: event.kind,
            isTest: event.draft.isTest)
        if id == event.id {
            if !isBounded, ongoing[key] != nil {
                tell(.duplicateAlert, "\(event.kind) has a second alert while one is ongoing")
            }
            return Life(key: key)
        }
        guard var life = live[id] else {
            tell(.ordersKept, "event \(event.sequence) joins an alert that nobody opened")
            return nil
        }
        if life.key != key {
            tell(
                .peopleMixed, "event \(event.sequence), \(event.kind), joins somebody else's alert")
        }
        if life.state == .resolved {
            tell(.hiddenEvent, "event \(event.sequence) joins an alert that was ended")
        }
        let isRaised = entry.records.contains {
            $0.change?.alert.id == id && $0.change?.draft.kind == .raisedAgain
        }
        if !event.draft.isRestored, life.state != .open, !isRaised {
            tell(
                .hiddenEvent,
                "event \(event.sequence) is hidden behind an alert that is \(life.state)")
        }
        life.forgetParking()
        life.version += 1
        if !event.draft.isRestored { life.changedBy = nil }
        return life
    }

    private mutating func life(after change: Change, _ order: Order?, at now: Moment) -> Life? {
        guard var life = live[change.alert.id] else {
            tell(.ordersKept, "\(change.draft.kind) of an alert that nobody opened")
            return nil
        }
        let by = change.draft.by
        if change.version != life.version + 1 {
            tell(.ordersKept, "version \(change.version) follows version \(life.version)")
        }
        if life.state == .resolved, change.draft.kind != .noted {
            tell(.ordersKept, "\(change.draft.kind) of an alert that was ended")
        }
        if let owner = life.owner, let order, owner != by, !order.takesOver, order.kind != .note {
            tell(.ordersKept, "\(by) says \(order.kind) of an alert that \(owner) has")
        }
        if let order, let version = order.version, version != life.version, life.changedBy != by {
            let isHiding = order.kind == .resolve || order.kind == .park
            if isHiding || life.changedBy != nil || version > life.version {
                let rule: Rule = isHiding && life.changedBy == nil ? .hiddenEvent : .ordersKept
                tell(rule, "\(by) has seen version \(version) and changes \(life.version)")
            }
        }
        life.apply(change)
        if let until = change.draft.until {
            let span = TimeSpan(microseconds: until.microseconds - now.wall.microseconds)
            life.parking = Parking(due: now.monotonic + span, until: until)
            life.isClockMoved = false
        }
        return life
    }

    private mutating func keep(_ life: Life, _ id: UUIDv7, _ touched: inout [UUIDv7: Life]) {
        live[id] = life
        versions[id, default: [:]][life.version] = life
        touched[id] = life
        if life.state != .resolved {
            ongoing[life.key] = id
        } else if ongoing[life.key] == id {
            ongoing[life.key] = nil
        }
    }

    private mutating func tell(_ rule: Rule, _ sentence: String) {
        problems.append((rule, sentence))
    }
}

extension AlertBook.Life {
    fileprivate mutating func apply(_ change: Change) {
        version = change.version
        changedBy = change.draft.by
        switch change.draft.kind {
        case .acknowledged, .takenOver, .parked:
            owner = change.draft.by
            state = .acknowledged
            parking = nil
        case .attended:
            owner = change.draft.by
            state = .attended
            parking = nil
        case .released, .raisedAgain:
            owner = nil
            state = .open
            parking = nil
        case .resolved:
            state = .resolved
            parking = nil
        case .noted, .escalated, .restored: forgetParking()
        }
    }

    /// An alert says when it was changed last, not when it was put aside. Where somebody set the
    /// clock in between, a station that starts anew cannot say how long is left.
    fileprivate mutating func forgetParking() { if isClockMoved { parking = nil } }
}
