import AlarmModel
import DequeModule

/// What has been handed to the ledger and is not durable yet, and what becomes true when it is.
///
/// An entry is known by its ticket, which counts entries from 1 for ever; entries of the daemon's
/// earlier lives all have ticket 0. The ledger keeps their order, so "the next n are durable" is
/// all it has to say.
struct Commitments {
    /// What follows the durability of one entry.
    struct Consequences {
        var publish: [Record] = []
        var reply: PendingReply?
        /// Replies to frames that told nothing new, and still must not overtake what they repeat.
        var laterReplies: [PendingReply] = []
        /// To people who gave orders.
        var answers: [(token: UInt64, OrderOutcome)] = []
    }

    struct PendingReply {
        var bytes: [UInt8]
        var key: PortKey

        /// Nil when there is nothing to send.
        init?(_ bytes: [UInt8], to key: PortKey) {
            guard !bytes.isEmpty else { return nil }
            self.bytes = bytes
            self.key = key
        }
    }

    static let earlierLife: UInt64 = 0

    private var waiting = Deque<Consequences>()
    private var firstTicket: UInt64 = 1

    var count: Int { waiting.count }

    /// Every entry with a smaller ticket is durable.
    var durableTicket: UInt64 { firstTicket }

    mutating func append(_ consequences: Consequences) -> UInt64 {
        waiting.append(consequences)
        return firstTicket + UInt64(waiting.count) - 1
    }

    /// Has the reply of an entry that still waits go out once, to where it was asked for last: a
    /// sender that repeats itself waits for one answer, and a second one could be taken for the
    /// answer to its next message.
    /// - Returns: false when the entry is durable already.
    mutating func redirectReply(of ticket: UInt64, to reply: PendingReply?) -> Bool {
        guard ticket >= firstTicket else { return false }
        waiting[Int(ticket - firstTicket)].reply = reply
        return true
    }

    /// Has `reply` wait for all that waits now. False when nothing does.
    mutating func holdBack(_ reply: PendingReply) -> Bool {
        guard !waiting.isEmpty else { return false }
        waiting[waiting.count - 1].laterReplies.append(reply)
        return true
    }

    /// The same for the answer to an order that repeats one.
    mutating func holdBack(answer: (token: UInt64, OrderOutcome)) -> Bool {
        guard !waiting.isEmpty else { return false }
        waiting[waiting.count - 1].answers.append(answer)
        return true
    }

    /// Drops every reply to `key` that still waits: nobody listens for it any more.
    mutating func withdrawReplies(to key: PortKey) {
        for index in waiting.indices {
            if waiting[index].reply?.key == key { waiting[index].reply = nil }
            waiting[index].laterReplies.removeAll { $0.key == key }
        }
    }

    /// The oldest entry is durable.
    mutating func popDurable() -> Consequences? {
        guard let first = waiting.popFirst() else { return nil }
        firstTicket += 1
        return first
    }
}
