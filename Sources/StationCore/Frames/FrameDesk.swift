import AlarmModel
import Captures
import WireProtocols

/// The sessions of all open ports, and what is remembered of their frames: bytes go in, and each
/// frame is found to be state, a copy of what is stored, or news.
struct FrameDesk: ~Copyable {
    /// What one frame is.
    enum Verdict {
        /// State only: positions, heartbeats.
        case telemetry
        /// A resend of what became the entry with this ticket.
        case folded(ticket: UInt64)
        /// At least one draft for the ledger, or a condition told again.
        case news
    }

    private(set) var sessions: [PortKey: PortSession] = [:]
    /// By the port's configured name: counters go on when a port comes back, and those of a
    /// listener's connections add up.
    private var tallies: [String: PortTally] = [:]
    private var repeats = RepeatMemory()
    private var held = HeldConditions()
    /// What the last read yielded.
    let heard = FrameCollector()

    // MARK: - Ports

    /// Throws when its options cannot be: they were checked with the configuration, by another
    /// program or another version of this one perhaps.
    mutating func open(
        _ key: PortKey, _ profile: PortProfile
    ) throws(OptionProblem) -> PortSession {
        let tally = tallies[profile.name] ?? PortTally()
        let session = try PortSession(profile, tally)
        tallies[profile.name] = tally
        sessions[key] = session
        return session
    }

    /// What its ring still holds was cut off, and is counted as that.
    mutating func close(_ key: PortKey) {
        guard let session = sessions.removeValue(forKey: key) else { return }
        session.countCutOff()
    }

    /// What happened on each port, by its configured name.
    var counters: [String: PortCounters] { tallies.mapValues(\.counters) }

    // MARK: - Frames

    /// What the frame is, with a copy counted in.
    mutating func weigh(
        _ frame: FrameCollector.Frame, of session: PortSession, durableTicket: UInt64,
        at now: Moment, on alerts: borrowing AlertBoard
    ) -> Verdict {
        let drafts = heard.drafts[frame.drafts]
        // State that is told again is the same state, and an end is told once: no copy matters.
        // A key path would be read at run time, for each frame.
        if drafts.allSatisfy({ $0.kind.isTelemetry }) {
            return drafts.allSatisfy { $0.heldConditions == nil } ? .telemetry : .news
        }
        let circumstances = RepeatMemory.Circumstances(
            now: now.monotonic, isNextOnPort: session.isNext(heard.raw[frame.raw]),
            lastSent: session.lastSent, durableTicket: durableTicket)
        let ticket = repeats.match(
            heard.raw[frame.raw], from: source(of: drafts, session),
            rule: session.decoder.repeatRule.of(drafts), circumstances,
            isOpen: { alerts.isOpen($0) })
        return ticket.map { .folded(ticket: $0) } ?? .news
    }

    /// Has copies of the frame recognised from now on.
    mutating func remember(
        _ frame: FrameCollector.Frame, of session: PortSession, ticket: UInt64,
        alerts: [AlertReference], at now: Moment
    ) {
        repeats.remember(
            Array(heard.raw[frame.raw]), from: source(of: heard.drafts[frame.drafts], session),
            ticket: ticket, alerts: alerts, at: now.monotonic)
    }

    /// False when the draft tells again what is known to last.
    mutating func isNews(_ draft: WordedDraft, of session: PortSession) -> Bool {
        guard let bit = draft.heldBit else { return true }
        return held.raise(bit, of: source(of: draft, session), as: draft)
    }

    /// Conditions that the message does not hold any more, each as the draft of its end.
    mutating func restorals(after draft: WordedDraft, of session: PortSession) -> [WordedDraft] {
        guard let holding = draft.heldConditions, !draft.isLate else { return [] }
        return held.lower(of: source(of: draft, session), to: holding).map { raised in
            var restored = draft
            restored.kind = raised.kind
            restored.code = raised.code
            restored.zone = raised.zone
            restored.partition = raised.partition
            restored.heldBit = raised.heldBit
            restored.heldConditions = nil
            restored.isRestored = true
            return restored
        }
    }

    /// Takes up what was stored before the restart: a frame that was stored and not answered comes
    /// again and has to be recognised, and a condition that lasts is no news.
    ///
    /// A machine that was off knows neither how long, nor whether devices began to count anew: of
    /// an earlier boot nothing is recognised.
    mutating func recover(_ events: [Event], earlierBoot: Int) {
        for (index, event) in events.enumerated() {
            let isDoubtful = index < earlierBoot
            guard let descriptor = ProtocolRegistry.find(event.protocolID) else { continue }
            let source = RepeatMemory.Source(
                wire: event.wire.id,
                origin: Origin(
                    event.protocolID, event.draft.caller, on: event.wire.id,
                    descriptor.identity.reach))
            if !isDoubtful {
                // Events of one frame stand behind one another: the last has all their alerts.
                let before = events[..<index].reversed().prefix {
                    $0.raw == event.raw && $0.received == event.received
                }
                repeats.remember(
                    event.raw, from: source, ticket: Commitments.earlierLife,
                    alerts: ([event] + before).compactMap(\.alert), at: event.received.monotonic)
            }
            guard let bit = event.draft.heldBit else { continue }
            if event.draft.isRestored {
                _ = held.lower(of: source, to: ~(UInt32(1) << UInt32(bit & 31)))
            } else {
                _ = held.raise(bit, of: source, as: event.draft, isDoubtful: isDoubtful)
            }
        }
    }

    private func source(
        of drafts: ArraySlice<WordedDraft>, _ session: PortSession
    ) -> RepeatMemory.Source {
        session.source(
            (drafts.first { $0.address != nil } ?? drafts.first)?.caller ?? Caller(nil))
    }

    private func source(of draft: WordedDraft, _ session: PortSession) -> RepeatMemory.Source {
        session.source(draft.caller)
    }
}

extension RepeatRule {
    /// A frame that happens to have neither the number nor the time by which its protocol tells a
    /// new press from a resend is one only until it is answered, and as long as its sender may not
    /// have heard the answer.
    fileprivate func of(_ drafts: ArraySlice<WordedDraft>) -> RepeatRule {
        guard case .sameBytes = self else { return self }
        let isNumbered = drafts.contains { ($0.deviceSerial ?? 0) != 0 || $0.reportedAt != nil }
        return isNumbered ? self : .unnumbered
    }
}
