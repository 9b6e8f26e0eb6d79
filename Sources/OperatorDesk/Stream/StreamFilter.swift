import AlarmModel

/// Which events one client of the stream wants.
public struct StreamFilter: Equatable, Sendable {
    /// Nil is every kind.
    public var kinds: Set<EventKind>?
    /// Nil is every priority.
    public var priorities: Set<Priority>?
    /// Positions and check-ins too.
    public var includesTelemetry: Bool

    public init(
        kinds: Set<EventKind>? = nil, priorities: Set<Priority>? = nil,
        includesTelemetry: Bool = false
    ) {
        self.kinds = kinds
        self.priorities = priorities
        self.includesTelemetry = includesTelemetry
    }

    func wants(_ event: Event) -> Bool {
        (includesTelemetry || !event.kind.isTelemetry)
            && kinds?.contains(event.kind) ?? true
            && priorities?.contains(event.priority) ?? true
    }
}
