import AlarmModel

/// A file of test vectors: what a protocol is fed, and everything that must come of it.
///
/// The format is described in `protocol-spec/VECTORS.md`. ``init(parsing:file:)`` reads it,
/// ``text`` writes it.
public struct VectorFile: Equatable, Sendable {
    public var protocolID: ProtocolID
    /// Options of the protocol, as its configuration would give them.
    public var options: [Option]
    public var origin: Origin
    public var cases: [VectorCase]

    public struct Option: Equatable, Sendable {
        public var key: String
        public var value: String

        public init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }

    /// Where the bytes and the expectations come from.
    public struct Origin: Equatable, Sendable {
        public enum Kind: String, CaseIterable, Sendable {
            /// Printed in, or derived by hand from, the protocol's specification.
            case spec
            /// Recorded from a device.
            case device
            /// Made up, to reach a corner.
            case synthetic
        }

        public var kind: Kind
        /// Which section, which device and firmware.
        public var text: String

        public init(kind: Kind, text: String) {
            self.kind = kind
            self.text = text
        }
    }

    public init(
        protocolID: ProtocolID, options: [Option] = [], origin: Origin, cases: [VectorCase]
    ) {
        self.protocolID = protocolID
        self.options = options
        self.origin = origin
        self.cases = cases
    }
}

/// One case: one connection from its first byte.
public struct VectorCase: Equatable, Sendable {
    public var title: String
    /// Of its `case` line, 1 for the first line of the file.
    public var line: Int
    /// In file order: what comes of a chunk stands behind it.
    public var steps: [Step]

    public struct Step: Equatable, Sendable {
        public var line: Int
        public var action: VectorAction

        public init(line: Int, action: VectorAction) {
            self.line = line
            self.action = action
        }
    }

    public init(title: String, line: Int, steps: [Step]) {
        self.title = title
        self.line = line
        self.steps = steps
    }

    /// Bytes that must be left in the ring at the end; 0 where the case does not say.
    public var pending: Int {
        for step in steps {
            if case .pending(let count) = step.action { return count }
        }
        return 0
    }
}

/// One line of a case: a chunk that goes in, or something that must come out.
public enum VectorAction: Equatable, Sendable {
    /// One read from the port.
    case receive([UInt8])
    case event(WordedDraft)
    case reply([UInt8])
    /// Bytes counted as no frame, under this reason.
    case skip(reason: String, bytes: Int)
    /// Bytes left in the ring when the case ends.
    case pending(Int)

    /// The action as a line of a vector file: two outcomes are the same when their lines are.
    public var line: String {
        switch self {
        case .receive(let bytes): "rx " + hexText(bytes, spaced: true)
        case .event(let draft): "event " + VectorEvent.describe(draft)
        case .reply(let bytes): "reply " + hexText(bytes, spaced: true)
        case .skip(let reason, let bytes): "skip \(reason) \(bytes)"
        case .pending(let count): "pending \(count)"
        }
    }
}

extension VectorFile {
    /// The file as text, which parses to the same.
    public var text: String {
        var lines = ["protocol \(protocolID)"]
        lines += options.map { "option \($0.key)=\(VectorText.value(Array($0.value.utf8)))" }
        lines.append("origin \(origin.kind.rawValue) \(origin.text)")
        for vector in cases {
            lines.append("case \(vector.title)")
            lines += vector.steps.map(\.action.line)
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

/// A mistake in a vector file.
public struct VectorProblem: Error, Equatable, CustomStringConvertible {
    public var file: String
    /// 1 for the first.
    public var line: Int
    /// In characters, 1 for the first.
    public var column: Int
    /// What is wrong, and what would be right.
    public var message: String

    public init(file: String, line: Int, column: Int, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
    }

    public var description: String { "\(file):\(line):\(column): \(message)" }
}

/// All mistakes of a vector file, in file order.
public struct VectorProblems: Error, Equatable, CustomStringConvertible {
    public var problems: [VectorProblem]

    public init(_ problems: [VectorProblem]) { self.problems = problems }

    public var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}
