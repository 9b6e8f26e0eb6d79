import AlarmModel

/// How many bytes of a port are read at a time: as many as can be decided on in the time that its
/// share of a turn may take.
///
/// Never less than any read counts as: many small reads cost more than they spare the others.
///
/// What a byte costs is up to whoever sends it. One may be a whole message that wants an answer,
/// or make the decoder look through all that it has once more: that delays its own port alone.
struct ReadPace {
    private var most = Limits.readStartBytes

    /// What to read where `share` bytes may be.
    func portion(of share: Int) -> Int { min(share, most) }

    /// - Parameters:
    ///   - count: bytes that were read, and decided on in `time`.
    ///   - share: bytes that might have been read, of ``Limits/bytesPerTurnMax``.
    mutating func took(_ time: TimeSpan, for count: Int, of share: Int) {
        let allowed = Limits.turnWork.microseconds * Int64(share) / Int64(Limits.bytesPerTurnMax)
        if time.microseconds > max(1, allowed) {
            let affordable = Int64(count) * allowed / time.microseconds
            most = max(Limits.readShareBytesMin, min(most, Int(affordable)))
        } else if count >= portion(of: share) {
            most = min(2 * most, Limits.readsPerTurnBytes)
        } else {
            // All that there was. What comes next may be of another kind.
            most = min(most, Limits.readStartBytes)
        }
    }
}
