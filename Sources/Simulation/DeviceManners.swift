import AlarmModel

/// How rude a device is: all that the makers of real ones leave out.
public struct DeviceManners: Sendable {
    /// What of its own messages a device knows when its power comes back.
    public enum Memory: Sendable {
        /// What nobody has answered yet.
        case unanswered
        /// Nothing: what was not answered is forgotten.
        case nothing
        /// That, and the newest ones that were answered, which it sends once more.
        case andAnswered(Int)
    }

    public var memory = Memory.unanswered
    /// It counts from 1 again when its power comes back.
    public var restartsNumbering = false
    /// It has no clock, so that equal numbers make equal bytes.
    public var isTimeless = false
    /// It never says who it is, or not before its first alarm.
    public var isNameless = false
    /// Its connection comes from another address each time.
    public var roams = false

    /// Numbers that grow, a clock that goes, and a memory that keeps what matters.
    public static let polite = DeviceManners()

    /// The time that a device without a clock says.
    static let stoppedClock = WallTime(microseconds: 1_577_836_800_000_000)

    public init() {}

    init(_ random: inout SplitMix64) {
        if random.chance(400) { memory = .andAnswered(1 + random.below(12)) }
        if random.chance(150) { memory = .nothing }
        restartsNumbering = random.chance(500)
        isTimeless = random.chance(500)
        roams = random.chance(300)
    }
}
