import AlarmModel

/// So many in a second, and so many at once after a rest.
struct Allowance {
    private let perSecond: Int64
    private let full: Int64
    /// In millionths, so that a microsecond adds ``perSecond`` of them.
    private var left: Int64
    private var filledAt: MonotonicTime?

    /// - Parameters:
    ///   - perSecond: 1...1,000,000.
    ///   - atOnce: 1...1,000,000; as many as in a second unless it is told.
    init(perSecond: Int, atOnce: Int? = nil) {
        self.perSecond = Int64(perSecond)
        full = Int64(atOnce ?? perSecond) * 1_000_000
        left = full
    }

    /// False when it is used up.
    mutating func take(at now: MonotonicTime) -> Bool {
        let rest = filledAt.map { (now - $0).microseconds } ?? 0
        let passed = min(rest, full / perSecond)
        left = min(full, left + passed * perSecond)
        filledAt = now
        guard left >= 1_000_000 else { return false }
        left -= 1_000_000
        return true
    }
}
