import AlarmModel
import Yams

/// One configuration file while it is read: its text as a tree, and the problems found so far.
final class ConfigurationDocument {
    /// Where something stands; line and column are 1 for the first.
    struct Position: Hashable, Comparable {
        var line = 1
        var column = 1

        static func < (a: Position, b: Position) -> Bool {
            (a.line, a.column) < (b.line, b.column)
        }
    }

    /// One `key: value` of a mapping.
    struct Entry {
        var key: String
        var keyPosition: Position
        var value: Node
    }

    let file: String
    /// Nil for a file that says nothing.
    private(set) var root: Node?
    /// By the position of a disguised key: the first character that the file has there.
    private var disguised: [Position: Unicode.Scalar] = [:]
    private var reported: [Report] = []

    private struct Report: Equatable {
        var position: Position
        var message: String
        var remedy: String
        var isWarning = false
    }

    init(_ text: String, file: String) {
        self.file = file
        guard text.utf8.count <= Limits.configurationBytesMax else {
            report(
                Position(), "the file is larger than \(Limits.configurationBytesMax) bytes",
                "check that this is the configuration of a station")
            return
        }
        var composer = ConfigurationComposer(text)
        do {
            root = try composer.compose()
        } catch {
            report(error.position, error.message, error.remedy)
        }
        disguised = composer.disguised
    }

    // MARK: problems

    func report(_ position: Position, _ message: String, _ remedy: String) {
        add(Report(position: position, message: message, remedy: remedy))
    }

    /// Of what works and is unwise.
    func warn(_ position: Position, _ message: String, _ remedy: String) {
        add(Report(position: position, message: message, remedy: remedy, isWarning: true))
    }

    private func add(_ report: Report) {
        // What an alias repeats is one mistake.
        guard reported.count < Limits.configurationProblemsMax, !reported.contains(report)
        else { return }
        reported.append(report)
    }

    /// All that was reported, in the order of the file, when there is a mistake among it.
    var problems: ConfigurationProblems? {
        reported.contains { !$0.isWarning } ? ConfigurationProblems(inOrder) : nil
    }

    /// The same when there is none.
    var warnings: [ConfigurationProblems.Problem] { problems == nil ? inOrder : [] }

    private var inOrder: [ConfigurationProblems.Problem] {
        // Sorting keeps the order of equal positions, which the standard library does not promise.
        let order = reported.indices.sorted {
            (reported[$0].position, $0) < (reported[$1].position, $1)
        }
        return order.map { index in
            let report = reported[index]
            return .init(
                file: file, line: report.position.line, column: report.position.column,
                message: report.message, remedy: report.remedy, isWarning: report.isWarning)
        }
    }

    // MARK: tree

    /// The entries of a mapping, each key once: of two that are equal, the first counts and the
    /// second is a problem.
    func entries(of mapping: Node.Mapping) -> [Entry] {
        var lines: [String: Int] = [:]
        var entries: [Entry] = []
        for (keyNode, value) in mapping {
            let position = keyNode.position
            let key = plainKey(keyNode)
            if let line = lines[key] {
                report(
                    position, "\(Wording.quoted(key)) is given twice, first on line \(line)",
                    "keep one of them")
                continue
            }
            lines[key] = position.line
            entries.append(Entry(key: key, keyPosition: position, value: value))
        }
        return entries
    }

    private func plainKey(_ node: Node) -> String {
        let text = node.scalar?.string ?? ""
        guard let first = disguised[node.position] else { return text }
        return String(first) + String(String.UnicodeScalarView(text.unicodeScalars.dropFirst()))
    }
}

extension Node {
    var position: ConfigurationDocument.Position {
        mark.map { .init(line: $0.line, column: $0.column) } ?? .init()
    }

    /// Nothing was written: `baud:` and the end of the line.
    var isBlank: Bool {
        guard case .scalar(let scalar) = self else { return false }
        return scalar.string.isEmpty && scalar.style == .plain
    }

    /// What it is, for a person.
    var shape: String {
        switch self {
        case .scalar(let scalar): Wording.quoted(scalar.string)
        case .mapping: "a block of settings"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }
}
