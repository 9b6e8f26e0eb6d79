import AlarmModel
import StationCore

/// What several desks say of the alerts, and what they are answered.
extension Scenario {
    private static let closingDesk = "desk 9"
    private static let closedAtOnce = 100

    // MARK: - Orders

    /// One of the operators says something about some alert: mostly about one that is ongoing, as
    /// it is or as it was a while ago.
    func giveOrder() {
        orderAt = clock.now.monotonic + random.span(.milliseconds(200)...(.seconds(8)))
        guard restartAt == nil, !ledger.allAlerts.isEmpty else { return }
        // A desk that has heard no answer says it once more.
        if let last = desk.lastGiven, random.chance(150) { return give(last.order, on: last.id) }
        let ongoing = ledger.ongoingAlerts
        let isOld = ongoing.isEmpty || random.chance(80)
        let id = isOld ? random.pick(ledger.allAlerts) : random.pick(ongoing).id
        guard let alert = ledger.alert(id) else { return }
        give(order(about: alert), on: id)
        // Whoever is in need does not wait until it suits the desk.
        guard random.chance(400) else { return }
        for index in ports.indices where ports[index].profile.wire.portID == alert.wire.portID {
            ports[index].device.pressAgain(alert.address, at: clock.now)
            takeOutcomes(index)
        }
    }

    private func order(about alert: Alert) -> Order {
        let kinds: [Order.Kind] =
            Order.Kind.allCases + [.acknowledge, .acknowledge, .resolve, .resolve]
        var order = Order(
            random.pick(kinds), by: random.pick(FakeDesk.names), takesOver: random.chance(200))
        switch random.below(10) {
        case 0...4: order.version = alert.version
        case 5...6: order.version = max(1, alert.version - 1)
        default: break
        }
        switch order.kind {
        case .park:
            let span = random.span(.seconds(5)...(.seconds(60)))
            let until = stationNow.wall.microseconds + span.microseconds
            order.until = WallTime(microseconds: until)
        case .note: order.note = "said \(random.below(3))"
        case .resolve: order.outcome = random.pick(AlertOutcome.allCases)
        default: break
        }
        return order
    }

    private func give(_ order: Order, on id: UUIDv7) {
        let token = desk.give(order, on: id)
        note(14, Int64(token), "\(order.by) says \(order.kind.rawValue)")
        tellStation(order, on: id, stored: nil, token)
    }

    /// The station had the alert not at hand: the desk has looked it up.
    func giveSecondOrder() {
        guard let (again, given) = desk.nextAgain() else { return }
        note(18, Int64(again.token), "\(given.order.by) brings the alert along")
        tellStation(given.order, on: given.id, stored: again.stored, again.token)
    }

    private func tellStation(_ order: Order, on id: UUIDv7, stored: Alert?, _ token: UInt64) {
        var said = order
        if planted == .everybodyTakesOver { said.takesOver = true }
        if planted == .versionForgotten { said.version = nil }
        station.handle(.order(said, on: id, stored: stored, token: token), at: stationNow)
        account(for: perform(), order: order)
    }

    // MARK: - Answers

    func orderAnswered(_ token: UInt64, _ outcome: OrderOutcome) {
        guard let given = desk.answered(token) else {
            return checkers.report(.ordersKept, "an order is answered that nobody waits for")
        }
        switch outcome {
        case .done(let alert): checkers.judge(given, done: alert)
        case .conflict(let alert): checkers.judge(given, conflict: alert)
        case .refused, .unstored, .busy: break
        case .notAtHand: bringAlong(given, token)
        }
    }

    private func bringAlong(_ given: FakeDesk.Given, _ token: UInt64) {
        guard var stored = ledger.alert(given.id) else { return }
        guard !given.isSecond, planted != .notAtHandGivenUp else {
            return checkers.report(
                .ordersKept, "\(given.order.kind) on a stored alert ends in: there is none")
        }
        if planted == .otherAlertBrought, let other = ledger.ongoingAlerts.first { stored = other }
        desk.comeAgain(
            token, given, with: stored,
            at: clock.now.monotonic + random.span(.milliseconds(0)...(.milliseconds(50))))
    }

    // MARK: - End

    /// Somebody takes and ends all that is left, on the board or beyond it.
    ///
    /// - Returns: false when nothing is left, or nothing that was not tried before.
    func closeAlerts() -> Bool {
        let left = ledger.ongoingAlerts.filter { $0.changedBy != Self.closingDesk }
        note(19, Int64(left.count), "\(left.count) alerts are ended")
        for alert in left.prefix(Self.closedAtOnce) {
            give(Order(.acknowledge, by: Self.closingDesk, takesOver: true), on: alert.id)
            give(
                Order(.resolve, by: Self.closingDesk, outcome: .help, takesOver: true),
                on: alert.id)
        }
        return !left.isEmpty
    }

    func judgeParking() {
        let next = checkers.alerts.nextRaising(at: clock.asTold)
        if let next, next < clock.now.monotonic {
            checkers.report(.silentlyLate, "an alert that was put aside was never raised again")
        }
    }

    func judgeOrders() {
        if !desk.open.isEmpty {
            checkers.report(.liveness, "\(desk.open.count) orders were never answered")
        }
        let left = checkers.alerts.ongoingCount
        if left > 0 { checkers.report(.ordersKept, "\(left) alerts could not be ended") }
    }
}

extension Checkers {
    /// An operator was told that an order is carried out.
    mutating func judge(_ given: FakeDesk.Given, done alert: Alert) {
        guard let durable = alerts.durable[given.id], durable.version >= alert.version,
            alert.id == given.id
        else {
            let rule: Rule = alert.id == given.id ? .replyBeforeDurable : .ordersKept
            return report(rule, "\(given.order.kind) was answered before it was stored")
        }
        if !given.order.isDone(alert) || !isTrue(alert) {
            report(.ordersKept, "\(given.order.kind) by \(given.order.by) is done and is not so")
        }
    }

    /// An operator was told that somebody else was quicker.
    mutating func judge(_ given: FakeDesk.Given, conflict alert: Alert) {
        if alert.id != given.id || !isTrue(alert) {
            report(.ordersKept, "a conflict over \(given.order.kind) tells what is not so")
        } else if alerts.durable[given.id]?.version ?? 0 < alert.version {
            report(.replyBeforeDurable, "a conflict tells of an order that is not stored")
        }
        let order = given.order
        let isOwned = alert.owner.map { $0 != order.by } ?? (order.kind == .release)
        let isOld = order.version.map { $0 != alert.version } ?? false
        if alert.state != .resolved, !isOwned, !isOld {
            report(.ordersKept, "\(order.kind) by \(order.by) is refused for no reason")
        }
    }

    private func isTrue(_ alert: Alert) -> Bool {
        alerts.life(alert.id, version: alert.version)?.agrees(with: alert) ?? false
    }
}

extension Order {
    /// The alert is as this order wants it.
    fileprivate func isDone(_ alert: Alert) -> Bool {
        switch kind {
        // Who is on the way, or there, has it already.
        case .acknowledge, .takeover:
            alert.owner == by && [.acknowledged, .attended].contains(alert.state)
        case .release: alert.owner == nil && alert.state == .open
        case .park: alert.owner == by && alert.parkedUntil == until
        case .attend: alert.owner == by && alert.state == .attended
        case .resolve: alert.state == .resolved && alert.outcome == outcome
        case .note: true
        }
    }
}
