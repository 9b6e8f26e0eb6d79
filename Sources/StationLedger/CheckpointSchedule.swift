import AlarmModel

/// When the log is copied into the database, and whether a commit has to wait for it.
struct CheckpointSchedule {
    /// Where the log is copied: beside commits, or within one.
    enum Step { case beside, within }

    private var logPages = 0
    /// Where the log ended when it was last copied.
    private var copiedPages = 0
    /// The length at which it is copied next.
    private var duePages = Limits.ledgerCheckpointPages
    private var isUnderWay = false

    /// The log has as many pages after a commit.
    mutating func logGrew(to pages: Int) {
        // Shorter than it was: it began anew.
        if pages < copiedPages {
            copiedPages = 0
            duePages = Limits.ledgerCheckpointPages
        }
        logPages = pages
    }

    /// What is to be done now, if anything. It is under way then until ``ended()``.
    mutating func begin() -> Step? {
        guard logPages >= duePages, !isUnderWay else { return nil }
        let newPages = logPages - copiedPages
        isUnderWay = true
        copiedPages = logPages
        duePages = logPages + Limits.ledgerCheckpointPages
        guard duePages >= Limits.ledgerLogPages else { return .beside }
        // Commits go on while the log is copied, but they add fewer pages to it each time, until
        // one of them can copy what is left in about a millisecond.
        guard newPages > Limits.ledgerCommitPages, logPages < Limits.ledgerLogPages else {
            return .within
        }
        duePages = logPages + 1
        return .beside
    }

    mutating func ended() { isUnderWay = false }
}
