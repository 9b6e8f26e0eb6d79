import AlarmModel
import Testing

@testable import StationCore

@Suite("The alert board")
struct AlertBoardTests {
    private static let now = WallTime(microseconds: 1_795_253_158_000_000)

    private func event(
        _ number: Int64, _ kind: EventKind = .sos, address: ShortText? = nil,
        restored: Bool = false
    ) -> Event {
        var draft = WordedDraft(kind, address: address ?? ShortText(decimal: number))
        draft.isRestored = restored
        return Event(
            id: UUIDv7(high: UInt64(number), low: 1), sequence: Sequence(rawValue: number),
            protocolID: "surgard", wire: Wire("port"), received: Bench.start,
            priority: draft.priority, draft: draft, raw: [])
    }

    private func board(_ ongoing: [Alert] = [], most: Int = 100) -> AlertBoard {
        AlertBoard(ongoing, most: most) { _ in Identity(.port) }
    }

    private func open(_ number: Int64, _ kind: EventKind = .sos) -> (AlertBoard, Alert) {
        var board = board()
        guard case .opened(let alert) = board.admit(event(number, kind)) else {
            preconditionFailure("\(kind) opens an alert")
        }
        return (board, alert)
    }

    private func changed(_ verdict: AlertBoard.Verdict) -> Alert? {
        if case .changed(let alert) = verdict { alert } else { nil }
    }

    private func isConflict(_ verdict: AlertBoard.Verdict) -> Bool {
        if case .conflict = verdict { true } else { false }
    }

    private func isAlready(_ verdict: AlertBoard.Verdict) -> Bool {
        if case .already = verdict { true } else { false }
    }

    // MARK: - Events

    @Test("What informs opens nothing, and neither does the end of what nobody knows")
    func openNothing() {
        var board = board()
        for event in [event(1, .test), event(2, .sos, restored: true)] {
            guard case .none = board.admit(event) else {
                Issue.record("\(event.kind) opened an alert")
                return
            }
        }
        #expect(board.count == 0)
    }

    @Test("The gravest event gives the alert its priority, and its place on the board")
    func graver() throws {
        var board = board()
        var mild = event(1, .unknown, address: "7")
        mild.priority = .trouble
        _ = board.admit(mild)
        guard case .joined(let alert, let changes) = board.admit(event(2, .unknown, address: "7"))
        else { return #expect(Bool(false), "the second joins") }
        #expect(alert.priority == .warning && alert.eventCount == 2 && changes.isEmpty)
        #expect(board.count == 1 && board[alert.id] == alert)
    }

    // MARK: - Orders

    @Test("An alert has one owner, who gives it back or loses it to one who says so")
    func owners() throws {
        var (board, alert) = open(1)
        func order(_ order: Order) -> AlertBoard.Verdict {
            board.carryOut(order, on: alert.id, stored: nil, at: Self.now)
        }
        let taken = try #require(changed(order(Order(.acknowledge, by: "a"))))
        #expect(taken.owner == "a" && taken.state == .acknowledged && taken.version == 2)
        #expect(taken.firstAnsweredAt == Self.now && taken.ownedSince == Self.now)
        #expect(isAlready(order(Order(.acknowledge, by: "a", version: 1))))
        for kind in [Order.Kind.acknowledge, .release, .park, .attend, .resolve] {
            let verdict = order(Order(kind, by: "b", until: Self.now))
            #expect(isConflict(verdict), "\(kind)")
        }
        #expect(changed(order(Order(.note, by: "b", note: "her daughter called"))) != nil)
        let lost = try #require(changed(order(Order(.takeover, by: "b"))))
        #expect(lost.owner == "b" && lost.changedBy == "b")
        #expect(isConflict(order(Order(.acknowledge, by: "a"))))
        let free = try #require(changed(order(Order(.release, by: "b"))))
        #expect(free.owner == nil && free.state == .open)
        #expect(isAlready(order(Order(.release, by: "b"))))
        let again = try #require(changed(order(Order(.attend, by: "a", responder: "night"))))
        #expect(again.owner == "a" && again.state == .attended)
        #expect(again.firstAnsweredAt == Self.now, "set once")
        #expect(isAlready(order(Order(.acknowledge, by: "a"))), "who is there has it")
        let ended = try #require(changed(order(Order(.resolve, by: "a", outcome: .help))))
        #expect(ended.state == .resolved && ended.outcome == .help && board.count == 0)
        #expect(isAlready(order(Order(.resolve, by: "a", outcome: .help))))
        #expect(isConflict(order(Order(.resolve, by: "b"))))
        #expect(isConflict(order(Order(.acknowledge, by: "a"))))
    }

    @Test("Who saw an older alert than there is does nothing to it, unless it was himself")
    func versions() {
        var (board, alert) = open(1)
        func order(_ kind: Order.Kind, by: String, version: Int) -> AlertBoard.Verdict {
            board.carryOut(
                Order(kind, by: by, version: version), on: alert.id, stored: nil, at: Self.now)
        }
        #expect(isConflict(order(.acknowledge, by: "a", version: 5)))
        #expect(changed(order(.note, by: "a", version: 1)) != nil)
        #expect(isConflict(order(.acknowledge, by: "b", version: 1)))
        #expect(changed(order(.acknowledge, by: "a", version: 1)) != nil, "the note was his own")
        #expect(changed(order(.resolve, by: "a", version: 3)) != nil)
    }

    @Test("The same order twice does nothing twice, whatever it is", arguments: Order.Kind.allCases)
    func twice(kind: Order.Kind) {
        var (board, alert) = open(1)
        if kind == .release {
            _ = board.carryOut(
                Order(.acknowledge, by: "a"), on: alert.id, stored: nil, at: Self.now)
        }
        let order = Order(
            kind, by: "a", version: kind == .release ? 2 : 1, note: "n", until: Self.now,
            responder: "r", stage: "s", outcome: .help)
        let first = board.carryOut(order, on: alert.id, stored: nil, at: Self.now)
        let second = board.carryOut(order, on: alert.id, stored: nil, at: Self.now)
        #expect(changed(first) != nil)
        guard case .already(let same) = second else {
            return #expect(Bool(false), "\(kind) twice is \(second)")
        }
        #expect(same == changed(first))
    }

    @Test("A new press raises a taken alert again and frees it, and an old view of it is told so")
    func raisedAgain() throws {
        var (board, alert) = open(1)
        let take = Order(.acknowledge, by: "a")
        _ = board.carryOut(take, on: alert.id, stored: nil, at: Self.now)
        var press = event(2)
        press.draft.address = "1"
        guard case .joined(let joined, let changes) = board.admit(press) else {
            return #expect(Bool(false), "a second press joins")
        }
        #expect(joined.eventCount == 2 && changes == [ChangeDraft(.raisedAgain)])
        let raised = board.apply(changes[0], to: alert.id, at: Self.now)
        #expect(raised?.state == .open && raised?.owner == nil)
        let late = Order(.resolve, by: "a", version: 2)
        #expect(isConflict(board.carryOut(late, on: alert.id, stored: nil, at: Self.now)))
        #expect(changed(board.carryOut(take, on: alert.id, stored: nil, at: Self.now)) != nil)
    }

    @Test("Nobody ends, or puts aside, a press that he has not seen; whoever takes it has it too")
    func unseenPress() {
        var (board, alert) = open(1)
        func order(_ kind: Order.Kind, by: String, version: Int) -> AlertBoard.Verdict {
            board.carryOut(
                Order(kind, by: by, version: version, note: "n", until: Self.now), on: alert.id,
                stored: nil, at: Self.now)
        }
        #expect(changed(order(.note, by: "a", version: 1)) != nil)
        var press = event(2)
        press.draft.address = "1"
        guard case .joined(let joined, let changes) = board.admit(press) else {
            return #expect(Bool(false), "a second press joins")
        }
        #expect(joined.version == 3 && joined.state == .open && changes.isEmpty)
        for kind in [Order.Kind.resolve, .park] {
            #expect(isConflict(order(kind, by: "a", version: 2)), "\(kind): his note was before it")
            #expect(isConflict(order(kind, by: "b", version: 1)), "\(kind)")
        }
        #expect(isConflict(order(.acknowledge, by: "a", version: 4)), "nobody has seen that")
        #expect(changed(order(.acknowledge, by: "a", version: 2))?.version == 4)
        #expect(changed(order(.resolve, by: "a", version: 4)) != nil)
    }

    @Test("Who claims the number on another wire does not say that it is over")
    func strangersRestoral() {
        var board = AlertBoard([]) { _ in Identity(.global) }
        func admit(_ number: Int64, peer: String, restored: Bool) -> AlertBoard.Admission {
            var event = event(number, .powerLost, address: "1", restored: restored)
            event.wire.peer = peer
            return board.admit(event)
        }
        _ = admit(1, peer: "192.0.2.7:1000", restored: false)
        guard case .joined(let alert, let changes) = admit(2, peer: "192.0.2.8:1", restored: true)
        else { return #expect(Bool(false), "it joins") }
        #expect(!alert.isRestored && changes.isEmpty)
        guard case .joined(let own, let said) = admit(3, peer: "192.0.2.7:2", restored: true)
        else { return #expect(Bool(false), "it joins") }
        #expect(own.isRestored && said == [ChangeDraft(.restored)])
    }

    // MARK: - The bound

    @Test("Beyond the bound nothing is refused and nothing mixed, and the gravest stay")
    func bound() {
        var board = board(most: 3)
        var alerts: [Alert] = []
        for number in Int64(1)...6 {
            let kind: EventKind = number <= 4 ? .deviceFault : .sos
            guard case .opened(let alert) = board.admit(event(number, kind)) else {
                return #expect(Bool(false), "the bound refuses nothing")
            }
            alerts.append(alert)
        }
        #expect(board.count == 3)
        #expect(alerts.map { board[$0.id] != nil } == [true, false, false, false, true, true])
        // Each can be worked on, at hand or as the ledger has it.
        let order = Order(.resolve, by: "a")
        let unknown = UUIDv7(high: 9, low: 9)
        guard case .notAtHand = board.carryOut(order, on: unknown, stored: nil, at: Self.now) else {
            return #expect(Bool(false), "an alert that nobody knows")
        }
        for alert in alerts {
            let verdict = board.carryOut(order, on: alert.id, stored: alert, at: Self.now)
            #expect(changed(verdict)?.id == alert.id)
            // The ledger may still show it as it was.
            #expect(isAlready(board.carryOut(order, on: alert.id, stored: alert, at: Self.now)))
        }
        #expect(board.count == 0)
    }

    @Test("Of more ongoing alerts than the board holds it takes the gravest and oldest")
    func recovered() {
        let alerts = (Int64(1)...5).map { Alert(openedBy: event($0)) }
        let board = board(alerts, most: 3)
        #expect(alerts.map { board[$0.id] != nil } == [true, true, true, false, false])
    }
}
