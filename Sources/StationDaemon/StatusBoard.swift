import AlarmModel
import LinuxPorts
import OperatorDesk
import StationCore
import Synchronization

/// Which devices there are, asked of the loop, which answers between two turns.
struct DeviceQuestion: Sendable {
    var isSilentFirst: Bool
    var limit: Int
    var answer: @Sendable ((devices: [DeviceState], more: Int)) -> Void
}

/// The station as the desk sees it: a snapshot that the loop writes and anybody may read, and the
/// operators' orders on their way to the loop.
final class StatusBoard: StationView {
    struct Snapshot: Sendable {
        var ports: [PortStatus] = []
        var health = StationHealth()
        var metrics: [MetricFamily] = []
        /// By the loop, just now. Nil before the first time.
        var shownAt: MonotonicTime?

        /// The health that is true at `now`: a loop that hangs shows nothing new, and what it has
        /// shown last is no comfort.
        func health(at now: MonotonicTime) -> StationHealth {
            guard let shownAt else {
                return StationHealth(state: .critical, reasons: ["the station is starting"])
            }
            let age = now - shownAt
            guard age > Limits.statusAgeMax else { return health }
            var health = health
            health.state = .critical
            health.reasons.insert(
                "the loop has not turned for \(age.microseconds / 1_000) ms, and takes no presses; "
                    + "if it does not go on, restart tocsind", at: 0)
            return health
        }
    }

    /// Somebody who waits for the outcome of an order, and what ends the wait.
    private struct Waiting {
        var continuation: CheckedContinuation<OrderOutcome, Never>
        var patience: Task<Void, Never>?
    }

    private struct Orders {
        var nextToken: UInt64 = 1
        var waiting: [UInt64: Waiting] = [:]
    }

    private let snapshot = Mutex(Snapshot())
    private let orders = Mutex(Orders())
    private let taps: TrafficTaps
    private let post: @Sendable (StationLoop.Message) -> Bool

    /// - Parameter post: hands a message to the loop; false when the loop takes none.
    init(taps: TrafficTaps, post: @escaping @Sendable (StationLoop.Message) -> Bool) {
        self.taps = taps
        self.post = post
    }

    var ports: [PortStatus] { snapshot.withLock { $0.ports } }
    var health: StationHealth {
        let now = Clock.monotonic()
        return snapshot.withLock { $0.health(at: now) }
    }
    var metrics: [MetricFamily] { snapshot.withLock { $0.metrics } }

    func show(_ new: Snapshot) { snapshot.withLock { $0 = new } }

    func carryOut(_ order: Order, on alert: UUIDv7, stored: Alert?) async -> OrderOutcome {
        let outcome = await outcome(of: order, on: alert, stored)
        if case .done = outcome {
            Journal.write(
                .info, "an operator's order was stored",
                ["ORDER": order.kind.rawValue, "ALERT": alert.description, "BY": order.by])
        }
        return outcome
    }

    func capture(port: String?) -> AsyncStream<[UInt8]>? { taps.open(portName: port) }

    func devices(silentFirst: Bool, limit: Int) async -> (devices: [DeviceState], more: Int)? {
        await withCheckedContinuation { continuation in
            let question = DeviceQuestion(isSilentFirst: silentFirst, limit: limit) { found in
                continuation.resume(returning: found)
            }
            if !post(.devices(question)) { continuation.resume(returning: nil) }
        }
    }

    /// The loop's answer to an order, once it is durable.
    func answer(_ token: UInt64, _ outcome: OrderOutcome) {
        let waiting = orders.withLock { $0.waiting.removeValue(forKey: token) }
        waiting?.patience?.cancel()
        waiting?.continuation.resume(returning: outcome)
    }

    private func outcome(
        of order: Order, on alert: UUIDv7, _ stored: Alert?
    ) async -> OrderOutcome {
        await withCheckedContinuation { continuation in
            let token = orders.withLock { orders in
                defer { orders.nextToken += 1 }
                orders.waiting[orders.nextToken] = Waiting(continuation: continuation)
                return orders.nextToken
            }
            let input = Input.order(order, on: alert, stored: stored, token: token)
            guard post(.input(input)) else {
                return answer(token, .busy)
            }
            // A ledger that cannot store answers nobody, maybe for days: a person is told so.
            let patience = Task {
                let span = Duration.microseconds(Limits.orderAnswerMax.microseconds)
                guard (try? await Task.sleep(for: span)) != nil else { return }
                answer(token, .unstored)
            }
            let isWaiting = orders.withLock { orders in
                orders.waiting[token]?.patience = patience
                return orders.waiting[token] != nil
            }
            if !isWaiting { patience.cancel() }
        }
    }
}
