import AlarmModel
import WireProtocols

/// Tells a resend from a new press: the frames that were stored last.
///
/// Folding is the one place where something a device sent does not become an event, so every doubt
/// is decided for a new event: it joins the alert that is open, and nothing is hidden. What is
/// folded was told by the same sender, on the same wire, byte for byte, within the protocol's
/// window from the first copy, in this boot, and its alert is still open.
struct RepeatMemory {
    /// Who sends, and where it was heard.
    struct Source: Hashable {
        var wire: WireID
        var origin: Origin
    }

    /// A frame of a sender. The dictionary's hash has a key that nobody knows, and the bytes
    /// decide: no frame can be made to pass for another.
    private struct Key: Hashable {
        var source: Source
        var bytes: [UInt8]
    }

    private struct Told {
        /// Of the entry that the frame became: the reply waits for it.
        var ticket: UInt64
        /// The alerts that its events opened or joined.
        var alerts: [AlertReference]
        var firstHeard: MonotonicTime
        var copies = 0
    }

    /// What the station knows besides, when a frame may be a copy.
    struct Circumstances {
        var now: MonotonicTime
        /// No other frame came on the port since the one that may be repeated.
        var isNextOnPort: Bool
        /// When the port was sent something last.
        var lastSent: MonotonicTime?
        /// Tickets below it are durable, so their frames have been answered.
        var durableTicket: UInt64
    }

    private var book = RecencyBook<Key, Told>()

    var count: Int { book.count }

    /// The ticket of the stored frame that this one repeats, with the copy counted in; nil for a
    /// new press.
    mutating func match(
        _ bytes: ArraySlice<UInt8>, from source: Source, rule: RepeatRule,
        _ circumstances: Circumstances, isOpen: (AlertReference) -> Bool
    ) -> UInt64? {
        if rule == .never { return nil }
        let key = Key(source: source, bytes: Array(bytes))
        guard let told = book[key], told.alerts.allSatisfy(isOpen),
            Self.fits(told, rule, circumstances)
        else { return nil }
        book.update(key) { $0.copies += 1 }
        return told.ticket
    }

    private static func fits(_ told: Told, _ rule: RepeatRule, _ now: Circumstances) -> Bool {
        let age = now.now - told.firstHeard
        switch rule {
        case .never: return false
        case .sameBytes(let window): return age <= window
        case .afterAnswer(let patience, let most):
            // Whoever has no answer yet has nothing new to say: the sender holds one message.
            if told.ticket >= now.durableTicket { return true }
            let answered = max(now.lastSent ?? told.firstHeard, told.firstHeard)
            let window = TimeSpan(microseconds: patience.microseconds * Int64(most))
            return now.isNextOnPort && told.copies < most && now.now - answered <= patience
                && age <= window
        }
    }

    /// Has copies of a frame recognised from now on, counted from `time`.
    mutating func remember(
        _ bytes: [UInt8], from source: Source, ticket: UInt64, alerts: [AlertReference],
        at time: MonotonicTime
    ) {
        book[Key(source: source, bytes: bytes)] = Told(
            ticket: ticket, alerts: alerts, firstHeard: time)
        // What was told longest ago is forgotten: a resend of it then becomes an event that joins
        // its alert, which is the harmless side.
        if book.count > Limits.repeatsMax { book.removeOldest() }
    }
}
