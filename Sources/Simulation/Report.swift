import AlarmModel

/// What one run did and what was wrong with it. The same seed gives the same report.
public struct Report: Equatable, Sendable {
    public let seed: UInt64
    public var steps = 0
    public var presses = 0
    public var answered = 0
    /// Presses that their device lost with its power before anybody had answered.
    public var forgotten = 0
    public var resends = 0
    public var events = 0
    public var restarts = 0
    public var unplugged = 0
    /// Sentences, each beginning with the name of the rule that was broken.
    public var problems: [String] = []
    /// Of everything that happened, in order.
    public var traceHash: UInt64 = 0
    /// The last steps before the first problem, where they were asked for.
    public var trace: [String] = []

    init(seed: UInt64) { self.seed = seed }
}
