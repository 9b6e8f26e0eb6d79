import AlarmModel
import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a person sends with an order, in JSON; nothing at all is an order too.
///
/// A field that nobody keeps is an error, because what was written in it would be gone in silence.
struct OrderBody: Sendable {
    private(set) var version: Int?
    /// Which desk or whose account.
    private(set) var by = Self.unnamed
    private(set) var note: String?
    private(set) var until: WallTime?
    private(set) var responder: String?
    private(set) var stage: String?
    private(set) var outcome: AlertOutcome?
    private(set) var takesOver = false
    /// Of an order for many alerts.
    private(set) var kinds: Set<EventKind>?
    private(set) var priorities: Set<Priority>?
    private(set) var port: String?

    /// Who gives an order without a name.
    static let unnamed = "unnamed desk"
    static let form = #"send {"by":"desk 2","version":7}, or nothing"#

    /// The fields of an order for one alert, and of one for many.
    private enum Field: String, CaseIterable, CodingKey {
        case version, by, reason, note, until, responder, stage, outcome, takeOver
        case kind, priority, port
    }

    private static let ofOne = Array(Field.allCases.prefix { $0 != .kind })
    private static let ofMany: [Field] = [.by, .reason, .note, .outcome, .kind, .priority, .port]

    /// - Parameter many: it is for all alerts that fit `kind`, `priority` and `port`.
    init(_ body: ByteBuffer, forMany many: Bool = false) throws(DeskError) {
        guard body.readableBytes > 0 else { return }
        let allowed = many ? Self.ofMany : Self.ofOne
        let fields: Fields
        do {
            fields = try JSONDecoder().decode(Fields.self, from: Data(body.readableBytesView))
        } catch {
            throw .badRequest("the body is not the JSON of an order", remedy: Self.form)
        }
        if let stranger = fields.values.keys.sorted().first(where: { name in
            !allowed.contains { $0.rawValue == name }
        }) {
            throw .badRequest(
                "an order has no field \(stranger)",
                remedy: "its fields are \(allowed.map(\.rawValue).joined(separator: ", "))")
        }
        try read(fields)
    }

    private mutating func read(_ fields: Fields) throws(DeskError) {
        version = try fields.number(Field.version.rawValue)
        takesOver = try fields.flag(Field.takeOver.rawValue)
        if let name = try fields.line(Field.by.rawValue, most: Limits.deskNameMax) {
            guard !name.isEmpty, name != ChangeDraft.station else {
                throw .badRequest("by=\(name) is nobody's name", remedy: Self.form)
            }
            by = name
        }
        let reason = try fields.text(Field.reason.rawValue)
        let words = try fields.text(Field.note.rawValue)
        let said = [reason, words].compactMap(\.self)
        note = said.isEmpty ? nil : said.joined(separator: "\n")
        responder = try fields.line(Field.responder.rawValue, most: Limits.deskNameMax)
        stage = try fields.line(Field.stage.rawValue, most: Limits.deskNameMax)
        port = try fields.line(Field.port.rawValue, most: Limits.configurationValueBytesMax)
        outcome = try fields.name(Field.outcome.rawValue)
        kinds = try fields.names(Field.kind.rawValue)
        priorities = try fields.names(Field.priority.rawValue)
        guard let time = try fields.line(Field.until.rawValue, most: Limits.deskNameMax) else {
            return
        }
        guard let read = WallTime(rfc3339: time) else {
            throw .badRequest(
                "until=\(time) is no time", remedy: "write it as 2026-11-21T09:25:58Z")
        }
        until = read
    }

    func order(_ kind: Order.Kind) -> Order {
        Order(
            kind, by: by, version: version, note: note, until: until, responder: responder,
            stage: stage, outcome: outcome, takesOver: takesOver)
    }
}

/// The members of a flat JSON object, read by what they have to be.
private struct Fields: Decodable {
    enum Value: Decodable {
        case text(String)
        case number(Int)
        case flag(Bool)
        case list([String])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let flag = try? container.decode(Bool.self) {
                self = .flag(flag)
            } else if let number = try? container.decode(Int.self) {
                self = .number(number)
            } else if let text = try? container.decode(String.self) {
                self = .text(text)
            } else {
                self = .list(try container.decode([String].self))
            }
        }
    }

    var values: [String: Value]

    init(from decoder: any Decoder) throws {
        values = try decoder.singleValueContainer().decode([String: Value].self)
    }

    func number(_ name: String) throws(DeskError) -> Int? {
        switch values[name] {
        case nil: return nil
        case .number(let number)? where number >= 1: return number
        case _?: throw wrong(name, "a whole number from 1")
        }
    }

    func flag(_ name: String) throws(DeskError) -> Bool {
        switch values[name] {
        case nil: return false
        case .flag(let flag)?: return flag
        case _?: throw wrong(name, "true or false")
        }
    }

    /// Some words, line breaks among them.
    func text(_ name: String) throws(DeskError) -> String? {
        switch values[name] {
        case nil: return nil
        case .text(let text)?
        where text.utf8.count <= Limits.orderNoteBytesMax
            && text.unicodeScalars.allSatisfy({ $0 == "\n" || $0 == "\t" || !$0.isControl }):
            return text
        case _?: throw wrong(name, "text of at most \(Limits.orderNoteBytesMax) bytes")
        }
    }

    /// It goes into the journal, where a line end would begin a line of somebody else's.
    func line(_ name: String, most: Int) throws(DeskError) -> String? {
        switch values[name] {
        case nil: return nil
        case .text(let text)?
        where text.unicodeScalars.count <= most
            && !text.unicodeScalars.contains(where: \.isControl):
            return text
        case _?: throw wrong(name, "one line of at most \(most) characters")
        }
    }

    func name<Name: RawRepresentable<String> & CaseIterable>(
        _ name: String
    ) throws(DeskError) -> Name? {
        guard let value = values[name] else { return nil }
        guard case .text(let text) = value, let found = Name(rawValue: text) else {
            throw wrong(name, Name.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return found
    }

    /// One name, or several in an array.
    func names<Name: RawRepresentable<String> & CaseIterable & Hashable>(
        _ name: String
    ) throws(DeskError) -> Set<Name>? {
        let texts: [String]
        switch values[name] {
        case nil: return nil
        case .text(let text)?: texts = [text]
        case .list(let list)?: texts = list
        case _?: texts = []
        }
        let found = texts.compactMap { Name(rawValue: $0) }
        guard !texts.isEmpty, found.count == texts.count else {
            throw wrong(name, "of " + Name.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return Set(found)
    }

    private func wrong(_ name: String, _ form: String) -> DeskError {
        .badRequest("\(name) is not what it has to be", remedy: "\(name) is \(form)")
    }
}

extension Unicode.Scalar {
    fileprivate var isControl: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
