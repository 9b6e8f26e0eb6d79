import AlarmModel

/// What the words of a site's calls mean: its `text.<words>: <kind>` options. Paging wires say
/// "FALL ROOM 12" where others have a code, in whatever language the nurse call was set up in.
struct TextKinds: Sendable {
    static let prefix = "text."

    /// In lower case, the gravest kind first.
    private let rows: [(words: String, kind: EventKind)]

    init(options: ProtocolOptions) throws(OptionProblem) {
        var rows: [(words: String, kind: EventKind)] = []
        for key in Self.keys(in: options) {
            let words = key.dropFirst(Self.prefix.count).lowercased()
            guard !words.isEmpty, let kind = try options.callKind(key) else {
                throw OptionProblem(key: key, message: "'\(key)' names no words to look for")
            }
            rows.append((words, kind))
        }
        self.rows = rows.sorted { $0.kind.priority.rank < $1.kind.priority.rank }
    }

    /// The keys that are read here, for ``ProtocolOptions/refuseAll(except:)``.
    static func keys(in options: ProtocolOptions) -> [String] {
        options.values.keys.filter { $0.hasPrefix(prefix) }.sorted()
    }

    /// The gravest kind whose words occur in `text`, capital or small.
    @inline(__always)
    func kind(of text: String?) -> EventKind? {
        rows.isEmpty ? nil : text.flatMap(gravest)
    }

    private func gravest(in text: String) -> EventKind? {
        let folded = text.lowercased()
        return rows.first { folded.contains($0.words) }?.kind
    }
}

extension ProtocolOptions {
    /// The same as ``kind(_:)`` for a call: it cannot be telemetry, or what somebody called for
    /// would be stored nowhere.
    func callKind(_ key: String) throws(OptionProblem) -> EventKind? {
        guard let kind = try kind(key) else { return nil }
        guard !kind.isTelemetry else {
            throw OptionProblem(
                key: key,
                message: "a call is always stored and cannot be '\(kind.rawValue)'; write a kind "
                    + "such as sos, helpNeeded, serviceRequest or test")
        }
        return kind
    }
}
