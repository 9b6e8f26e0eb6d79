import AlarmModel

/// Time as the scenario wants it: the monotonic clock only advances, the wall clock also jumps, as
/// it does when somebody sets it.
public struct FakeClock: Sendable {
    public private(set) var now = Moment(
        wall: WallTime(microseconds: 1_795_253_158_000_000),
        monotonic: MonotonicTime(microseconds: 1_000_000))

    public init() {}

    /// Goes on to `time`; a time that is past already leaves the clock as it is.
    public mutating func advance(to time: MonotonicTime) {
        let passed = time - now.monotonic
        guard passed > .seconds(0) else { return }
        now.monotonic = time
        now.wall.microseconds += passed.microseconds
    }

    /// Sets the wall clock forward, or back when `span` is negative.
    public mutating func jumpWall(by span: TimeSpan) { now.wall.microseconds += span.microseconds }
}
