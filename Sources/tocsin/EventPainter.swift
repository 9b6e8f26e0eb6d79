import AlarmModel

/// A record for a person, in lines that fit: when, how grave, what, who, and what else is known.
struct EventPainter {
    var isColoured: Bool
    var width: Int

    func lines(_ event: EventForm) -> [String] {
        let words =
            if let gap = event.gap {
                words("missed \(gap.from) to \(gap.to): tocsin watch --after \(gap.from - 1)", "33")
            } else if let change = event.change {
                self.words(of: change, event)
            } else {
                self.words(of: event)
            }
        return Flow.lines(words, width: width)
    }

    private func words(of event: EventForm) -> [Flow.Word] {
        let colour = isColoured ? colour(of: event.priority) : nil
        let kind = (event.kind ?? "") + (event.restored == true ? " ended" : "")
        let who =
            event.device.map { "\($0.protocol) \($0.address)" } ?? event.portName ?? event.port
            ?? "station"
        var words = [Flow.Word(localTime(event.receivedAt ?? ""))]
        words.append(Flow.Word(padded((event.priority ?? "").uppercased(), 9), colour: colour))
        words.append(Flow.Word(padded(plainText(kind), 14), colour: colour))
        words.append(Flow.Word(plainText(who)))
        for detail in details(of: event) { words.append(Flow.Word(plainText(detail))) }
        if let text = event.text { words += self.words("\"\(text)\"") }
        return words
    }

    /// What a person or the time did to an alert.
    private func words(of change: String, _ event: EventForm) -> [Flow.Word] {
        var parts = ["alert \(shortID(event.alert ?? ""))", change, "by \(event.by ?? "")"]
        if let outcome = event.outcome { parts.append(outcome) }
        if let until = event.until { parts.append("until \(localTime(until))") }
        if let responder = event.responder { parts.append(responder) }
        if let stage = event.stage { parts.append(stage) }
        if let sequence = event.sequence { parts.append("#\(sequence)") }
        let note = event.note.map { words("\"\($0)\"") } ?? []
        return ([localTime(event.at ?? "")] + parts).map { Flow.Word(plainText($0)) } + note
    }

    private func details(of event: EventForm) -> [String] {
        var parts: [String] = []
        if let alert = event.alert { parts.append("alert \(shortID(alert))") }
        if let sequence = event.sequence { parts.append("#\(sequence)") }
        if let count = event.count, count > 1 { parts.append("\(grouped(count)) times") }
        if let partition = event.partition { parts.append("partition \(partition)") }
        if let zone = event.zone { parts.append("zone \(zone)") }
        if let fence = event.fence { parts.append("fence \(fence)") }
        if let code = event.code { parts.append("code \(code)") }
        if let battery = event.batteryPercent { parts.append("battery \(battery) %") }
        if let position = event.position {
            let place = "\(position.latitude),\(position.longitude)"
            parts.append(position.valid ? place : place + " (no fix)")
        }
        if event.late == true { parts.append("late") }
        if event.test == true { parts.append("test") }
        if let scope = event.scope { parts.append("of \(scope)") }
        if event.device != nil, let port = event.portName ?? event.port {
            parts.append("on \(port)")
        }
        if let peer = event.peer { parts.append("from \(peer)") }
        return parts
    }

    /// A line may end at any blank.
    private func words(_ text: String, _ colour: String? = nil) -> [Flow.Word] {
        plainText(text).split(separator: " ", omittingEmptySubsequences: false).map {
            Flow.Word(String($0), colour: isColoured ? colour : nil)
        }
    }

    private func colour(of priority: String?) -> String {
        switch priority {
        case "emergency": "1;97;41"
        case "warning": "1;33"
        case "trouble": "36"
        default: "2"
        }
    }
}

func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - columnCount(text)))
}
