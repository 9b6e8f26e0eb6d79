import ArgumentParser
import OperatorDesk

/// `tocsin alerts`
struct Alerts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the alerts that no person has ended.")

    @OptionGroup var desk: DeskOptions

    @Option(help: "States to list, with commas: open,acknowledged,resolved")
    var state = "open,acknowledged"

    func run() async throws {
        try await desk.show("/v1/alerts?state=\(state)", as: AlertForm.self) { alert in
            let who = alert.device.map { "\($0.protocol) \($0.address)" } ?? alert.port
            let ended = alert.restored ? ", condition ended" : ""
            return "\(alert.id)  \(alert.state)  \(alert.priority)  \(alert.kind)  \(who)  "
                + "\(alert.openedAt)  \(alert.eventCount) events, "
                + "\(alert.repeatCount) repeats\(ended)"
        }
    }
}

/// `tocsin ack ID`
struct Acknowledge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ack", abstract: "Takes an alert: you are working on it.")

    @OptionGroup var desk: DeskOptions
    @Argument(help: "The alert's id, from `tocsin alerts`.") var id: String

    func run() async throws { try await order("acknowledge", id, desk) }
}

/// `tocsin resolve ID`
struct Resolve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ends an alert: it has been taken care of.")

    @OptionGroup var desk: DeskOptions
    @Argument(help: "The alert's id, from `tocsin alerts`.") var id: String

    func run() async throws { try await order("resolve", id, desk) }
}

private func order(_ command: String, _ id: String, _ desk: DeskOptions) async throws {
    let answer = try await desk.client().post("/v1/alerts/\(id)/\(command)")
    guard answer.status == 200 else { throw StreamClientError.refused(answer) }
    if desk.json { return print(String(decoding: answer.body, as: UTF8.self)) }
    let alert = try decodeJSON(AlertForm.self, answer.body)
    print("\(alert.id) is \(alert.state)")
}

/// `tocsin ports`
struct Ports: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the ports, how they are, and what to do about those that are not open.")

    @OptionGroup var desk: DeskOptions

    func run() async throws {
        try await desk.show("/v1/ports", as: PortForm.self) { port in
            let path = port.path ?? "-"
            let frames = port.counters["frames"] ?? 0
            var line = "\(port.name)  \(port.state)  \(port.protocol)  \(path)  \(frames) frames"
            if let reason = port.reason { line += "\n    \(reason)" }
            if let remedy = port.remedy { line += "\n    \(remedy)" }
            return line
        }
    }
}
