import AlarmModel
import Yams

/// Makes a tree of the text of a configuration, whatever the text is.
///
/// Yams does it, but for two habits. It refuses a whole file for one repeated key, so that no other
/// mistake could be told: here such a key is disguised by its first character and the file is
/// composed again. And it compares keys with all that their aliases stand for, which grows without
/// bound: here the text is composed with its aliases put out of action first, and as it is only
/// when all its keys turned out to be plain.
struct ConfigurationComposer {
    typealias Position = ConfigurationDocument.Position

    /// Why there is no tree.
    struct Failure: Error {
        var position = Position()
        var message: String
        var remedy: String
    }

    /// What Yams makes of a text.
    private enum Outcome {
        case tree(Node?)
        /// The first of two equal keys.
        case repeatedKey(Position)
        case failure(Failure)
    }

    /// By the position of a disguised key: the first character that the file has there.
    private(set) var disguised: [Position: Unicode.Scalar] = [:]
    private var scalars: [Unicode.Scalar]
    /// Characters for private use that the text does not have.
    private var spares: [Unicode.Scalar]

    init(_ text: String) {
        scalars = Array(text.unicodeScalars)
        // A byte order mark is no part of the text, and YAML has no place for it before settings.
        if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
        let used = Set(scalars)
        spares = Array(
            (0xF0000...0xFFFFD).lazy.compactMap { Unicode.Scalar($0) }
                .filter { !used.contains($0) }.prefix(Limits.repeatedKeysMax + 1))
    }

    /// The tree of the whole text, nil when it says nothing.
    mutating func compose() throws(Failure) -> Node? {
        guard let asterisk = spares.popLast() else {
            throw Failure(
                message: "the file is full of characters without meaning",
                remedy: "check that this is the configuration of a station")
        }
        while true {
            switch Self.outcome(of: scalars.map { $0 == "*" ? asterisk : $0 }) {
            case .failure(let failure): throw failure
            case .repeatedKey(let position): try disguise(position)
            case .tree(let root):
                try Self.requirePlainKeys(below: root, asterisk: asterisk)
                return scalars.contains("*") ? try composeWithAliases() : root
            }
        }
    }

    private func composeWithAliases() throws(Failure) -> Node? {
        switch Self.outcome(of: scalars) {
        case .tree(let root): return root
        case .failure(let failure): throw failure
        case .repeatedKey(let position): throw .repeatedKey(position)
        }
    }

    private static func outcome(of scalars: [Unicode.Scalar]) -> Outcome {
        do {
            return .tree(try Yams.compose(yaml: String(String.UnicodeScalarView(scalars)), .basic))
        } catch YamlError.duplicatedKeysInMapping(_, let context) {
            return .repeatedKey(Position(context.mark))
        } catch {
            return .failure(Failure(error))
        }
    }

    /// Makes the key at `position` differ from all others without moving anything.
    private mutating func disguise(_ position: Position) throws(Failure) {
        guard var index = index(of: position) else { throw .repeatedKey(position) }
        if scalars[index] == "\"" || scalars[index] == "'" { index += 1 }
        // A letter or digit can be replaced anywhere; what else begins a key may be syntax.
        guard index < scalars.count, scalars[index].properties.isXIDContinue,
            let spare = spares.popLast()
        else { throw .repeatedKey(position) }
        disguised[position] = scalars[index]
        scalars[index] = spare
    }

    private func index(of position: Position) -> Int? {
        var line = 1
        var index = 0
        while line < position.line, index < scalars.count {
            if endsLine(index) { line += 1 }
            index += 1
        }
        index += position.column - 1
        return scalars.indices.contains(index) ? index : nil
    }

    /// Line ends as YAML 1.1 has them; CR LF is one.
    private func endsLine(_ index: Int) -> Bool {
        switch scalars[index] {
        case "\n", "\u{85}", "\u{2028}", "\u{2029}": true
        case "\r": index + 1 >= scalars.count || scalars[index + 1] != "\n"
        default: false
        }
    }

    private static func requirePlainKeys(
        below root: Node?, asterisk: Unicode.Scalar
    ) throws(Failure) {
        var nodes = root.map { [$0] } ?? []
        while let node = nodes.popLast() {
            switch node {
            case .sequence(let sequence): nodes += sequence
            case .mapping(let mapping):
                for (key, value) in mapping {
                    guard let text = key.scalar?.string, text.unicodeScalars.first != asterisk
                    else {
                        throw Failure(
                            position: key.position, message: "a key is not plain text",
                            remedy: "put a value that begins with *, [ or { in quotes")
                    }
                    nodes.append(value)
                }
            case .scalar, .alias: break
            }
        }
    }
}

extension ConfigurationComposer.Failure {
    static func repeatedKey(_ position: ConfigurationDocument.Position) -> Self {
        Self(
            position: position, message: "this key is given twice in the same place",
            remedy: "keep one of them")
    }

    /// What Yams found that is not YAML.
    init(_ error: any Error) {
        switch error {
        case YamlError.scanner(let context, let problem, let mark, _),
            YamlError.parser(let context, let problem, let mark, _):
            let since = context.map { " (\($0.text), since line \($0.mark.line))" } ?? ""
            self.init(
                position: .init(mark), message: "this is not YAML: \(problem)\(since)",
                remedy: "check the indentation (spaces, no tabs), the quotes and the colons here")
        case YamlError.composer(let context, let problem, let mark, _):
            let before = context.map { $0.text + " " } ?? ""
            self.init(
                position: .init(mark), message: "this is not YAML: \(before)\(problem)",
                remedy: "a file is one document, and an alias *name comes after its anchor &name")
        case YamlError.reader(let problem, let offset, _, let yaml):
            self.init(
                position: Self.position(of: offset ?? 0, in: yaml),
                message: "this is not text: \(problem)",
                remedy: "save the file as UTF-8 without control characters")
        default:
            self.init(
                message: "the file cannot be read as YAML",
                remedy: "check that this is the configuration of a station")
        }
    }

    private static func position(
        of offset: Int, in text: String
    ) -> ConfigurationDocument.Position {
        var position = ConfigurationDocument.Position()
        for character in text.prefix(max(0, offset)) {
            if character.isNewline {
                position.line += 1
                position.column = 1
            } else {
                position.column += character.unicodeScalars.count
            }
        }
        return position
    }
}

extension ConfigurationDocument.Position {
    init(_ mark: Mark) {
        self.init(line: max(1, mark.line), column: max(1, mark.column))
    }
}
