import ArgumentParser
import Foundation
import OperatorDesk

/// What every order says besides its own.
struct OrderOptions: ParsableArguments {
    @Option(help: "Who gives the order: your name or that of the desk.")
    var by = NSUserName()

    @Option(help: "The alert's version as you saw it: fails if it changed since.")
    var version: Int?

    @Option(help: "A few words that stay with the alert.")
    var note: String?

    @Flag(help: "Also when somebody else has the alert.")
    var takeOver = false

    fileprivate var fields: OrderForm {
        OrderForm(by: by, version: version, note: note, takeOver: takeOver ? true : nil)
    }
}

/// `tocsin ack ID`
struct Acknowledge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ack", abstract: "Takes an alert: you are working on it.")

    @OptionGroup var desk: DeskOptions
    @OptionGroup var order: OrderOptions
    @Argument(help: "The alert's id, from `tocsin alerts`.") var id: String

    func run() async throws { try await desk.give("acknowledge", id, order.fields) }
}

/// `tocsin release ID`
struct Release: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Gives an alert back: somebody else may take it.")

    @OptionGroup var desk: DeskOptions
    @OptionGroup var order: OrderOptions
    @Argument(help: "The alert's id, from `tocsin alerts`.") var id: String

    func run() async throws { try await desk.give("release", id, order.fields) }
}

/// `tocsin note ID TEXT`
struct Note: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes a few words to an alert.")

    @OptionGroup var desk: DeskOptions
    @Option(help: "Who writes: your name or that of the desk.")
    var by = NSUserName()
    @Argument(help: "The alert's id, from `tocsin alerts`.") var id: String
    @Argument(help: "The words.") var text: String

    func run() async throws {
        try await desk.give("note", id, OrderForm(by: by, note: text))
    }
}

/// `tocsin resolve ID`
struct Resolve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ends an alert: it has been taken care of.",
        discussion: """
            Without an ID it ends all alerts that fit --kind, --priority and --port and that \
            nobody else has. Priorities emergency and warning are ended one by one.
            """)

    @OptionGroup var desk: DeskOptions
    @OptionGroup var order: OrderOptions

    @Option(
        help: """
            What it was: rescue, help, enquiry, accidental, test, noAnswerChecked, deviceFault, \
            unreachable or duplicate.
            """)
    var outcome: String?

    @Option(help: "Without an ID: only these kinds, with commas.")
    var kind: String?

    @Option(help: "Without an ID: trouble, information or both.")
    var priority: String?

    @Option(help: "Without an ID: only of this port.")
    var port: String?

    @Argument(help: "The alert's id, from `tocsin alerts`.") var id: String?

    func validate() throws {
        let isFiltered = kind != nil || priority != nil || port != nil
        if id == nil, !isFiltered {
            throw ValidationError("say which alert: an ID, or --kind, --priority or --port")
        }
        if id != nil, isFiltered {
            throw ValidationError("an ID is one alert; leave out --kind, --priority and --port")
        }
        if id == nil, order.version != nil || order.takeOver || desk.json {
            throw ValidationError("--version, --take-over and --json go with an ID")
        }
    }

    func run() async throws {
        var fields = order.fields
        fields.outcome = outcome
        if let id { return try await desk.give("resolve", id, fields) }
        fields.kind = kind.map { $0.split(separator: ",").map(String.init) }
        fields.priority = priority.map { $0.split(separator: ",").map(String.init) }
        fields.port = port
        var resolved = 0
        while true {
            let answer = try await desk.client().post(
                "/v1/alerts/resolve", json: Array(try JSONEncoder().encode(fields)))
            guard answer.status == 200 else { throw StreamClientError.refused(answer) }
            let sum = try decodeJSON(ManyForm.self, answer.body)
            resolved += sum.resolved
            if sum.more > 0, sum.resolved > 0 { continue }
            var line = "\(grouped(resolved)) resolved"
            let left = sum.taken + sum.more
            if left > 0 { line += "; \(grouped(left)) not, because somebody else has them" }
            if sum.grave > 0 {
                line +=
                    "; \(grouped(sum.grave)) of priority emergency or warning are ended one by "
                    + "one"
            }
            return print(line)
        }
    }

    private struct ManyForm: Decodable {
        var resolved: Int
        var taken: Int
        var more: Int
        var grave: Int
    }
}

/// An order as the desk reads it; what is nil is left out.
struct OrderForm: Encodable {
    var by: String
    var version: Int?
    var note: String?
    var takeOver: Bool?
    var outcome: String?
    var kind: [String]?
    var priority: [String]?
    var port: String?
}

/// What the desk answers when somebody was quicker.
private struct ConflictForm: Decodable {
    var owner: String?
    var since: String
    var version: Int
    var state: String
}

extension DeskOptions {
    fileprivate func give(_ order: String, _ id: String, _ fields: OrderForm) async throws {
        let answer = try await client().post(
            "/v1/alerts/\(encoded(id))/\(order)", json: Array(try JSONEncoder().encode(fields)))
        if answer.status == 409, let conflict = try? decodeJSON(ConflictForm.self, answer.body) {
            throw Conflict(conflict)
        }
        guard answer.status == 200 else { throw StreamClientError.refused(answer) }
        if json { return print(String(decoding: answer.body, as: UTF8.self)) }
        let alert = try decodeJSON(AlertForm.self, answer.body)
        let who = alert.changes.last.map { ", by \(plain($0.by))" } ?? ""
        print("\(alert.id) is \(alert.state)\(who)")
    }
}

/// The alert is not as whoever gave the order thought.
private struct Conflict: Error, CustomStringConvertible {
    var description: String

    init(_ form: ConflictForm) {
        let who = form.owner.map { " by \(plain($0))" } ?? ""
        description =
            "the alert is \(form.state)\(who) since \(form.since), version \(form.version)"
        switch (form.state, form.owner) {
        case ("resolved", _): break
        case (_, nil): description += "; look at it again"
        case (_, _?): description += "; look at it again, or add --take-over"
        }
    }
}
