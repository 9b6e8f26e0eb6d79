import AlarmModel
import Foundation
import Synchronization

/// Hands items to a thread of its own, in their order, so that nobody who has something to say
/// waits for whoever takes it: a full pipe, a stalled journald, a slow disk.
///
/// What finds no room is dropped and counted. Where there is something to say about that, it is
/// said behind the items that did find room.
final class Courier<Item: Sendable>: Sendable {
    private struct State {
        var waiting: [Item] = []
        /// Taken by the thread and not delivered yet.
        var inHand = 0
        var dropped = 0
        var droppedUntold = 0
        var hasThread = false
        var finishing: [DispatchSemaphore] = []

        var count: Int { waiting.count + inHand }
    }

    private let name: String
    private let capacity: Int
    private let telling: @Sendable (Int) -> Item?
    private let deliver: @Sendable (Item) -> Void
    private let state = Mutex(State())
    private let bell = DispatchSemaphore(value: 0)

    /// - Parameters:
    ///   - capacity: items that wait at most, the one that is being delivered among them.
    ///   - telling: an item that says how many were dropped; nil where nobody wants to know.
    ///   - deliver: is called on the thread, and may take as long as it likes.
    init(
        _ name: String, capacity: Int, telling: @escaping @Sendable (Int) -> Item? = { _ in nil },
        deliver: @escaping @Sendable (Item) -> Void
    ) {
        self.name = name
        self.capacity = capacity
        self.telling = telling
        self.deliver = deliver
    }

    /// Takes an item on its way; false when there is no room for it. Never waits.
    @discardableResult
    func post(_ item: Item) -> Bool {
        let (isTaken, isFirst) = state.withLock { state in
            guard state.count < capacity else {
                state.dropped += 1
                state.droppedUntold += 1
                return (false, false)
            }
            state.waiting.append(item)
            defer { state.hasThread = true }
            return (true, !state.hasThread)
        }
        if isFirst { start() }
        if isTaken { bell.signal() }
        return isTaken
    }

    /// Items that found no room so far.
    var dropped: Int { state.withLock { $0.dropped } }

    /// Waits until all that was posted is delivered, but not longer than `span`; says whether so.
    @discardableResult
    func finish(atMost span: TimeSpan) -> Bool {
        let done = DispatchSemaphore(value: 0)
        let isIdle = state.withLock { state in
            if state.count > 0 { state.finishing.append(done) }
            return state.count == 0
        }
        return isIdle
            || done.wait(timeout: .now() + .microseconds(Int(span.microseconds)))
                == .success
    }

    private func start() {
        let thread = Thread { [self] in
            while true {
                bell.wait()
                for item in takeAll() {
                    deliver(item)
                    delivered()
                }
            }
        }
        thread.name = name
        thread.start()
    }

    private func takeAll() -> [Item] {
        state.withLock { state in
            var batch = state.waiting
            state.waiting = []
            if state.droppedUntold > 0, let word = telling(state.droppedUntold) {
                batch.append(word)
            }
            state.droppedUntold = 0
            state.inHand += batch.count
            return batch
        }
    }

    private func delivered() {
        let finished = state.withLock { state in
            state.inHand -= 1
            guard state.count == 0 else { return [] as [DispatchSemaphore] }
            defer { state.finishing = [] }
            return state.finishing
        }
        for done in finished { done.signal() }
    }
}
