import AlarmModel

/// What the loop does without being told to, and when: shared by the loop and its slots.
final class Timetable {
    enum Due: Hashable, Sendable {
        /// The devices are to be looked through.
        case scan
        /// What the slot with this number is on the way to is to be tried, or given up.
        case attempt(Int32)
        /// A peer of the slot with this number may have been silent for too long.
        case reaping(Int32)
        /// A connection whose peer has sent its last byte has waited long enough.
        case ended(PortHandle)
    }

    private var deadlines = Deadlines<Due>()

    var next: MonotonicTime? { deadlines.next }

    subscript(due: Due) -> MonotonicTime? {
        get { deadlines[due] }
        set { deadlines[due] = newValue }
    }

    func popDue(by now: MonotonicTime) -> Due? { deadlines.popDue(by: now) }
}
