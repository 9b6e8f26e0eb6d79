/// Defects that a scenario can have in one of its fakes, or between the station and its fakes, so
/// that each checker can be seen to find what it is there for. None is in the station.
public enum PlantedBug: String, CaseIterable, Sendable {
    // The ledger.
    /// A group is reported before it is on the disk.
    case commitToldEarly
    /// The last entry of a group does not reach the disk.
    case lastOfGroupLost
    /// Two entries of a group change places.
    case entriesSwapped
    /// A group that had to be tried again is stored twice.
    case groupStoredTwice
    /// The ledger waits for more entries, to fill its groups.
    case groupHeldBack
    /// Of the events of one message only the first is stored.
    case secondEventDropped
    /// Equal bytes are taken for a resend whenever and wherever they come.
    case newPressFolded
    // The restart.
    case sequenceForgotten
    case ongoingAlertForgotten
    /// Resends across a restart are not recognised.
    case recentEventsForgotten
    // Replies.
    case replyOnArrival
    case replyToWrongPort
    /// One port gets no reply to what is stored.
    case replyDropped
    case heartbeatUnanswered
    // The stream.
    case gapUntold
    case slowClientBlocks
    case clientBufferUnbounded
    case publishedOnStore
    // Reading.
    case readDuplicated
    case byteLostInRead
    case readsSwapped
    case pauseIgnored
    case skipUncounted
    /// A decoder loses a byte where a read ends.
    case cutMatters
    // Clocks.
    case wallForMonotonic
}
