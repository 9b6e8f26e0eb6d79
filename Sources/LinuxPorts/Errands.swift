import AlarmModel
import Synchronization

/// Calls that may take long, each on a thread of its own, and what the loop does with what they
/// yield. On the loop thread but for the work itself.
final class Errands {
    private final class Answer<Value: Sendable>: Sendable {
        private let value = Mutex<Value?>(nil)

        func give(_ new: Value) { value.withLock { $0 = new } }
        func take() -> Value? { value.withLock { $0.take() } }
    }

    private let done: Inbox<UInt64>
    private var awaited: [UInt64: () -> Void] = [:]
    private var lastTicket: UInt64 = 0

    init(waking mailbox: Mailbox) {
        // Each that runs says once that it is done, so there is always room for that.
        done = Inbox(capacity: Limits.errandsMax, waking: mailbox)
    }

    /// Does `work` elsewhere, and `then` on the loop. False when it is not begun: no thread could
    /// be had, or ``Limits/errandsMax`` run already.
    func run<Value: Sendable>(
        _ work: @escaping @Sendable () -> Value, then: @escaping (Value) -> Void
    ) -> Bool {
        guard awaited.count < Limits.errandsMax else { return false }
        lastTicket += 1
        let (ticket, answer, done) = (lastTicket, Answer<Value>(), done)
        let isBegun = DetachedThread.run {
            answer.give(work())
            _ = done.post(ticket)
        }
        guard isBegun else { return false }
        awaited[ticket] = { if let value = answer.take() { then(value) } }
        return true
    }

    /// Does on the loop what those that are done are followed by.
    func finish() {
        for ticket in done.takeAll() { awaited.removeValue(forKey: ticket)?() }
    }
}
