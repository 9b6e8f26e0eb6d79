import AlarmModel
import WireProtocols

/// Tells a resend from a new press: the frames of each origin that were stored last.
///
/// Folding is the one place where something a device sent does not become an event, so every doubt
/// is decided for a new event: it joins the alert that is open, and nothing is hidden.
struct RepeatMemory {
    /// Who sends: a device, or the port where the wire names none.
    enum Origin: Hashable {
        case device(DeviceAddress)
        case port(PortID)
    }

    struct Record {
        var fingerprint: UInt64
        /// Of the last entry that the frame became: the reply waits for it.
        var ticket: UInt64
        var lastSeen: MonotonicTime
        var copies: Int
    }

    private var records: [Origin: [Record]] = [:]

    /// The stored frame that this one repeats, with the copy counted in; nil for a new press.
    ///
    /// - Parameters:
    ///   - isNextOnPort: no other frame came on the port since the one that may be repeated.
    ///   - durableTicket: entries below it are durable, so their frame has been answered.
    mutating func match(
        _ fingerprint: UInt64, from origin: Origin, rule: RepeatRule, at now: MonotonicTime,
        isNextOnPort: Bool, durableTicket: UInt64
    ) -> Record? {
        guard let index = records[origin]?.lastIndex(where: { $0.fingerprint == fingerprint }),
            var record = records[origin]?[index]
        else { return nil }
        let rest = now - record.lastSeen
        switch rule {
        case .sameBytes(let seconds):
            guard rest <= .seconds(seconds) else { return nil }
        case .resentByTimeout(let after, let until, let most):
            let unanswered = record.ticket >= durableTicket
            let timedOut = rest >= .milliseconds(after) && rest <= .milliseconds(until)
            guard isNextOnPort, record.copies < most, unanswered || timedOut else { return nil }
        }
        record.copies += 1
        record.lastSeen = now
        records[origin]?[index] = record
        return record
    }

    mutating func remember(
        _ fingerprint: UInt64, from origin: Origin, ticket: UInt64, at now: MonotonicTime
    ) {
        // Where origins outgrow the bound, all are forgotten: a resend then becomes an event that
        // joins its alert, which is the harmless side.
        if records.count >= Limits.devicesMax { records.removeAll() }
        var list = records[origin] ?? []
        list.removeAll { $0.fingerprint == fingerprint }
        if list.count >= Limits.repeatsPerDeviceMax { list.removeFirst() }
        list.append(
            Record(fingerprint: fingerprint, ticket: ticket, lastSeen: now, copies: 0))
        records[origin] = list
    }
}

/// 64-bit FNV-1a (draft-eastlake-fnv): two frames are taken for the same when it agrees.
func fingerprint(of frame: Span<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for index in frame.indices {
        hash = (hash ^ UInt64(frame[index])) &* 0x0000_0100_0000_01B3
    }
    return hash
}
