import AlarmModel

extension ProtocolOptions {
    /// The kind of event named under `key`, or nil when it is absent. Every kind can be named but
    /// `position`, which needs one.
    func kind(_ key: String) throws(OptionProblem) -> EventKind? {
        guard let name = values[key] else { return nil }
        guard let kind = EventKind(rawValue: name), kind != .position else {
            throw OptionProblem(
                key: key,
                message: "'\(name)' is no kind of event; write one such as sos, medical, "
                    + "helpNeeded, cancel or checkIn")
        }
        return kind
    }
}
