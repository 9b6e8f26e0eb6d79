import StationCore

/// The replies of one turn, those to one stream put together: each write is a call of the kernel,
/// which costs more than everything else that a position does.
struct OutgoingReplies {
    /// The ports in the order in which they were answered first.
    private var keys: [PortKey] = []
    private var bytes: [PortKey: [UInt8]] = [:]

    /// False for what has to be written by itself: a datagram, a report.
    mutating func join(_ reply: [UInt8], to key: PortKey, isStream: () -> Bool) -> Bool {
        if bytes[key]?.append(contentsOf: reply) != nil { return true }
        guard isStream() else { return false }
        keys.append(key)
        bytes[key] = reply
        return true
    }

    /// Hands out everything, each stream's replies in their order.
    mutating func takeAll(_ write: (PortKey, [UInt8]) -> Void) {
        guard !keys.isEmpty else { return }
        for key in keys {
            if let replies = bytes[key] { write(key, replies) }
        }
        keys.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
    }
}
