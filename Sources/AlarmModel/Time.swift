/// A point in UTC, in microseconds since 1970-01-01T00:00:00Z.
///
/// Wall time can jump; it is shown to people and compared with nothing but itself. Deadlines use
/// ``MonotonicTime``.
public struct WallTime: Hashable, Comparable, Sendable {
    public var microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }

    public static func < (a: WallTime, b: WallTime) -> Bool { a.microseconds < b.microseconds }
}

/// Microseconds since the machine started. Comparable only inside one boot, which is why the
/// ledger stores it with the boot id.
public struct MonotonicTime: Hashable, Comparable, Sendable {
    public var microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }

    public static func < (a: MonotonicTime, b: MonotonicTime) -> Bool {
        a.microseconds < b.microseconds
    }

    public static func + (time: MonotonicTime, span: TimeSpan) -> MonotonicTime {
        MonotonicTime(microseconds: time.microseconds + span.microseconds)
    }

    public static func - (later: MonotonicTime, earlier: MonotonicTime) -> TimeSpan {
        TimeSpan(microseconds: later.microseconds - earlier.microseconds)
    }
}

/// A length of time in microseconds. `Duration` counts attoseconds in 128 bits, which neither the
/// wire nor the ledger has a use for.
public struct TimeSpan: Hashable, Comparable, Sendable {
    public var microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }

    public static func milliseconds(_ count: Int64) -> TimeSpan {
        TimeSpan(microseconds: count * 1_000)
    }

    public static func seconds(_ count: Int64) -> TimeSpan {
        TimeSpan(microseconds: count * 1_000_000)
    }

    public static func < (a: TimeSpan, b: TimeSpan) -> Bool { a.microseconds < b.microseconds }
}

/// When something reached the station: both clocks read together by the edge, never by the core.
public struct Moment: Hashable, Sendable {
    public var wall: WallTime
    public var monotonic: MonotonicTime

    public init(wall: WallTime, monotonic: MonotonicTime) {
        self.wall = wall
        self.monotonic = monotonic
    }
}
