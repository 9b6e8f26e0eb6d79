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
    /// One alert at a time for one origin and kind, and no second event for the same bytes of a
    /// sender that numbers its messages. One that does not, such as a Sur-Gard receiver, may count
    /// twice when noise, a pulled plug or a restart came between the copies.
    case duplicateAlert
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
