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
        let answer = try await desk.ask("/v1/alerts?" + parameters.joined(separator: "&"))
        if desk.json { return Terminal.say(json: answer.body) }
        let alerts = try decodeJSON([AlertForm].self, answer.body)
        for (id, alert) in zip(ShortID.of(alerts.map(\.id)), alerts) {
            Terminal.say(Self.line(id, alert))
        }
        if alerts.isEmpty { Terminal.say("no alerts") }
        if let more = answer.headers["tocsin-more"].flatMap({ Int($0) }) {
            Terminal.say("\(grouped(more)) more")
        }
    }

    /// Who and where, so that two alerts of one receiver are told apart.
    private static func line(_ id: String, _ alert: AlertForm) -> String {
        var parts = [id, alert.state, alert.priority, alert.kind]
        parts.append(alert.device.map { "\($0.protocol) \($0.address)" } ?? "no address")
        if let scope = alert.scope { parts.append("of \(scope)") }
        if let partition = alert.partition { parts.append("partition \(partition)") }
        if let zone = alert.zone { parts.append("zone \(zone)") }
        if let text = alert.text { parts.append("\"\(text)\"") }
        if let port = alert.portName ?? alert.port { parts.append("on \(port)") }
        parts.append(localTime(alert.openedAt))
        parts.append(alert.eventCount == 1 ? "1 event" : "\(alert.eventCount) events")
        if let owner = alert.owner { parts.append("taken by \(owner)") }
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
        let answer = try await desk.ask("/v1/ports")
        if desk.json { return Terminal.say(json: answer.body) }
        let ports = try decodeJSON([PortForm].self, answer.body)
        for port in ports { Terminal.say(Self.lines(port)) }
        if ports.isEmpty { Terminal.say("no ports: the configuration names none") }
    }

    private static func lines(_ port: PortForm) -> [String] {
        let heads = [port.name, port.state, port.protocol, port.path ?? "-"]
        var lines = [heads.joined(separator: "  "), "    " + traffic(of: port)]
        if let damage = damage(of: port) { lines.append("    damage: \(damage)") }
        for words in [port.reason, port.remedy].compactMap(\.self) { lines.append("    \(words)") }
        return lines
    }

    private static func traffic(of port: PortForm) -> String {
        let last = port.lastHeardAt.map { "last heard \(localTime($0))" }
        var parts = [last ?? "nothing heard since the daemon started"]
        for (counter, word) in [("connections", "connection"), ("peers", "peer")] {
            if let count = port.counters[counter] { parts.append(counted(count, word)) }
        }
        parts.append(counted(port.counters["frames"] ?? 0, "frame"))
        return parts.joined(separator: ", ")
    }

    /// Bytes and frames that were not what they have to be; nil when there were none.
    private static func damage(of port: PortForm) -> String? {
        func sum(_ prefix: String) -> UInt64 {
            port.counters.filter { $0.key.hasPrefix(prefix) }.values.reduce(0, &+)
        }
        let counts = [
            (sum("skippedBytes."), "byte", "skipped"),
            (sum("undecodable."), "frame", "undecodable"),
            (sum("damagedBytes"), "byte", "with line errors"), (sum("overruns"), "overrun", ""),
            (sum("lostDatagrams"), "datagram", "lost"), (sum("cutReports"), "report", "cut"),
        ].filter { $0.0 > 0 }
        guard !counts.isEmpty else { return nil }
        return counts.map { counted($0.0, $0.1) + ($0.2.isEmpty ? "" : " " + $0.2) }
            .joined(separator: ", ")
    }

    private static func counted(_ count: UInt64, _ word: String) -> String {
        "\(grouped(Int(clamping: count))) \(word)\(count == 1 ? "" : "s")"
    }
}
