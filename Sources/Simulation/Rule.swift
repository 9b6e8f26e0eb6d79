/// The rules that hold in every run. A problem begins with the name of the one that was broken.
public enum Rule: String, CaseIterable, Sendable {
    /// A reply, an answer to an operator and a shown event follow the commit.
    case replyBeforeDurable
    /// What was answered is in the ledger, and what alarms is in an alert.
    case acknowledgedLost
    /// A message is stored with all its events, and a new press is never taken for an old one.
    case hiddenEvent
    /// Sequences follow each other on the disk and on the stream, in the order of receipt.
    case sequenceGap
    /// One alert at a time for one subject and kind, and no second event for what the rules of
    /// folding take for a copy, or for a condition that is known to last.
    case duplicateAlert
    /// Two people that the wire tells apart are never one alert.
    case peopleMixed
    /// Of an order that was answered, the answer is true: done is durable, a conflict has its
    /// reason, an alert has one owner, and what was ended stays ended.
    case ordersKept
    /// An alert that was put aside is raised again when its time is over.
    case silentlyLate
    /// Bytes that came over the line are in frames, counted skips or the ring, and in the counters.
    case byteConservation
    /// The same bytes cut otherwise mean the same.
    case chunkInvariance
    /// A slow client delays nobody, stays within its bound, and misses nothing that it is not told.
    case stuckClient
    /// Nothing is read while too much waits for the ledger.
    case boundedQueues
    /// While nothing is faulty, a press is answered and shown soon.
    case lateness
    /// What brings no row is answered at once.
    case telemetryWaits
    /// When the faults stop, every press and every order is answered.
    case liveness
}
