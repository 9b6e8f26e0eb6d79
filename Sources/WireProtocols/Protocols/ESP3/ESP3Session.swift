import AlarmModel

/// What one stick's connection remembers: the devices that were learned, which telegrams came just
/// now, and which contacts are open.
public struct ESP3Session: ProtocolSession {
    /// The devices of the configuration, by their sender id.
    let learned: [UInt32: LearnedDevice]
    /// What a press of any other button means.
    let unlearned: EventKind

    /// Until when the first word of a device that is not learned is told as such.
    private let teachUntil: WallTime?
    private var taught: Set<UInt32> = []
    /// Of learned devices only, so no more than the configuration has.
    private var openContacts: Set<UInt32> = []
    private var recent = RecentTelegrams()
    private var now: Moment?

    /// Devices told in one commissioning; more of them mean what they meant before.
    static let taughtMax = 64

    /// Options: `device.<id>` and `device.<id>.<button>` with the name of a kind, `unlearned` with
    /// another, and `teachUntil` with a time in RFC 3339.
    ///
    /// Where no device is learned, every button is a call: a station that was not told of its
    /// pendants must not be deaf to them.
    public init(options: ProtocolOptions) throws(OptionProblem) {
        var devices: [UInt32: LearnedDevice] = [:]
        for key in options.values.keys.sorted() {
            if key == "unlearned" || key == "teachUntil" { continue }
            let (id, button) = try Self.device(inKey: key)
            guard let kind = try options.kind(key) else { continue }
            devices[id, default: LearnedDevice()].set(kind, for: button)
        }
        learned = devices
        unlearned = try options.kind("unlearned") ?? (devices.isEmpty ? .sos : .unknown)
        teachUntil = try Self.time(options.values["teachUntil"])
    }

    private static func device(
        inKey key: String
    ) throws(OptionProblem) -> (id: UInt32, button: ESP3.Button?) {
        let parts = key.split(separator: ".", omittingEmptySubsequences: false)
        if parts.count == 2 || parts.count == 3, parts[0] == "device", parts[1].utf8.count == 8,
            let id = UInt32(parts[1], radix: 16), parts[1].first != "+"
        {
            guard parts.count == 3 else { return (id, nil) }
            if let button = ESP3.Button(name: parts[2]) { return (id, button) }
        }
        throw OptionProblem(
            key: key,
            message: "unknown option '\(key)'; known are unlearned, teachUntil, device with the "
                + "eight digits of an id, as in device: {01ab34cd: sos}, and for one of its "
                + "buttons AI, AO, BI, BO device: {01ab34cd: {AI: sos}}")
    }

    private static func time(_ text: String?) throws(OptionProblem) -> WallTime? {
        guard let text else { return nil }
        guard let time = WallTime(rfc3339: text) else {
            throw OptionProblem(
                key: "teachUntil",
                message: "'\(text)' is no time; write one such as 2026-11-21T17:30:00+08:00")
        }
        return time
    }

    /// The station speaks first: the answer shows that the stick lives.
    public mutating func opened(at now: Moment) -> Reply? {
        var bytes: [UInt8] = []
        ESP3.emit(ESP3.readVersion, into: &bytes)
        return Reply(bytes)
    }

    public mutating func heard(at now: Moment) { self.now = now }

    /// True for a telegram that came by another way a moment ago. Without a clock nothing is.
    @inline(__always)
    mutating func isCopy(_ telegram: ESP3.Telegram) -> Bool {
        guard let now else { return false }
        return recent.isCopy(telegram, at: now.monotonic)
    }

    /// True once for each sender while the station is being taught.
    @inline(__always)
    mutating func teaches(_ sender: UInt32) -> Bool {
        guard let teachUntil, let now, now.wall < teachUntil, taught.count < Self.taughtMax
        else { return false }
        return taught.insert(sender).inserted
    }

    /// Takes down the state of a contact and returns whether it was open before.
    mutating func isOpened(_ sender: UInt32, _ isOpen: Bool, isLearned: Bool) -> Bool {
        guard isLearned, isOpen else { return openContacts.remove(sender) != nil }
        return !openContacts.insert(sender).inserted
    }
}

/// What the events of one device mean.
struct LearnedDevice: Sendable {
    /// Of a contact, and of a button that has no kind of its own.
    private(set) var whole = EventKind.sos
    private var buttons: [ESP3.Button: EventKind] = [:]

    mutating func set(_ kind: EventKind, for button: ESP3.Button?) {
        guard let button else { return whole = kind }
        buttons[button] = kind
    }

    func kind(of button: ESP3.Button) -> EventKind {
        buttons.isEmpty ? whole : buttons[button] ?? whole
    }

    /// Where it is not told which button it was.
    var gravest: EventKind {
        buttons.values.reduce(whole) { $1.priority < $0.priority ? $1 : $0 }
    }
}

/// The last telegram of each of the senders heard last: the same press arrives directly and through
/// repeaters, within some tens of milliseconds, with another count of hops.
///
/// A press and the next of the same button have the release between them, so copies are those that
/// equal their sender's last telegram, inside the window.
struct RecentTelegrams: Sendable {
    /// Copies arrive within this time of the first.
    static let window = TimeSpan.milliseconds(100)
    /// Senders that can press at the same time; a copy of one more is a press of its own.
    static let sendersMax = 16

    private struct Heard {
        var sender: UInt32
        /// Profile, data and status without hops.
        var content: UInt32
        var at: MonotonicTime
    }

    private var heard: [Heard] = []
    private var oldest = 0

    mutating func isCopy(_ telegram: ESP3.Telegram, at now: MonotonicTime) -> Bool {
        let status = telegram.status & ~ESP3.Status.hops
        let new = Heard(
            sender: telegram.sender,
            content: UInt32(telegram.data) << 16 | UInt32(status) << 8
                | (telegram.profile == .rocker ? 0 : 1),
            at: now)
        if let place = heard.firstIndex(where: { $0.sender == new.sender }) {
            let last = heard[place]
            if last.content == new.content, now - last.at <= Self.window { return true }
            heard[place] = new
        } else if heard.count < Self.sendersMax {
            heard.append(new)
        } else {
            heard[oldest] = new
            oldest = (oldest + 1) % Self.sendersMax
        }
        return false
    }
}
