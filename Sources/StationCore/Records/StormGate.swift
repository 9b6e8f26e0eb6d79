import AlarmModel

/// Gathers presses that come faster and for longer than any person presses, so that neither a stuck
/// button nor a stranger fills the ledger.
///
/// ```
///  a message within its pace                                     -> a row of its own
///            beyond it, that opens or raises no alert            -> gathered, with what waits
///                                                                   for its answer
///  Limits.stormRowEvery after the first that is gathered         -> one row with their count
/// ```
/// Nothing that is gathered is answered before its row is durable, and what one peer says gathers
/// nothing that another says.
struct StormGate {
    /// Who speaks, and from where.
    struct Place: Hashable {
        var origin: Origin
        var wire: WireID
    }

    /// What a message says, as far as one press is like another.
    struct Manner: Hashable {
        struct Press: Hashable {
            var subject: Subject
            var kind: EventKind
            var isTest: Bool
            var isRestored: Bool
        }

        var place: Place
        var presses: [Press]
    }

    /// Messages that wait for their row, which is that of the newest.
    struct Gathered {
        fileprivate var manner: Manner
        fileprivate(set) var drafts: [WordedDraft]
        fileprivate(set) var source: EventMaker.Source
        fileprivate(set) var key: PortKey
        fileprivate(set) var count: UInt32 = 0
        fileprivate(set) var replies: [Commitments.PendingReply] = []
    }

    private struct Pace {
        var allowance = Allowance(
            perSecond: Limits.pressesPerSecondMax, atOnce: Limits.pressesAtOnceMax)
        /// A row stood for more than people press: until then the storm is not over.
        var stormyUntil: MonotonicTime?
    }

    private var paces = RecencyBook<Manner, Pace>()
    /// Of one place in the order of the newest message of each.
    private var gathered: [Place: [Gathered]] = [:]

    /// False when the message is to be gathered.
    mutating func isWithinPace(_ manner: Manner, at now: MonotonicTime) -> Bool {
        let waiting = gathered[manner.place] ?? []
        if waiting.contains(where: { $0.manner == manner }) { return false }
        let hasRoom =
            waiting.isEmpty
            ? gathered.count < Limits.stormsMax : waiting.count < Limits.stormRowsMax
        guard hasRoom else { return true }
        var pace = paces[manner] ?? Pace()
        let isStormy = pace.stormyUntil.map { now <= $0 } ?? false
        let isWithin = !isStormy && pace.allowance.take(at: now)
        paces[manner] = pace
        if paces.count > Limits.pacesMax { paces.removeOldest() }
        return isWithin
    }

    /// - Returns: false when the reply is one too many to keep: the device will say it again.
    mutating func gather(
        _ drafts: [WordedDraft], as manner: Manner, from source: EventMaker.Source,
        on key: PortKey, reply: Commitments.PendingReply?
    ) -> Bool {
        var waiting = gathered.removeValue(forKey: manner.place) ?? []
        defer { gathered[manner.place] = waiting }
        var storm =
            waiting.firstIndex { $0.manner == manner }.map { waiting.remove(at: $0) }
            ?? Gathered(manner: manner, drafts: drafts, source: source, key: key)
        storm.drafts = drafts
        storm.source = source
        storm.key = key
        storm.count += 1
        let isKept = storm.replies.count < Limits.stormRepliesMax
        if let reply, isKept { storm.replies.append(reply) }
        waiting.append(storm)
        return isKept || reply == nil
    }

    /// Has the reply to what tells again wait for all that waits of its place. False when nothing
    /// does.
    mutating func holdBack(_ reply: Commitments.PendingReply, at place: Place) -> Bool {
        guard let last = gathered[place]?.indices.last else { return false }
        // One too many goes without: whoever gets none says it again.
        if gathered[place]?[last].replies.count ?? 0 < Limits.stormRepliesMax {
            gathered[place]?[last].replies.append(reply)
        }
        return true
    }

    /// All that waits of one place, in the order in which it is to be stored.
    mutating func release(_ place: Place, at now: MonotonicTime) -> [Gathered] {
        guard let storms = gathered.removeValue(forKey: place) else { return [] }
        for storm in storms where storm.count >= Limits.pressesPerSecondMax {
            paces.update(storm.manner) { $0.stormyUntil = now + Limits.stormRowEvery }
        }
        return storms
    }

    func isGathering(_ place: Place) -> Bool { gathered[place] != nil }

    var places: [Place] { Array(gathered.keys) }

    /// Places of which something waits that came by this port.
    func places(of key: PortKey) -> [Place] {
        gathered.filter { $0.value.contains { $0.key == key } }.map(\.key)
    }

    /// Drops every reply to `key` that still waits: nobody listens for it any more.
    mutating func withdrawReplies(to key: PortKey) {
        for place in gathered.keys {
            for index in gathered[place, default: []].indices {
                gathered[place]?[index].replies.removeAll { $0.key == key }
            }
        }
    }
}
