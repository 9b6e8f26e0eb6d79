import AlarmModel

/// What one connection remembers: what the status bits mean on its models, and how their clocks
/// are set.
public struct WatchSession: ProtocolSession {
    /// Row n is bit n; the last is an alarm without a cause.
    let conditions: [Watch.Condition]
    /// The bits that are set for as long as a condition lasts.
    let heldBits: UInt32
    /// The bits that make an event.
    let tellingBits: UInt64
    /// The bits of each rank of priority.
    private let bitsOfRank: [4 of UInt64]
    /// What the watches' clocks are ahead of UTC.
    let clockOffset: TimeSpan

    /// Options: `status.0` to `status.31` and `bareAlarm` with the name of a kind, and
    /// `clockOffsetMinutes`.
    ///
    /// SOS and fall, bits 16 and 21, cannot be made anything else.
    public init(options: ProtocolOptions) throws(OptionProblem) {
        let fixed = [16, 21]
        let bits = (0...31).filter { !fixed.contains($0) }
        let clock = "clockOffsetMinutes"
        let bare = "bareAlarm"
        try options.refuseAll(except: [clock, bare] + bits.map { "status.\($0)" })
        clockOffset = .seconds(Int64(try options.integer(clock, in: -720...840) ?? 0) * 60)
        var meanings = Watch.conditions
        for bit in bits {
            guard let kind = try Self.kind("status.\(bit)", options) else { continue }
            // An emergency never counts as held: each report of it is one more call for help.
            let isHeld = bit < 16 && kind.priority != .emergency
            meanings[bit] = Watch.Condition(kind, isHeld: isHeld)
        }
        if let kind = try Self.kind(bare, options) { meanings[Watch.bareAlarm].kind = kind }
        var ranks = [4 of UInt64](repeating: 0)
        for bit in meanings.indices {
            guard let kind = meanings[bit].kind else { continue }
            ranks[kind.priority.rank] |= 1 << UInt64(bit)
        }
        conditions = meanings
        bitsOfRank = ranks
        tellingBits = ranks[0] | ranks[1] | ranks[2] | ranks[3]
        heldBits = (0..<32).reduce(0) { mask, bit in
            meanings[bit].isHeld ? mask | 1 << UInt32(bit) : mask
        }
    }

    /// The bits whose event has this rank of priority, 0 the gravest.
    func bits(rank: Int) -> UInt64 { bitsOfRank.span[rank] }

    private static func kind(
        _ key: String, _ options: ProtocolOptions
    ) throws(OptionProblem) -> EventKind? {
        guard let name = options.values[key] else { return nil }
        guard let kind = EventKind(rawValue: name), !kind.isTelemetry else {
            throw OptionProblem(
                key: key,
                message: "'\(name)' is no kind of alarm; write one such as sos, removed, "
                    + "medical or tamper")
        }
        return kind
    }
}
