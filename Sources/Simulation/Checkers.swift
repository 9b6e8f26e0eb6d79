import AlarmModel
import StationCore

/// The rules that hold in every run, each under its name, and what has been seen of the run to
/// judge by. They look at the disk, the lines and the senders, never into the station.
struct Checkers {
    static let problemsMax = 8

    private(set) var problems: [String] = []
    private(set) var lastSequence: Sequence = 0
    private(set) var ledger = StoredRows()
    private var alerts: [UUIDv7: Alert] = [:]
    private var ongoing: [Alert.Key: UUIDv7] = [:]
    private var joined: Set<UUIDv7> = []
    private var alarms: [Event] = []
    private var lastPublished: Sequence = 0
    private var publishedFingerprints: Set<UInt64> = []
    private var lastReceived = MonotonicTime(microseconds: 0)

    mutating func report(_ rule: Rule, _ sentence: String) {
        guard problems.count < Self.problemsMax else { return }
        problems.append("\(rule.rawValue): \(sentence)")
    }

    // MARK: - The ledger

    mutating func durable(_ entries: [LedgerEntry]) {
        for entry in entries {
            switch entry {
            case .event(let event): durable(event)
            case .alert(let alert, let joinedBy): durable(alert, joinedBy)
            }
        }
    }

    private mutating func durable(_ event: Event) {
        if event.sequence != lastSequence.next {
            report(.sequenceGap, "event \(event.sequence) was stored behind \(lastSequence)")
        }
        if event.received.monotonic < lastReceived {
            report(.sequenceGap, "event \(event.sequence) was received before the one before it")
        }
        lastReceived = event.received.monotonic
        lastSequence = event.sequence
        ledger.add(event)
        if event.priority < .information, !event.draft.isRestored { alarms.append(event) }
    }

    private mutating func durable(_ alert: Alert, _ joinedBy: UUIDv7?) {
        if let other = ongoing[alert.key], other != alert.id {
            report(.duplicateAlert, "\(alert.kind) has a second alert while one is ongoing")
        }
        ongoing[alert.key] = alert.state == .resolved ? nil : alert.id
        let before = alerts[alert.id]?.eventCount ?? 0
        alerts[alert.id] = alert
        guard let joinedBy else { return }
        joined.insert(joinedBy)
        if alert.eventCount != before + 1 {
            report(
                .duplicateAlert,
                "an alert counts \(alert.eventCount) events when one more joins \(before)")
        }
        if ledger.lastID != joinedBy {
            report(.sequenceGap, "an alert was joined by an event that is not the last stored")
        }
    }

    // MARK: - What the station says

    /// A reply went to a connection that `witness` has heard.
    mutating func sent(_ reply: [UInt8], to port: PortID, _ witness: Witness) {
        if witness.pay(reply, ledger.holds) { return }
        guard let debt = witness.debts.first(where: { $0.reply == reply }) else {
            return report(.replyBeforeDurable, "\(port) was sent a reply that nobody there awaits")
        }
        let held = debt.rows.count(where: { ledger.holds($0, of: debt.fingerprint) })
        let rule: Rule = held == 0 ? .replyBeforeDurable : .hiddenEvent
        report(rule, "\(port) got its reply with \(held) of \(debt.rows.count) events stored")
    }

    mutating func published(_ event: Event) {
        guard !event.kind.isTelemetry else { return }
        if event.sequence > lastSequence {
            report(.replyBeforeDurable, "event \(event.sequence) was shown before it was stored")
        }
        if event.sequence != lastPublished.next {
            report(.sequenceGap, "event \(event.sequence) was shown behind \(lastPublished)")
        }
        lastPublished = event.sequence
        publishedFingerprints.insert(event.fingerprint)
    }

    /// An operator was told that an order is stored.
    mutating func answered(_ alert: Alert) {
        if alerts[alert.id] == nil {
            report(.replyBeforeDurable, "an operator was answered before the order was stored")
        }
    }

    mutating func restarted() { lastPublished = lastSequence }

    // MARK: - Senders

    /// - Parameter bound: the longest that an undisturbed press may take, when nothing is faulty.
    mutating func answered(_ press: FakePress, on port: PortID, within bound: TimeSpan?) {
        guard let bound, let sent = press.sentAt, let answered = press.answeredAt else { return }
        if answered - sent > bound {
            let late = (answered - sent).microseconds / 1_000
            report(.lateness, "a press on \(port) was answered after \(late) ms")
        }
        if !press.rows.isEmpty, !publishedFingerprints.contains(RunningHash.of(press.frame)),
            press.rows.contains(where: { $0.heldBit == nil })
        {
            report(.lateness, "a press on \(port) was answered and not shown")
        }
    }

    /// The end of a run in which every sender had time enough.
    mutating func judge(_ presses: [FakePress], open: [FakePress]) {
        for press in open {
            report(.liveness, "a press of \(press.name) was never answered")
        }
        judgeRows(presses)
        for event in alarms where !joined.contains(event.id) {
            report(.acknowledgedLost, "event \(event.sequence), \(event.kind), is in no alert")
        }
    }

    private mutating func judgeRows(_ presses: [FakePress]) {
        var expected: [RowKey: (count: Int, total: Int, isDisturbed: Bool)] = [:]
        var order: [RowKey] = []
        for press in presses {
            for kind in press.kinds where !press.rows.contains(where: { $0.kind == kind }) {
                report(.hiddenEvent, "a message of \(press.name) does not say \(kind)")
            }
            for row in press.rows where row.heldBit == nil {
                let key = RowKey(row)
                var entry = expected[key] ?? (0, 0, false)
                if entry.total == 0 { order.append(key) }
                entry.total += 1
                if press.isAnswerCertain { entry.count += 1 }
                if press.isDisturbed { entry.isDisturbed = true }
                expected[key] = entry
            }
        }
        for key in order {
            guard let wanted = expected[key] else { continue }
            let stored = ledger.fingerprints(of: key)
            if stored.isEmpty, wanted.count > 0 {
                report(.acknowledgedLost, "\(key) was answered and is not in the ledger")
            } else if stored.count < wanted.count {
                report(
                    .hiddenEvent,
                    "\(key) was pressed \(wanted.total) times and stored "
                        + "\(stored.count) times")
            }
            judgeCopies(of: key, stored, wanted.total, isDisturbed: wanted.isDisturbed)
        }
    }

    /// The same bytes may be stored once for each press. Where the wire has neither number nor
    /// time, a resend that is not simply the next line in time may count as a new press.
    private mutating func judgeCopies(
        of key: RowKey, _ stored: [UInt64], _ presses: Int, isDisturbed: Bool
    ) {
        guard stored.count > presses else { return }
        if key.serial == nil, isDisturbed { return }
        let copies = stored.map { print in stored.count { $0 == print } }.max() ?? 0
        if copies > presses {
            report(
                .duplicateAlert, "\(key) was pressed \(presses) times and stored \(copies) times")
        }
    }

    /// Every one of `count` frames of this sender is an event.
    mutating func judgeFlood(of address: ShortText, count: Int) {
        let stored = ledger.count(of: address)
        if stored != count {
            report(.acknowledgedLost, "of a flood of \(count) presses \(stored) were stored")
        }
    }
}
