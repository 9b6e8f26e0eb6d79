import AlarmModel
import ArgumentParser
import Foundation
import OperatorDesk

/// What every order says besides its own.
struct OrderOptions: ParsableArguments {
    @Option(
        help: """
            Who gives the order: your name or that of the desk; else TOCSIN_BY, else your user name.
            """)
    var by = OrderOptions.name

    @Option(help: "The alert's version as you saw it: fails if it changed since.")
    var version: Int?

    @Option(help: "A few words that stay with the alert.")
    var note: String?

    @Flag(help: "Also when somebody else has the alert.")
    var takeOver = false

    static var name: String {
        let said = ProcessInfo.processInfo.environment["TOCSIN_BY"] ?? ""
        return said.isEmpty ? NSUserName() : said
    }

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
    @Argument(help: "The alert's id or its beginning, from `tocsin alerts`.") var id: String

    func run() async throws { try await desk.give("acknowledge", id, order.fields) }
}

/// `tocsin release ID`
struct Release: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Gives an alert back: somebody else may take it.")

    @OptionGroup var desk: DeskOptions
    @OptionGroup var order: OrderOptions
    @Argument(help: "The alert's id or its beginning, from `tocsin alerts`.") var id: String

    func run() async throws { try await desk.give("release", id, order.fields) }
}

/// `tocsin park ID --until TIME`
struct Park: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Puts an alert aside until a time, when it is raised again.")

    @OptionGroup var desk: DeskOptions
    @OptionGroup var order: OrderOptions
    @Option(help: "The time with its date and zone: 2026-11-21T17:30:00+08:00")
    var until: String
    @Argument(help: "The alert's id or its beginning, from `tocsin alerts`.") var id: String

    func run() async throws {
        guard let time = WallTime(rfc3339: until) else {
            let hour = WallTime(
                microseconds: Int64(Date().timeIntervalSince1970 + 3_600) * 1_000_000)
            let example = localTime(hour).replacing(" ", with: "T")
            throw Trouble(
                "'\(until)' is not a time with its date and zone; in an hour it is \(example)",
                .usage)
        }
        var fields = order.fields
        fields.until = time.rfc3339
        try await desk.give("park", id, fields)
    }
}

/// `tocsin note ID TEXT`
struct Note: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes a few words to an alert.")

    @OptionGroup var desk: DeskOptions
    @Option(help: "Who writes: your name or that of the desk; else TOCSIN_BY, else your user name.")
    var by = OrderOptions.name
    @Argument(help: "The alert's id or its beginning, from `tocsin alerts`.") var id: String
    /// People begin notes with a dash: what is no option of this command is a word of theirs.
    @Argument(parsing: .allUnrecognized, help: "The words.") var text: [String] = []

    func run() async throws {
        // Behind two dashes everything is words.
        let isPlain = text.first == "--"
        let words = isPlain ? Array(text.dropFirst()) : text
        guard !words.isEmpty else { throw Trouble("there are no words to write down", .usage) }
        if !isPlain, let option = words.first(where: Self.looksLikeOption) {
            throw Trouble(
                "\(option) is no option of `tocsin note`; put a note that begins like one in "
                    + "quotes, with its other words",
                .usage)
        }
        try await desk.give("note", id, OrderForm(by: by, note: words.joined(separator: " ")))
    }

    /// `--byy`, alone or with a value, and not `- asleep` or `-- in hospital`.
    private static func looksLikeOption(_ word: String) -> Bool {
        word.hasPrefix("--") && word.dropFirst(2).first?.isLetter == true && !word.contains(" ")
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

    @Argument(help: "The alert's id or its beginning, from `tocsin alerts`.") var id: String?

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
            return Terminal.say(line)
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
    var until: String?
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
        guard !id.isEmpty else {
            throw Trouble("the ID is empty; write the one that `tocsin alerts` shows", .usage)
        }
        let path = "/v1/alerts/\(encoded(id))"
        let answer = try await client().post(
            "\(path)/\(order)", json: Array(try JSONEncoder().encode(fields)))
        if answer.status == 409 {
            throw try await conflict(try decodeJSON(ConflictForm.self, answer.body), path)
        }
        guard answer.status == 200 else { throw StreamClientError.refused(answer) }
        if json { return Terminal.say(json: answer.body) }
        let alert = try decodeJSON(AlertForm.self, answer.body)
        let end = alert.end.map { ", by \($0)" }
        let who = alert.changes.last.map { ", by \($0.by)" }
        // Whoever has seen fewer looks again.
        let events = alert.eventCount == 1 ? "" : "; \(alert.eventCount) events"
        let parked = alert.parkedUntil.map { ", put aside until \(localTime($0))" } ?? ""
        Terminal.say("\(alert.id) is \(alert.state)\(end ?? who ?? "")\(parked)\(events)")
    }

    /// The alert is not as whoever gave the order thought.
    private func conflict(_ form: ConflictForm, _ path: String) async throws -> Trouble {
        if form.state == "resolved" {
            let alert = try decodeJSON(AlertForm.self, try await ask(path).body)
            return Trouble("the alert was resolved already, by \(alert.end ?? "somebody")")
        }
        let who = form.owner.map { " by \($0)" } ?? ""
        return Trouble(
            "the alert is \(form.state)\(who) since \(localTime(form.since)), version "
                + "\(form.version); look at it again"
                + (form.owner == nil ? "" : ", or add --take-over"))
    }
}

extension AlertForm {
    /// Who has ended it, when, and as what; nil for one that nobody has.
    fileprivate var end: String? {
        guard state == "resolved", let change = changes.last(where: { $0.change == "resolved" })
        else { return nil }
        return "\(change.by) at \(localTime(change.at))" + (change.outcome.map { ": \($0)" } ?? "")
    }
}
