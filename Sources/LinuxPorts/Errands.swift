import AlarmModel
import Synchronization

/// Calls that may take long, each on a thread of its own, and what the loop does with what they
/// yield. On the loop thread but for the work itself.
final class Errands {
    private struct Awaited {
        var finish: () -> Void
        var forget: () -> Void
    }

    private let done: Inbox<UInt64>
    private let most: Int
    private var awaited: [UInt64: Awaited] = [:]
    private var lastTicket: UInt64 = 0

    /// - Parameter most: that run at a time.
    init(waking mailbox: Mailbox, most: Int = Limits.errandsMax) {
        self.most = most
        // Each that runs says once that it is done, so there is always room for that.
        done = Inbox(capacity: most, waking: mailbox)
    }

    deinit { for errand in awaited.values { errand.forget() } }

    /// Does `work` elsewhere, and `then` on the loop. False when it is not begun: no thread could
    /// be had, or as many run as may.
    ///
    /// - Parameter discard: what to do with the outcome when the loop is gone meanwhile.
    func run<Value: Sendable>(
        _ work: @escaping @Sendable () -> Value,
        orDiscard discard: @escaping @Sendable (Value) -> Void = { _ in },
        then: @escaping (Value) -> Void
    ) -> Bool {
        guard awaited.count < most else { return false }
        lastTicket += 1
        let (ticket, outcome, done) = (lastTicket, Outcome<Value>(discard), done)
        let isBegun = DetachedThread.run {
            outcome.give(work())
            _ = done.post(ticket)
        }
        guard isBegun else { return false }
        awaited[ticket] = Awaited(
            finish: { if let value = outcome.take() { then(value) } }, forget: outcome.forget)
        return true
    }

    /// Does on the loop what those that are done are followed by.
    func finish() {
        for ticket in done.takeAll() { awaited.removeValue(forKey: ticket)?.finish() }
    }
}

/// What a thread yields to a loop that may be gone by then.
private final class Outcome<Value: Sendable>: Sendable {
    private enum State {
        case awaited
        case given(Value)
        case unwanted
    }

    private let state = Mutex(State.awaited)
    private let discard: @Sendable (Value) -> Void

    init(_ discard: @escaping @Sendable (Value) -> Void) { self.discard = discard }

    func give(_ value: Value) {
        let isWanted = state.withLock { state in
            guard case .awaited = state else { return false }
            state = .given(value)
            return true
        }
        if !isWanted { discard(value) }
    }

    func take() -> Value? {
        state.withLock { state in
            guard case .given(let value) = state else { return nil }
            state = .unwanted
            return value
        }
    }

    func forget() {
        let value = state.withLock { state -> Value? in
            defer { state = .unwanted }
            if case .given(let value) = state { return value }
            return nil
        }
        if let value { discard(value) }
    }
}
