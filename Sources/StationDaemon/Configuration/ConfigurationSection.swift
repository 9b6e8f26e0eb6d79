import AlarmModel
import Yams

/// One mapping of the file. What it may hold is said when it is opened; anything else in it is
/// reported there and then. What is asked for and does not fit is reported and nil.
struct ConfigurationSection {
    typealias Position = ConfigurationDocument.Position

    /// As problems name it: `'serial'`, `a port`.
    let title: String
    let position: Position
    let document: ConfigurationDocument
    private var values: [String: Node] = [:]

    /// Nil, and reported, when `node` is no mapping.
    init?(_ node: Node, title: String, known: [String], document: ConfigurationDocument) {
        self.title = title
        self.position = node.position
        self.document = document
        guard case .mapping(let mapping) = node else {
            document.report(
                node.position, "\(node.shape) is no value for \(title)",
                "it takes settings of its own: \(known.joined(separator: ", "))")
            return nil
        }
        for entry in document.entries(of: mapping) {
            if !known.contains(entry.key) {
                document.report(
                    entry.keyPosition,
                    "\(Wording.quoted(entry.key)) is not a setting of \(title)",
                    Wording.known(known, near: entry.key))
            } else if !entry.value.isBlank {
                values[entry.key] = entry.value
            }
        }
    }

    func report(_ position: Position, _ message: String, _ remedy: String) {
        document.report(position, message, remedy)
    }

    /// What stands under `key`; nil, unreported, when that is nothing.
    func node(_ key: String) -> Node? { values[key] }

    /// The mapping under `key`; nil, unreported, when there is nothing.
    func section(_ key: String, known: [String]) -> ConfigurationSection? {
        values[key].flatMap {
            ConfigurationSection($0, title: "'\(key)'", known: known, document: document)
        }
    }

    /// The elements of the list under `key`, at most `most`; none when there is nothing.
    func list(_ key: String, atMost most: Int, of what: String) -> [Node] {
        guard let node = values[key] else { return [] }
        guard case .sequence(let sequence) = node else {
            report(
                node.position, "\(node.shape) is no value for '\(key)'",
                "it takes a list of \(what), each on a line that begins with '- '")
            return []
        }
        if sequence.count > most {
            report(
                sequence[most].position, "'\(key)' has \(sequence.count) entries",
                "a station takes at most \(most) \(what)")
        }
        return Array(sequence.prefix(most))
    }

    /// Reports that `key` is missing, unless there is something under it.
    func require(_ key: String, example: String) {
        guard values[key] == nil else { return }
        report(position, "\(title) has no '\(key)'", "add one such as '\(key): \(example)'")
    }

    /// The value under `key`, read from the text as written, never from a number that YAML takes it
    /// for: `0403` keeps its zero. Nil, unreported, when there is nothing.
    func value<Value>(_ key: String, _ kind: ValueKind<Value>) -> Value? {
        values[key].flatMap { value(of: $0, for: key, kind) }
    }

    /// The same for an element of the list under `key`.
    func value<Value>(of node: Node, for key: String, _ kind: ValueKind<Value>) -> Value? {
        if case .scalar(let scalar) = node, let text = Self.printable(scalar.string),
            let value = kind.parse(text)
        {
            return value
        }
        report(node.position, "\(node.shape) is no value for '\(key)'", "it takes \(kind.takes)")
        return nil
    }

    /// Text of a size and kind that may stand in a name, a path or a message.
    static func printable(_ text: String) -> String? {
        let isPrintable =
            (1...Limits.configurationValueBytesMax).contains(text.utf8.count)
            && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
        return isPrintable ? text : nil
    }
}
