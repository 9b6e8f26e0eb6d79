import Foundation

/// Signals as messages: blocked in every thread, and taken one by one by a thread that does nothing
/// else, so that no code ever runs inside a signal handler.
struct Signals: Sendable {
    private let numbers: [Int32]

    /// Blocks `numbers` in this thread and in every thread that it starts.
    static func block(_ numbers: [Int32]) -> Signals {
        var set = Self.set(numbers)
        _ = unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        return Signals(numbers: numbers)
    }

    /// Calls `body` with each signal that arrives, on a thread of its own, for ever.
    func listen(_ body: @escaping @Sendable (Int32) -> Void) {
        let numbers = numbers
        let thread = Thread {
            var set = Self.set(numbers)
            while true {
                var signal: Int32 = 0
                if unsafe sigwait(&set, &signal) == 0 { body(signal) }
            }
        }
        thread.name = "signals"
        thread.start()
    }

    private static func set(_ numbers: [Int32]) -> sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for number in numbers { unsafe sigaddset(&set, number) }
        return set
    }
}
