import AlarmModel

/// Watches the wall clock, which decides nothing and is what people read: a clock that was set, and
/// one that is not set at all.
struct ClockWatch {
    /// Between the wall clock and the monotonic one, when it was looked at last.
    private var offset: Int64?
    private var lastStep: (by: TimeSpan, at: Moment)?
    private var isUnset = false
    /// When the newest record was received; a clock that is behind it has lost the time.
    private var newest: WallTime

    init(newest: WallTime = Limits.clockEarliest) {
        self.newest = max(newest, Limits.clockEarliest)
    }

    /// A line for the journal, when there is something new.
    enum News: Equatable {
        case stepped(by: TimeSpan)
        case unset
        case set
    }

    /// To be called at least every ``Limits/statusInterval``.
    mutating func look(at now: Moment) -> [News] {
        var news: [News] = []
        let offset = now.wall.microseconds - now.monotonic.microseconds
        if let before = self.offset, abs(offset - before) >= Limits.clockStepMin.microseconds {
            let step = TimeSpan(microseconds: offset - before)
            lastStep = (step, now)
            news.append(.stepped(by: step))
        }
        self.offset = offset
        if isUnset != (now.wall < newest) {
            isUnset.toggle()
            news.append(isUnset ? .unset : .set)
        }
        return news
    }

    /// What a person should know of the clock at `now`.
    func reasons(at now: Moment) -> [String] {
        var reasons: [String] = []
        if isUnset {
            reasons.append(
                "the clock is not set: it says \(now.wall.rfc3339), and records are newer; times "
                    + "of events are wrong until it is set (timedatectl)")
        }
        if let lastStep, now.monotonic - lastStep.at.monotonic < Limits.clockStepShown {
            let milliseconds = lastStep.by.microseconds / 1_000
            reasons.append(
                "the clock was set \(milliseconds < 0 ? "back" : "forward") by "
                    + "\(abs(milliseconds)) ms at \(lastStep.at.wall.rfc3339); events before that "
                    + "have the time that it had")
        }
        return reasons
    }
}
