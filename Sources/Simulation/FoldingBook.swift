import AlarmModel
import WireProtocols

/// One message as it came over a wire, heard beside the station.
struct Hearing {
    var raw: [UInt8]
    var drafts: [WordedDraft]
    /// The frame before it on the connection was the same, or there was none.
    var isNext: Bool
    /// When its connection was sent something last.
    var lastSent: MonotonicTime?

    var says: Bool { drafts.contains { !$0.kind.isTelemetry || $0.heldConditions != nil } }

    var address: ShortText? { drafts.lazy.compactMap(\.address).first }
}

/// The checkers' own account of what was told: which message the rules of folding take for a copy
/// (design.md §7 and invariant 12), and which condition is known to last.
struct FoldingBook {
    /// What the rules say of a message that has the bytes of an earlier one.
    enum Verdict {
        /// It is a press of its own, in doubt.
        case news
        /// It may be taken for a copy.
        case mayFold
        /// Nothing speaks against it: as an event it would be a second one.
        case copy
    }

    private struct Told {
        var raw: [UInt8]
        var alerts: [UUIDv7]
        /// The first copy.
        var at: MonotonicTime
        var boot: BootID
        var sequence: Sequence
    }

    private struct Held {
        var draft: WordedDraft
        /// In an earlier boot, or something since has said that it is over.
        var isDoubtful: Bool
        var boot: BootID
    }

    /// Messages of one teller that are kept: as many as the station may keep.
    private static let toldMax = Limits.repeatsMax

    private var told: [FakeTeller: [Told]] = [:]
    private var live: [FakeTeller: [UInt8: Held]] = [:]
    private var durable: [FakeTeller: [UInt8: Held]] = [:]
    private let isBounded: Bool

    init(isBounded: Bool) { self.isBounded = isBounded }

    // MARK: - What is told

    func verdict(
        on hearing: Hearing, of teller: FakeTeller, _ rule: RepeatRule, boot: BootID,
        durable: Sequence, at now: MonotonicTime, isOpen: (UUIDv7) -> Bool
    ) -> Verdict {
        // State is no press: a copy of it is the same state, and ends what was raised meanwhile.
        if hearing.drafts.allSatisfy(\.kind.isTelemetry) { return .news }
        guard let list = told[teller], let first = list.last(where: { $0.raw == hearing.raw }),
            first.boot == boot, first.alerts.allSatisfy(isOpen)
        else { return .news }
        let age = now - first.at
        let isCertain = !isBounded
        var rule = rule
        let isNumbered = hearing.drafts.contains {
            ($0.deviceSerial ?? 0) != 0 || $0.reportedAt != nil
        }
        if case .sameBytes = rule, !isNumbered { rule = .unnumbered }
        switch rule {
        case .never: return .news
        case .sameBytes(let window): return age > window ? .news : isCertain ? .copy : .mayFold
        case .afterAnswer(let patience, let most):
            // Nobody who waits for an answer has anything new to say.
            if first.sequence > durable { return isCertain ? .copy : .mayFold }
            let answered = max(hearing.lastSent ?? first.at, first.at)
            let window = TimeSpan(microseconds: patience.microseconds * Int64(most))
            let fits = hearing.isNext && now - answered <= patience && age <= window
            return fits ? .mayFold : .news
        }
    }

    /// The events that the message has to become when it is no copy.
    func rows(of hearing: Hearing, on wire: WireID, _ protocolID: ProtocolID) -> [WordedDraft] {
        var rows: [WordedDraft] = []
        var book = live
        for draft in hearing.drafts {
            let teller = FakeTeller(protocolID: protocolID, wire: wire, address: draft.address)
            if draft.kind.isTelemetry {
                guard let holding = draft.heldConditions, !draft.isLate else { continue }
                let held = (book[teller] ?? [:]).sorted { $0.key < $1.key }
                for (bit, condition) in held where holding >> UInt32(bit) & 1 == 0 {
                    var end = condition.draft
                    end.isRestored = true
                    rows.append(end)
                    book[teller]?[bit] = nil
                }
            } else if let bit = draft.heldBit {
                if let held = book[teller]?[bit], !held.isDoubtful { continue }
                book[teller, default: [:]][bit] = Held(
                    draft: draft, isDoubtful: false, boot: BootID(high: 0, low: 0))
                rows.append(draft)
            } else {
                rows.append(draft)
            }
        }
        return rows
    }

    /// The station took the message for news, and stores this of it; nil where it says nothing new.
    mutating func take(
        _ hearing: Hearing, on wire: WireID, _ protocolID: ProtocolID, as entry: LedgerEntry?,
        boot: BootID, at now: MonotonicTime
    ) {
        for draft in hearing.drafts {
            let teller = FakeTeller(protocolID: protocolID, wire: wire, address: draft.address)
            if draft.kind.isTelemetry {
                guard let holding = draft.heldConditions, !draft.isLate else { continue }
                lower(of: teller, to: holding)
            } else if let bit = draft.heldBit {
                live[teller, default: [:]][bit] = Held(draft: draft, isDoubtful: false, boot: boot)
            }
        }
        guard let entry, let first = entry.records.first else { return }
        let teller = FakeTeller(protocolID: protocolID, wire: wire, address: hearing.address)
        told[teller, default: []].append(
            Told(
                raw: hearing.raw, alerts: entry.alerts.map(\.id), at: now, boot: boot,
                sequence: first.sequence))
        // What is so far back the station has forgotten long ago, and may.
        if told[teller, default: []].count > Self.toldMax {
            told[teller]?.removeFirst(Self.toldMax / 2)
        }
    }

    /// On its own wire a condition has ended. On others the same device may have said that it
    /// holds, and when it says so again it is another time, in doubt.
    private mutating func lower(of teller: FakeTeller, to holding: UInt32) {
        live[teller] = live[teller]?.filter { holding >> UInt32($0.key) & 1 == 1 }
        for other in live.keys where other.isSameDevice(as: teller) {
            for bit in live[other]?.keys.map({ $0 }) ?? []
            where holding >> UInt32(bit) & 1 == 0 {
                live[other]?[bit]?.isDoubtful = true
            }
        }
    }

    // MARK: - The disk

    mutating func settle(_ event: Event, on wire: WireID) {
        guard let bit = event.draft.heldBit else { return }
        let teller = FakeTeller(
            protocolID: event.protocolID, wire: wire, address: event.draft.address)
        if event.draft.isRestored {
            durable[teller]?[bit] = nil
            for other in durable.keys where other.isSameDevice(as: teller) {
                durable[other]?[bit]?.isDoubtful = true
            }
        } else if let boot = event.boot {
            durable[teller, default: [:]][bit] = Held(
                draft: event.draft, isDoubtful: false, boot: boot)
        }
    }

    /// The station begins anew with what is on the disk.
    mutating func restart(boot: BootID, behind last: Sequence) {
        for teller in told.keys { told[teller]?.removeAll { $0.sequence > last } }
        live = durable.mapValues { conditions in
            conditions.mapValues { held in
                var held = held
                held.isDoubtful = held.isDoubtful || held.boot != boot
                return held
            }
        }
    }
}
