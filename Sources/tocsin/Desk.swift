import ArgumentParser
import Foundation
import OperatorDesk

/// `tocsin alerts`
struct Alerts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the alerts that no person has ended: gravest, open, oldest first.")

    @OptionGroup var desk: DeskOptions

    @Option(help: "States to list, with commas: open,acknowledged,attended,resolved")
    var state = "open,acknowledged,attended"

    @Option(help: "Only these kinds, with commas: sos,fall")
    var kind: String?

    @Option(help: "Only these priorities, with commas: emergency,warning")
    var priority: String?

    @Option(help: "Only of this port.")
    var port: String?

    @Option(help: "At most so many; how many are left out is said.")
    var limit: Int?

    func run() async throws {
        var parameters = ["state=\(encoded(state))"]
        if let kind { parameters.append("kind=\(encoded(kind))") }
        if let priority { parameters.append("priority=\(encoded(priority))") }
        if let port { parameters.append("port=\(encoded(port))") }
        if let limit { parameters.append("limit=\(limit)") }
        let answer = try await desk.show(
            "/v1/alerts?" + parameters.joined(separator: "&"), as: AlertForm.self, Self.line)
        if desk.json { return }
        if answer.body == Array("[]".utf8) { print("no alerts") }
        if let more = answer.headers["tocsin-more"].flatMap({ Int($0) }) {
            print("\(grouped(more)) more")
        }
    }

    /// Who and where, so that two alerts of one receiver are told apart.
    private static func line(_ alert: AlertForm) -> String {
        var parts = [alert.id, alert.state, alert.priority, alert.kind]
        parts.append(alert.device.map { "\($0.protocol) \(plain($0.address))" } ?? "no address")
        if let scope = alert.scope { parts.append("of \(plain(scope))") }
        if let partition = alert.partition { parts.append("partition \(partition)") }
        if let zone = alert.zone { parts.append("zone \(zone)") }
        if let text = alert.text { parts.append("\"\(plain(text))\"") }
        if let port = alert.portName ?? alert.port { parts.append("on \(plain(port))") }
        parts.append("\(alert.openedAt)")
        parts.append(alert.eventCount == 1 ? "1 event" : "\(alert.eventCount) events")
        if let owner = alert.owner { parts.append("taken by \(plain(owner))") }
        if alert.test { parts.append("test") }
        if alert.restored { parts.append("condition ended") }
        return parts.joined(separator: "  ")
    }
}

/// A value as it stands in an address, whatever it is.
func encoded(_ text: String) -> String {
    var plain = CharacterSet.alphanumerics
    plain.insert(charactersIn: "-._~,:")
    return text.addingPercentEncoding(withAllowedCharacters: plain) ?? ""
}

/// 10001 as `10,001`.
func grouped(_ number: Int) -> String {
    var text = ""
    for (index, digit) in String(number).reversed().enumerated() {
        if index > 0, index % 3 == 0 { text.append(",") }
        text.append(digit)
    }
    return String(text.reversed())
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
