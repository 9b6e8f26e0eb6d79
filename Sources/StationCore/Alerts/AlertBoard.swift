import AlarmModel

/// The alerts that no person has ended, by their id: which event opens one, which joins, and what
/// an order does to one.
///
/// The bound refuses nothing and mixes nothing: beyond it the gravest stay, and an alert that is
/// not on the board is opened and stored like any other. Later events of its subject then open one
/// more, and an order brings it along as the ledger has it.
struct AlertBoard {
    /// Of alerts that are ongoing there is one per key. A test and a real press are never one.
    private struct Key: Hashable {
        var subject: Subject
        var kind: EventKind
        var isTest: Bool

        init(_ subject: Subject, _ kind: EventKind, isTest: Bool) {
            self.subject = subject
            self.kind = kind
            self.isTest = isTest
        }
    }

    /// What an event does to the board.
    enum Admission {
        /// It concerns nobody's work.
        case none
        case opened(Alert)
        /// The alert behind the event, and what the station has to say about it.
        case joined(Alert, [ChangeDraft])
    }

    /// What an order does.
    enum Verdict {
        /// The alert as it is then.
        case changed(Alert)
        /// The same order again: it is as asked for already.
        case already(Alert)
        case conflict(Alert)
        case notAtHand
        /// Why not, in a sentence for the operator.
        case refused(String)
    }

    /// By rank of priority, in the order in which they came on the board.
    private var ranks: [RecencyBook<UUIDv7, Alert>]
    private var keys: [Key: UUIDv7] = [:]
    /// As they were left: alerts that were ended or gave way, and what orders have done to others.
    private var recent = RecencyBook<UUIDv7, Alert>()
    /// Put aside, and not on the board: nobody but the station will think of them in time.
    private var parked: [UUIDv7: Alert] = [:]
    /// What was carried out last, until the alert changes otherwise: the same order again does
    /// nothing.
    private var lastOrders = RecencyBook<UUIDv7, Order>()
    private let identity: (ProtocolID) -> Identity
    private let most: Int

    /// - Parameters:
    ///   - ongoing: what the ledger holds, the gravest and the oldest first.
    ///   - most: alerts on the board.
    ///   - identity: how far the addresses of a protocol tell people apart.
    init(
        _ ongoing: [Alert], most: Int = Limits.ongoingAlertsMax,
        identity: @escaping (ProtocolID) -> Identity
    ) {
        ranks = Priority.allCases.map { _ in RecencyBook() }
        self.most = most
        self.identity = identity
        for alert in ongoing { keep(alert) }
    }

    var count: Int { ranks.reduce(0) { $0 + $1.count } }

    /// Nobody has taken it, and nobody has ended it.
    func isOpen(_ reference: AlertReference) -> Bool { self[reference.id]?.state == .open }

    /// The alert if it is on the board.
    subscript(id: UUIDv7) -> Alert? {
        for rank in ranks.indices { if let alert = ranks[rank][id] { return alert } }
        return nil
    }

    /// Whether such an event would be no news to anybody who works: it would join an alert that is
    /// open, end a condition of one, or concerns no alert.
    func isNoNews(_ draft: WordedDraft, of subject: Subject) -> Bool {
        guard draft.kind.priority < .information, !draft.isRestored else { return true }
        let id = keys[Key(subject, draft.kind, isTest: draft.isTest)]
        return id.flatMap { self[$0]?.state } == .open
    }

    /// A new press on an alert that somebody has taken raises it again: it must not be hidden
    /// behind the first.
    mutating func admit(_ event: Event) -> Admission {
        let opened = Alert(openedBy: event)
        let subject = Subject(of: event, identity(event.protocolID))
        let key = Key(subject, opened.kind, isTest: opened.isTest)
        guard let id = keys[key], var alert = self[id] else {
            guard event.kind.priority < .information, !event.draft.isRestored else {
                return .none
            }
            keep(opened)
            return .opened(opened)
        }
        let wasRestored = alert.isRestored
        alert.join(event)
        lastOrders.remove(id)
        var changes: [ChangeDraft] = []
        if event.draft.isRestored {
            if alert.isRestored, !wasRestored { changes.append(ChangeDraft(.restored)) }
        } else if alert.state != .open {
            changes.append(ChangeDraft(.raisedAgain))
        }
        replace(alert)
        return .joined(alert, changes)
    }

    /// What the station itself does to an alert that is on the board or put aside; nil when it is
    /// neither.
    mutating func apply(_ change: ChangeDraft, to id: UUIDv7, at now: WallTime) -> Alert? {
        guard var alert = self[id] ?? parked[id] else { return nil }
        alert.apply(change, at: now)
        lastOrders.remove(id)
        keepAsIs(alert)
        return alert
    }

    /// A person's word.
    ///
    /// - Parameter stored: the alert as the ledger has it, for one that is not at hand.
    mutating func carryOut(
        _ order: Order, on id: UUIDv7, stored: Alert?, at now: WallTime
    ) -> Verdict {
        guard var alert = self[id] ?? parked[id] ?? recent[id] ?? stored, alert.id == id else {
            return .notAtHand
        }
        if lastOrders[id] == order || order.isCarriedOut(on: alert) { return .already(alert) }
        guard order.isPossible(on: alert) else { return .conflict(alert) }
        if order.kind == .park, self[id] == nil, parked[id] == nil,
            parked.count >= Limits.recentAlertsMax
        {
            return .refused(
                "\(parked.count) alerts are put aside already, which is all that the station can "
                    + "think of; acknowledge this one instead")
        }
        alert.apply(order.change, at: now)
        lastOrders[id] = order
        if lastOrders.count > Limits.recentAlertsMax { lastOrders.removeOldest() }
        keepAsIs(alert)
        return .changed(alert)
    }

    /// Where it was found it is put back: on the board, or beside it.
    private mutating func keepAsIs(_ alert: Alert) {
        if self[alert.id] == nil { note(alert) } else { replace(alert) }
    }

    private mutating func keep(_ alert: Alert) {
        if count >= most {
            // The newest of the least grave gives way, unless that is this one.
            guard let rank = ranks.indices.last(where: { ranks[$0].count > 0 }),
                rank > alert.priority.rank, let victim = ranks[rank].newest
            else {
                if alert.parkedUntil != nil { note(alert) }
                return
            }
            drop(victim.value)
        }
        ranks[alert.priority.rank][alert.id] = alert
        keys[key(of: alert)] = alert.id
    }

    /// Precondition: it is on the board.
    private mutating func replace(_ alert: Alert) {
        let rank = alert.priority.rank
        if alert.state == .resolved { return drop(alert) }
        if ranks[rank].update(alert.id, { $0 = alert }) { return }
        for other in ranks.indices { ranks[other].remove(alert.id) }
        ranks[rank][alert.id] = alert
    }

    private mutating func drop(_ alert: Alert) {
        for rank in ranks.indices { ranks[rank].remove(alert.id) }
        if keys[key(of: alert)] == alert.id { keys[key(of: alert)] = nil }
        note(alert)
    }

    private mutating func note(_ alert: Alert) {
        let isParked = alert.parkedUntil != nil
        parked[alert.id] = isParked ? alert : nil
        recent[alert.id] = isParked ? nil : alert
        if recent.count > Limits.recentAlertsMax { recent.removeOldest() }
    }

    private func key(of alert: Alert) -> Key {
        Key(Subject(of: alert, identity(alert.protocolID)), alert.kind, isTest: alert.isTest)
    }
}

extension Order {
    /// The alert is as this order wants it, by the same person's word: saying it twice does
    /// nothing.
    fileprivate func isCarriedOut(on alert: Alert) -> Bool {
        switch kind {
        case .acknowledge, .takeover:
            alert.owner == by && alert.state != .open && alert.state != .resolved
                && alert.parkedUntil == nil
        case .release: alert.state == .open && alert.changedBy == by
        case .park: alert.owner == by && until != nil && alert.parkedUntil == until
        case .attend, .note: false
        case .resolve:
            alert.state == .resolved && alert.changedBy == by && alert.outcome == outcome
        }
    }

    /// Nobody was quicker.
    fileprivate func isPossible(on alert: Alert) -> Bool {
        if let version, version != alert.version, alert.changedBy != by {
            // Whoever takes an alert has what was pressed meanwhile as well. Whoever ends it, or
            // puts it aside, has not seen that press.
            let isPressed = version < alert.version && alert.changedBy == nil
            guard isPressed, kind != .resolve, kind != .park else { return false }
        }
        if alert.state == .resolved { return kind == .note }
        if let owner = alert.owner, owner != by, kind != .note { return takesOver }
        return kind != .release || alert.owner == by
    }
}
