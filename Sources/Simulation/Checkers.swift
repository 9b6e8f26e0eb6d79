import AlarmModel
import StationCore
import WireProtocols

/// The rules that hold in every run, each under its name, and what has been seen of the run to
/// judge by. They look at the disk, the lines and the senders, never into the station.
struct Checkers {
    static let problemsMax = 8

    private(set) var problems: [String] = []
    private(set) var lastSequence: Sequence = 0
    private(set) var ledger = StoredRows()
    var alerts: AlertBook
    var folding: FoldingBook
    var storms = StormBook()
    /// By event, the alert that it says it belongs to.
    private var joined: [UUIDv7: UUIDv7] = [:]
    private var counts: [UUIDv7: Int] = [:]
    private var alarms: [Event] = []
    private var lastPublished: Sequence = 0
    private var publishedFingerprints: Set<UInt64> = []
    private var lastReceived = MonotonicTime(microseconds: 0)

    init(isBounded: Bool) {
        alerts = AlertBook(isBounded: isBounded)
        folding = FoldingBook(isBounded: isBounded)
    }

    mutating func report(_ rule: Rule, _ sentence: String) {
        guard problems.count < Self.problemsMax else { return }
        problems.append("\(rule.rawValue): \(sentence)")
    }

    mutating func reportAlertProblems() {
        for problem in alerts.takeProblems() { report(problem.rule, problem.sentence) }
    }

    // MARK: - The ledger

    mutating func durable(_ entries: [LedgerEntry]) {
        for entry in entries {
            let before = entry.alerts.map { counts[$0.id] ?? 0 }
            for record in entry.records { durable(record) }
            for (alert, before) in zip(entry.alerts, before) { durable(alert, before, in: entry) }
            alerts.settle(entry)
        }
    }

    private mutating func durable(_ record: Record) {
        if record.sequence != lastSequence.next {
            report(.sequenceGap, "record \(record.sequence) was stored behind \(lastSequence)")
        }
        lastSequence = record.sequence
        guard case .event(let event) = record else { return }
        if event.received.monotonic < lastReceived {
            report(.sequenceGap, "event \(event.sequence) was received before the one before it")
        }
        lastReceived = event.received.monotonic
        ledger.add(event)
        for told in storms.settle(event.sequence) { ledger.add(told) }
        folding.settle(event, on: event.wire.id)
        if event.priority < .information, !event.draft.isRestored { alarms.append(event) }
        if let alert = event.alert { joined[event.id] = alert.id }
    }

    private mutating func durable(_ alert: Alert, _ before: Int, in entry: LedgerEntry) {
        counts[alert.id] = alert.eventCount
        let joining = entry.records.compactMap(\.event).filter { $0.alert?.id == alert.id }
            .reduce(0) { $0 + Int($1.count) }
        if alert.eventCount != before + joining {
            report(
                .duplicateAlert,
                "an alert counts \(alert.eventCount) events when \(joining) more join \(before)")
        }
    }

    // MARK: - What the station says

    /// A reply went to a connection that `witness` has heard.
    mutating func sent(_ reply: [UInt8], to port: PortID, _ witness: Witness) {
        let isPrompt = witness.promptDebts.contains { $0.reply == reply }
        if witness.pay(reply, { ledger.holds($0, on: witness.wire) }) {
            guard witness.isUnnumbered, !witness.isShared, !isPrompt else { return }
            // Its sender takes it for the answer to what it said last.
            let other = witness.debts.last { $0.reply == reply }
            if let other, !ledger.holds(other, on: witness.wire) {
                report(
                    .replyBeforeDurable,
                    "\(port) may take an answer for that to a message that is not stored")
            }
            return
        }
        guard let debt = witness.debts.first(where: { $0.reply == reply }) else {
            return report(.replyBeforeDurable, "\(port) was sent a reply that nobody there awaits")
        }
        let held = debt.rows.count { ledger.holds($0, of: debt.fingerprint, on: witness.wire) }
        let rule: Rule = held == 0 ? .replyBeforeDurable : .hiddenEvent
        report(rule, "\(port) got its reply with \(held) of \(debt.rows.count) events stored")
    }

    mutating func published(_ record: Record) {
        if record.event?.kind.isTelemetry == true { return }
        if record.sequence > lastSequence {
            report(.replyBeforeDurable, "record \(record.sequence) was shown before it was stored")
        }
        if record.sequence != lastPublished.next {
            report(.sequenceGap, "record \(record.sequence) was shown behind \(lastPublished)")
        }
        lastPublished = record.sequence
        if let event = record.event { publishedFingerprints.insert(RunningHash.of(event.raw)) }
    }

    /// The station begins anew; in a new boot its clock does too.
    mutating func restarted(boot: BootID, isNewBoot: Bool) {
        lastPublished = lastSequence
        if isNewBoot { lastReceived = MonotonicTime(microseconds: 0) }
        alerts.crash()
        folding.restart(boot: boot, behind: lastSequence)
        storms.crash()
    }

    // MARK: - Senders

    /// - Parameter bound: the longest that an undisturbed press may take, when nothing is faulty.
    mutating func answered(_ press: FakePress, on port: PortID, within bound: TimeSpan?) {
        guard let bound, press.isAnswerCertain, let sent = press.sentAt,
            let answered = press.answeredAt
        else { return }
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
    mutating func judge(
        _ presses: [(press: FakePress, wires: Set<WireID>)], open: [FakePress]
    ) {
        for press in open {
            report(.liveness, "a press of \(press.name) was never answered")
        }
        for (press, wires) in presses { judge(press, wires) }
        for event in alarms
        where !(joined[event.id].map { alerts.durable[$0] != nil } ?? false) {
            report(.acknowledgedLost, "event \(event.sequence), \(event.kind), is in no alert")
        }
    }

    /// Behind the end of all ports.
    mutating func judgeStorms() {
        if !storms.isEmpty { report(.acknowledgedLost, "gathered presses never became a row") }
    }

    private mutating func judge(_ press: FakePress, _ wires: Set<WireID>) {
        for kind in press.kinds where !press.rows.contains(where: { $0.kind == kind }) {
            report(.hiddenEvent, "a message of \(press.name) does not say \(kind)")
        }
        guard press.isAnswerCertain else { return }
        for row in press.rows {
            if !wires.contains(where: { ledger.holds(row, on: $0) }) {
                report(.acknowledgedLost, "\(row.kind) was answered and is not in the ledger")
            }
        }
    }

    /// Every one of `count` frames of these senders is an event.
    mutating func judgeFlood(of addresses: [ShortText], count: Int) {
        let stored = addresses.reduce(0) { $0 + ledger.count(of: $1) }
        if stored != count {
            report(.acknowledgedLost, "of a flood of \(count) presses \(stored) were stored")
        }
    }
}
