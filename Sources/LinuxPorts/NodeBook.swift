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

    /// What keeps a port from opening the node.
    func obstacle(to node: String, at now: MonotonicTime) -> PortProblem? {
        switch uses[node] {
        case .port(let name): .taken(node, by: name)
        case .closing(let since): .closing(node, for: now - since)
        case nil: nil
        }
    }

    func take(_ node: String, for name: String) { uses[node] = .port(name) }

    func leave(_ node: String, at now: MonotonicTime) { uses[node] = .closing(now) }

    func free(_ node: String) { uses[node] = nil }
}
