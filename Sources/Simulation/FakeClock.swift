import AlarmModel

/// Time as the scenario wants it. The world's own goes on; the station's machine has two clocks of
/// its own: a monotonic one that begins near 0 with each boot, and a wall clock that people set and
/// that a flat battery forgets.
public struct FakeClock: Sendable {
    public private(set) var now = Moment(
        wall: WallTime(microseconds: 1_795_253_158_000_000),
        monotonic: MonotonicTime(microseconds: 1_000_000))
    /// Of the machine that the station runs on.
    private(set) var boot = BootID(high: 0x6F1C, low: 1)
    private var bootedAt = MonotonicTime(microseconds: 0)
    private var wallError = TimeSpan.seconds(0)

    public init() {}

    /// The time as the station's machine has it.
    var machine: Moment {
        Moment(
            wall: WallTime(microseconds: now.wall.microseconds + wallError.microseconds),
            monotonic: MonotonicTime(microseconds: (now.monotonic - bootedAt).microseconds))
    }

    /// In the world's time, with what the machine takes for the time of day.
    var asTold: Moment { Moment(wall: machine.wall, monotonic: now.monotonic) }

    /// Goes on to `time`; a time that is past already leaves the clock as it is.
    public mutating func advance(to time: MonotonicTime) {
        let passed = time - now.monotonic
        guard passed > .seconds(0) else { return }
        now.monotonic = time
        now.wall.microseconds += passed.microseconds
    }

    /// In the world's time, when the machine's monotonic clock shows `time`.
    func world(_ time: MonotonicTime) -> MonotonicTime {
        MonotonicTime(microseconds: time.microseconds + bootedAt.microseconds)
    }

    /// Sets the machine's wall clock forward, or back when `span` is negative.
    public mutating func jumpWall(by span: TimeSpan) {
        wallError.microseconds += span.microseconds
    }

    /// Somebody sets it right.
    mutating func setWall() { wallError = .seconds(0) }

    /// The machine was off.
    ///
    /// - Parameter isWallLost: its wall clock begins in 1970.
    mutating func reboot(isWallLost: Bool) {
        boot = BootID(high: boot.high, low: boot.low + 1)
        bootedAt = MonotonicTime(microseconds: now.monotonic.microseconds - 1_000)
        if isWallLost { wallError.microseconds = 5_000_000 - now.wall.microseconds }
    }
}
