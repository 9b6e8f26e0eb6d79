/// The `options:` of a port in the configuration: what differs between models of one protocol.
/// Keys and values are text as written; each protocol reads its own and refuses what it does not
/// know, so that a misspelt option is found at start and not in an emergency.
public struct ProtocolOptions: Sendable, Equatable {
    public var values: [String: String]

    public init(_ values: [String: String] = [:]) { self.values = values }

    /// Throws for any key that is not among `known`.
    public func refuseAll(except known: [String]) throws(OptionProblem) {
        for key in values.keys.sorted() where !known.contains(key) {
            let right =
                known.isEmpty
                ? "this protocol has no options"
                : "known are "
                    + known.joined(separator: ", ")
            throw OptionProblem(key: key, message: "unknown option '\(key)'; \(right)")
        }
    }

    /// The whole number under `key`, or nil when it is absent.
    public func integer(_ key: String, in range: ClosedRange<Int>) throws(OptionProblem) -> Int? {
        guard let text = values[key] else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw OptionProblem(
                key: key,
                message: "'\(text)' is not a whole number from \(range.lowerBound) to "
                    + "\(range.upperBound)")
        }
        return value
    }
}

/// An option that cannot be, in a sentence for the person who wrote it.
public struct OptionProblem: Error, Equatable {
    public var key: String
    public var message: String

    public init(key: String, message: String) {
        self.key = key
        self.message = message
    }
}
