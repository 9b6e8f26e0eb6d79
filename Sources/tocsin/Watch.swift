import ArgumentParser
import Foundation
import OperatorDesk

/// `tocsin watch`: the live stream, one line an event.
struct Watch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows events as they come, one line each.")

    @OptionGroup var desk: DeskOptions

    @Option(help: "Begin behind this sequence; 0 shows everything.")
    var after: Int64?

    @Option(help: "Only these kinds, with commas: sos,fall")
    var kind: String?

    @Option(help: "Only these priorities, with commas: emergency,warning")
    var priority: String?

    @Flag(help: "Positions and check-ins too.")
    var telemetry = false

    @Flag(inversion: .prefixedNo, help: "Colours by priority; the default on a terminal.")
    var colour: Bool?

    func run() async throws {
        let painter = EventPainter(isColoured: colour ?? (isatty(1) == 1))
        var parameters: [String] = []
        if let after { parameters.append("after=\(after)") }
        if let kind { parameters.append("kind=\(encoded(kind))") }
        if let priority { parameters.append("priority=\(encoded(priority))") }
        if telemetry { parameters.append("telemetry=1") }
        let query = parameters.isEmpty ? "" : "?" + parameters.joined(separator: "&")
        try await desk.client().lines("/v1/events" + query) { line in
            guard !line.isEmpty else { return }
            if desk.json {
                print(line)
            } else {
                print(painter.line(try decodeJSON(EventForm.self, Array(line.utf8))))
            }
            fflush(nil)
        }
    }
}

/// An event as one line for a person: time, priority, kind, who, where, and what else is known.
struct EventPainter {
    var isColoured: Bool

    func line(_ event: EventForm) -> String {
        if let gap = event.gap {
            return paint(
                "   missed \(gap.from) to \(gap.to): tocsin watch --after \(gap.from - 1)", "33")
        }
        if let change = event.change { return self.change(event, change) }
        let clock = (event.receivedAt ?? "").dropFirst(11).prefix(8)
        let number = event.sequence.map { String($0) } ?? "-"
        let kind = pad((event.kind ?? "") + (event.restored == true ? " ended" : ""), 20)
        let who =
            event.device.map { "\($0.protocol) \(plain($0.address))" }
            ?? plain(event.portName ?? event.port ?? "station")
        let head = "\(clock) \(pad(number, 7, left: true))  "
        let priority = pad((event.priority ?? "").uppercased(), 11)
        let line = head + paint("\(priority) \(kind)", colour(of: event.priority))
        return line + " \(pad(who, 26)) " + details(event).joined(separator: " ")
    }

    /// What a person or the time did to an alert.
    private func change(_ event: EventForm, _ change: String) -> String {
        let clock = (event.at ?? "").dropFirst(11).prefix(8)
        let number = event.sequence.map { String($0) } ?? "-"
        var parts = ["alert \(event.alert ?? "") \(change) by \(plain(event.by ?? ""))"]
        if let outcome = event.outcome { parts.append(outcome) }
        if let note = event.note { parts.append("\"\(plain(note))\"") }
        return "\(clock) \(pad(number, 7, left: true))  " + parts.joined(separator: " ")
    }

    private func details(_ event: EventForm) -> [String] {
        var parts: [String] = []
        if let code = event.code { parts.append("code \(plain(code))") }
        if let zone = event.zone { parts.append("zone \(zone)") }
        if let fence = event.fence { parts.append("fence \(plain(fence))") }
        if let battery = event.batteryPercent { parts.append("battery \(battery) %") }
        if let position = event.position {
            let place = "\(position.latitude),\(position.longitude)"
            parts.append(position.valid ? place : place + " (no fix)")
        }
        if event.late == true { parts.append("late") }
        if event.test == true { parts.append("test") }
        if let text = event.text { parts.append("\"\(plain(text))\"") }
        return parts
    }

    private func colour(of priority: String?) -> String {
        switch priority {
        case "emergency": "1;97;41"
        case "warning": "1;33"
        case "trouble": "36"
        default: "2"
        }
    }

    private func paint(_ text: String, _ colour: String) -> String {
        isColoured ? "\u{1B}[\(colour)m\(text)\u{1B}[0m" : text
    }

    private func pad(_ text: String, _ width: Int, left: Bool = false) -> String {
        let blanks = String(repeating: " ", count: max(0, width - text.count))
        return left ? blanks + text : text + blanks
    }
}
