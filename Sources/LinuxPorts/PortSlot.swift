import AlarmModel

/// One definition, how it stands with it, and how that went so far.
final class PortSlot {
    enum Stage {
        /// Not open; tried again at ``retryAt``, or when a device comes.
        case waiting
        /// Another thread, or the network, has to answer first.
        case opening
        case open
    }

    let definition: PortDefinition
    /// Names this slot where the slot itself cannot be held.
    let number: Int32
    let counters = PortCounts()
    private(set) var stage = Stage.waiting
    private let timetable: Timetable
    /// When its way in is attended to next. Due at once in the beginning; nil when only a new
    /// device helps.
    var retryAt: MonotonicTime? {
        get { timetable[.attempt(number)] }
        set { timetable[.attempt(number)] = newValue }
    }
    /// The rest before the next attempt to connect.
    var rest = Limits.portRetry

    var id: PortID?
    var path: String?
    /// What keeps it from being open, or what is wrong though it is.
    var problem: PortProblem?
    /// What is open, of a way that has one and not many.
    private(set) var channel: Channel?
    /// Of a way that has many; nil for others.
    var peers: PeerBook?

    init(_ definition: PortDefinition, number: Int32, _ timetable: Timetable = Timetable()) {
        self.definition = definition
        self.number = number
        self.timetable = timetable
        retryAt = MonotonicTime(microseconds: 0)
    }

    var mark: SlotMark { SlotMark(number: number, counters: counters) }

    /// Puts it back to waiting for `problem` to pass.
    func wait(_ problem: PortProblem, until retry: MonotonicTime?) {
        stage = .waiting
        channel = nil
        self.problem = problem
        retryAt = retry
    }

    /// It is being opened, and looked after again at `deadline`. What was wrong before is still
    /// shown: a port that fails again and again does not flicker.
    func begin(_ problem: PortProblem, until deadline: MonotonicTime) {
        stage = .opening
        self.problem = self.problem ?? problem
        retryAt = deadline
    }

    /// It has become what it was on the way to.
    func reach(_ channel: Channel? = nil) {
        stage = .open
        self.channel = channel
        problem = nil
        retryAt = nil
        rest = Limits.portRetry
    }

    /// - Parameter counts: those that its way in has beside ``PortCounts/ofAll``.
    func status(with counts: [PortStatus.Counter]) -> PortStatus {
        PortStatus(
            name: definition.name, id: id, path: path, protocolID: definition.protocolID,
            state: stage == .open ? .open : problem?.state ?? .absent,
            reason: problem?.reason, remedy: problem?.remedy,
            counters: counters.ofAll + counts)
    }
}
