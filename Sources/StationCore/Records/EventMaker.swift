import AlarmModel

/// Makes records of what frames, operators and the station itself have to say: numbers them, names
/// them and dates them.
struct EventMaker {
    /// What an event comes from.
    enum Source {
        case frame(protocolID: ProtocolID, wire: Wire, raw: [UInt8])
        /// The station itself.
        case station

        var protocolID: ProtocolID {
            if case .frame(let id, _, _) = self { id } else { .station }
        }

        var wire: Wire { if case .frame(_, let wire, _) = self { wire } else { .station } }

        var raw: [UInt8] { if case .frame(_, _, let raw) = self { raw } else { [] } }
    }

    private var random: SplitMix64
    private var nextSequence: Sequence
    let boot: BootID?

    /// - Parameter seed: of the random part of ids; a station must not start twice with the same.
    init(seed: UInt64, after last: Sequence, boot: BootID?) {
        random = SplitMix64(seed: seed)
        nextSequence = last.next
        self.boot = boot
    }

    /// A row of the ledger.
    mutating func event(
        _ draft: WordedDraft, times count: UInt32 = 1, from source: Source, at now: Moment
    ) -> Event {
        var event = make(draft, source, number(), now)
        event.count = count
        return event
    }

    /// State, which has no row and no place in the order.
    mutating func telemetry(_ draft: WordedDraft, from source: Source, at now: Moment) -> Event {
        make(draft, source, 0, now)
    }

    /// - Parameter alert: as it is once the change has happened.
    mutating func change(_ draft: ChangeDraft, of alert: Alert, at now: Moment) -> Change {
        Change(
            id: id(at: now), sequence: number(), alert: alert.reference, version: alert.version,
            at: now, boot: boot, draft: draft)
    }

    private mutating func make(
        _ draft: WordedDraft, _ source: Source, _ sequence: Sequence, _ now: Moment
    ) -> Event {
        Event(
            id: id(at: now), sequence: sequence, protocolID: source.protocolID, wire: source.wire,
            received: now, boot: boot, priority: draft.priority, draft: draft, raw: source.raw)
    }

    private mutating func id(at now: Moment) -> UUIDv7 {
        UUIDv7(time: now.wall, random: (random.next(), random.next()))
    }

    private mutating func number() -> Sequence {
        defer { nextSequence = nextSequence.next }
        return nextSequence
    }
}
