/// Skipped bytes that follow each other for the same reason, told as one: the same however the
/// bytes were cut into reads. For whoever shows skips to a person; counters take them one by one.
public struct SkippedRun: Equatable, Sendable {
    public private(set) var count = 0
    public private(set) var reason = SkipReason.noise

    public init() {}

    /// Adds to the run. When `reason` is another one, the run before has ended and is returned.
    public mutating func add(_ more: Int, _ reason: SkipReason) -> SkippedRun? {
        let ended = reason == self.reason ? nil : end()
        self.reason = reason
        count += more
        return ended
    }

    /// Ends the run, at a frame or at the end of the bytes; nil when nothing was skipped.
    public mutating func end() -> SkippedRun? {
        guard count > 0 else { return nil }
        defer { count = 0 }
        return self
    }
}
