import AlarmModel

/// What one receiver's line remembers: what the site has learned, and which lines came just now.
public struct RTL433Session: ProtocolSession {
    /// What a press or a finding of a device means, by its id.
    let devices: [ShortText: EventKind]
    /// What one button of a remote means.
    let buttons: [Button: EventKind]
    private var recent = RecentLines()
    private var now: MonotonicTime?

    struct Button: Hashable, Sendable {
        var id: ShortText
        var command: ShortText
    }

    /// Options: `device.<id>` and `remote.<id>.<command>` with the name of a kind.
    public init(options: ProtocolOptions) throws(OptionProblem) {
        var devices: [ShortText: EventKind] = [:]
        var buttons: [Button: EventKind] = [:]
        for key in options.values.keys.sorted() {
            let parts = key.split(separator: ".", omittingEmptySubsequences: false)
            let texts = parts.dropFirst().map { ShortText(exactly: String($0)) ?? ShortText() }
            let kind = try options.kind(key)
            switch (parts.first, texts.count, texts.allSatisfy { !$0.isEmpty }) {
            case ("device", 1, true): devices[texts[0]] = kind
            case ("remote", 2, true): buttons[Button(id: texts[0], command: texts[1])] = kind
            default:
                throw OptionProblem(
                    key: key,
                    message: "unknown option '\(key)'; known are device with an id, as in "
                        + "device: {6f4770: sos}, and remote with an id and a command, as in "
                        + "remote: {4779: {50: sos}}")
            }
        }
        self.devices = devices
        self.buttons = buttons
    }

    public mutating func heard(at now: Moment) { self.now = now.monotonic }

    /// True for a line that says what one said a moment ago. Without a clock nothing is.
    mutating func isCopy(_ message: RTL433.Message) -> Bool {
        guard let now else { return false }
        return recent.isCopy(message, at: now)
    }

    /// What the site has learned goes before the table.
    func kind(of rule: RTL433.Rule, _ message: RTL433.Message) -> EventKind {
        guard rule.isCall else { return rule.kind }
        if !buttons.isEmpty,
            let command = message.fields[.cmd] ?? message.fields[.button]
                ?? message.fields[.commandID],
            let kind = buttons[Button(id: message.id, command: command)]
        {
            return kind
        }
        return devices[message.id] ?? rule.kind
    }
}

/// The lines heard last: a press is sent three to ten times in a row, and each that is received
/// well becomes a line.
struct RecentLines: Sendable {
    /// Since the first of them. A press of the same button after that is another.
    static let window = TimeSpan.seconds(2)
    /// Devices that can be heard at the same time; a copy of one more is a press of its own.
    static let linesMax = 16

    private var lines: [(message: RTL433.Message, at: MonotonicTime)] = []
    private var oldest = 0

    mutating func isCopy(_ message: RTL433.Message, at now: MonotonicTime) -> Bool {
        if let place = lines.firstIndex(where: { $0.message == message }) {
            if now - lines[place].at <= Self.window { return true }
            lines[place].at = now
        } else if lines.count < Self.linesMax {
            lines.append((message, now))
        } else {
            lines[oldest] = (message, now)
            oldest = (oldest + 1) % Self.linesMax
        }
        return false
    }
}
