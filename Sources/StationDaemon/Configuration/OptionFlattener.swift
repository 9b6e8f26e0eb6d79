import AlarmModel
import Yams

/// Makes `alarm: {29: fall}` the option `alarm.29` with the text `fall`.
struct OptionFlattener {
    struct Option {
        var text: String
        var position: ConfigurationDocument.Position
    }

    let document: ConfigurationDocument
    private(set) var options: [String: Option] = [:]
    /// Entries looked at. Aliases make a few lines stand for any number of them.
    private var looked = 0

    init(document: ConfigurationDocument) { self.document = document }

    mutating func add(_ mapping: Node.Mapping, prefix: String) {
        looked += mapping.count
        guard looked <= Limits.portOptionsMax else {
            document.report(
                mapping.mark.map { .init($0) } ?? .init(), "there are too many options",
                "a port takes at most \(Limits.portOptionsMax)")
            return
        }
        for entry in document.entries(of: mapping) {
            add(entry, key: prefix + entry.key)
        }
    }

    private mutating func add(_ entry: ConfigurationDocument.Entry, key: String) {
        guard ConfigurationSection.printable(key) != nil else {
            document.report(
                entry.keyPosition, "\(Wording.quoted(key)) is no name of an option",
                "it takes at most \(Limits.configurationValueBytesMax) printable bytes")
            return
        }
        switch entry.value {
        case .mapping(let mapping): add(mapping, prefix: key + ".")
        case .scalar(let scalar) where ConfigurationSection.printable(scalar.string) != nil:
            let option = Option(text: scalar.string, position: entry.value.position)
            if let first = options.updateValue(option, forKey: key) {
                document.report(
                    entry.keyPosition,
                    "\(Wording.quoted(key)) is given twice, first on line \(first.position.line)",
                    "keep one of them")
            }
        default:
            document.report(
                entry.value.position, "\(entry.value.shape) is no value for \(Wording.quoted(key))",
                "it takes text, a number, or settings of its own")
        }
    }
}
