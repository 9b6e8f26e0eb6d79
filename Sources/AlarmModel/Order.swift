/// What a person says about one alert. `by` is who: a person's account or a desk's name.
public struct Order: Equatable, Sendable {
    /// The raw value is the name in the desk's addresses.
    public enum Kind: String, CaseIterable, Sendable {
        case acknowledge, release, takeover, park, note, attend, resolve
    }

    public var kind: Kind
    public var by: String
    /// Of the alert as the person saw it; nil where nobody looked.
    public var version: Int?
    public var note: String?
    /// Of ``Kind/park``.
    public var until: WallTime?
    public var responder: String?
    public var stage: String?
    public var outcome: AlertOutcome?
    /// Carry it out although somebody else has the alert.
    public var takesOver: Bool

    public init(
        _ kind: Kind, by: String, version: Int? = nil, note: String? = nil,
        until: WallTime? = nil, responder: String? = nil, stage: String? = nil,
        outcome: AlertOutcome? = nil, takesOver: Bool = false
    ) {
        self.kind = kind
        self.by = by
        self.version = version
        self.note = note
        self.until = until
        self.responder = responder
        self.stage = stage
        self.outcome = outcome
        self.takesOver = takesOver || kind == .takeover
    }

    /// What is wrong with the order itself, in a sentence for the person.
    public func problem(at now: WallTime) -> String? {
        guard kind == .park else { return nil }
        let latest = WallTime(microseconds: now.microseconds + Limits.parkingMax.microseconds)
        guard let until, until > now, until <= latest else {
            return "an alert is put aside until a time within the next "
                + "\(Limits.parkingMax.microseconds / 3_600_000_000) hours"
        }
        return nil
    }

    /// The change that the order asks for.
    public var change: ChangeDraft {
        let kind: ChangeKind =
            switch self.kind {
            case .acknowledge: takesOver ? .takenOver : .acknowledged
            case .release: .released
            case .takeover: .takenOver
            case .park: .parked
            case .note: .noted
            case .attend: .attended
            case .resolve: .resolved
            }
        return ChangeDraft(
            kind, by: by, note: note, outcome: outcome, until: until, responder: responder,
            stage: stage)
    }
}

/// What became of an order.
public enum OrderOutcome: Equatable, Sendable {
    /// The alert as it now is, durable.
    case done(Alert)
    /// Somebody was quicker: the alert as it is, with its owner and version.
    case conflict(Alert)
    /// The station has no such alert at hand: give the order again, with the alert as the ledger
    /// has it.
    case notAtHand
    /// Why not, in a sentence for the operator.
    case refused(String)
    /// Taken, and not durable within ``Limits/orderAnswerMax``: it counts once the station stores
    /// again, and is lost if it is ended before.
    case unstored
    /// The station takes no more orders at the moment, or is stopping.
    case busy
}
