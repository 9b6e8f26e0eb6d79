import AlarmModel

/// So many in a second, and as many at once after a rest.
struct Allowance {
    private let perSecond: Int64
    /// In millionths, so that a microsecond adds ``perSecond`` of them.
    private var left: Int64
    private var filledAt: MonotonicTime?

    /// - Parameter perSecond: 1...1,000,000.
    init(perSecond: Int) {
        self.perSecond = Int64(perSecond)
        left = Int64(perSecond) * 1_000_000
    }

    /// False when it is used up.
    mutating func take(at now: MonotonicTime) -> Bool {
        let full = perSecond * 1_000_000
        let passed = min(filledAt.map { (now - $0).microseconds } ?? 0, 1_000_000)
        left = min(full, left + passed * perSecond)
        filledAt = now
        guard left >= 1_000_000 else { return false }
        left -= 1_000_000
        return true
    }
}
