import AlarmModel

/// Which port has which node of the file system, while it opens, uses and closes it: two never have
/// one.
final class NodeBook {
    private enum Use {
        /// Being opened, or open, as the port of that name.
        case port(String)
        /// Being closed, since when.
        case closing(MonotonicTime)
    }

    private var uses: [String: Use] = [:]
    /// Those who wait for a node to be closed, by their numbers.
    private var waiting: [String: [Int32: PortSlot]] = [:]

    /// What keeps a port from opening the node. One that is being closed is waited for: the port is
    /// tried again when it is free.
    func obstacle(
        to node: String, for slot: PortSlot, at now: MonotonicTime
    ) -> PortProblem? {
        switch uses[node] {
        case .port(let name): return .taken(node, by: name)
        case .closing(let since):
            waiting[node, default: [:]][slot.number] = slot
            return .closing(node, for: now - since)
        case nil: return nil
        }
    }

    func take(_ node: String, for name: String) { uses[node] = .port(name) }

    func leave(_ node: String, at now: MonotonicTime) { uses[node] = .closing(now) }

    func free(_ node: String, at now: MonotonicTime) {
        uses[node] = nil
        let slots = waiting.removeValue(forKey: node) ?? [:]
        for slot in slots.values where slot.stage == .waiting { slot.retryAt = now }
    }
}
