import AlarmModel

/// Which records one client of the stream wants.
public struct StreamFilter: Equatable, Sendable {
    /// Nil is every kind.
    public var kinds: Set<EventKind>?
    /// Nil is every priority.
    public var priorities: Set<Priority>?
    /// Positions and check-ins too.
    public var includesTelemetry: Bool
    /// What people and the time do to alerts too.
    public var includesChanges: Bool

    public init(
        kinds: Set<EventKind>? = nil, priorities: Set<Priority>? = nil,
        includesTelemetry: Bool = false, includesChanges: Bool = true
    ) {
        self.kinds = kinds
        self.priorities = priorities
        self.includesTelemetry = includesTelemetry
        self.includesChanges = includesChanges
    }

    func wants(_ record: Record) -> Bool {
        guard case .event(let event) = record else { return includesChanges }
        return (includesTelemetry || !event.kind.isTelemetry)
            && kinds?.contains(event.kind) ?? true
            && priorities?.contains(event.priority) ?? true
    }
}
