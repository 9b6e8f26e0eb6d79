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
    // Folding.
    /// Equal bytes are taken for a resend whenever and wherever they come.
    case newPressFolded
    /// Equal bytes are taken for a resend within the window although somebody has taken or ended
    /// their alert.
    case foldedAfterOrder
    /// Each copy begins the window anew.
    case windowSlides
    // Storms.
    /// What was gathered is answered and never becomes a row.
    case stormRowDropped
    /// The row of many presses says that it was one.
    case stormCountForgotten
    // Who tells.
    /// All peers of a listener are one wire.
    case peersAreOne
    /// Each connection is a wire of its own.
    case connectionForWire
    /// An alert is known by its kind and the bare address: ports and words tell nobody apart.
    case alertsByAddressAlone
    /// The end of a condition that no address goes with is not stored.
    case namelessEndDropped
    // The restart.
    case sequenceForgotten
    case ongoingAlertForgotten
    /// Resends across a restart are not recognised.
    case recentEventsForgotten
    /// What was received in an earlier boot is taken for this one's.
    case earlierBootForgotten
    /// Whatever is read back was received just now.
    case recoveredJustSeen
    /// An alert that was put aside is not raised again after a restart.
    case parkingForgotten
    // The desk.
    /// It does not come again with the alert when the station has it not at hand.
    case notAtHandGivenUp
    /// It comes again with another alert.
    case otherAlertBrought
    /// No order says which version of the alert it is about.
    case versionForgotten
    /// Every order says that it takes over.
    case everybodyTakesOver
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
