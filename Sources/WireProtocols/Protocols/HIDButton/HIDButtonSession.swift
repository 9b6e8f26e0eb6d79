import AlarmModel

/// What one button's connection remembers: its model, what a press means, and its last report.
public struct HIDButtonSession: ProtocolSession {
    let model: HIDModel
    let kind: EventKind
    public private(set) var deadline: MonotonicTime?
    private var last: HIDButton.Report?

    /// Options: `device` with the USB id of a model, and `kind`, what a press means.
    public init(options: ProtocolOptions) throws(OptionProblem) {
        try options.refuseAll(except: ["device", "kind"])
        model = try Self.model(options.values["device"] ?? HIDModel.all[0].usb)
        kind = try options.kind("kind") ?? .sos
        guard !kind.isTelemetry else {
            throw OptionProblem(
                key: "kind", message: "a press cannot be '\(kind.rawValue)'; write sos or medical")
        }
    }

    private static func model(_ usb: String) throws(OptionProblem) -> HIDModel {
        guard let model = HIDModel.all.first(where: { $0.usb == usb.lowercased() }) else {
            let known = HIDModel.all.map(\.usb).joined(separator: ", ")
            throw OptionProblem(
                key: "device", message: "no button '\(usb)' is known; known are \(known)")
        }
        return model
    }

    /// True when the report is another than the last. Only then has anything happened: a button
    /// that is held down reports the press as long as it is held.
    mutating func isNews(_ report: HIDButton.Report) -> Bool {
        defer { last = report }
        return report != last
    }

    public mutating func opened(at now: Moment) -> Reply? { poll(at: now) }

    /// Whether the last poll was answered does not matter: the next one may be.
    public mutating func timedOut(at now: Moment) -> Reply? { poll(at: now) }

    private mutating func poll(at now: Moment) -> Reply? {
        guard let poll = model.poll else { return nil }
        deadline = now.monotonic + poll.interval
        return Reply(poll.report)
    }
}
