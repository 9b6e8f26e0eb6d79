import AlarmModel
import WireProtocols

/// Finds out by listening which protocol a serial line speaks, at which speed and in which format.
///
/// It sets nothing itself: who owns the line tells it what was heard, and does what it decides.
/// ```
/// heard: enough frames in a row          -> found
///        framing errors, foreign bytes   -> tryNext, the setting that they speak for
///        silence                         -> stay: a line at any other speed would be heard
/// ```
/// All protocols listen to every byte, once as it is and once without its eighth bit, which is the
/// parity of a seven-bit line that is heard as 8N1.
///
/// What a wrong setting hears is garbage and is thrown away; a device that sends until it is
/// answered sends again. What the right one hears is kept: see ``Verdict/heard``.
public final class Sniffer {
    public enum Decision: Sendable, Equatable {
        case stay
        /// Set the line to this, and throw away what it received until then.
        case tryNext(SerialGuess)
        case found(Verdict)
    }

    /// What the line has to be set to.
    public private(set) var guess: SerialGuess
    /// Since the beginning, at all settings.
    public private(set) var bytesHeard = 0
    public private(set) var lineErrors = 0
    public private(set) var settingsTried: Set<SerialGuess>

    private let protocols: [ProtocolDescriptor]
    private var board: GuessBoard
    private var candidates: [SniffCandidate] = []
    private var hearing = Hearing()
    private var kept: [UInt8] = []
    /// Of settings that were left.
    private var pastEvidence: [SniffEvidence] = []
    /// When the line was set to ``guess``; nil for the first setting.
    private var tunedAt: MonotonicTime?
    private var heardAt: MonotonicTime?
    /// The silence since then has been looked at.
    private var hasRested = false
    /// What is being said began before the line was set: its bytes may be read from their middle.
    private var isCut = true
    /// Times that something was said at this setting and nothing of it understood.
    private var vainBursts = 0
    private var questionsAsked = 0

    /// - Parameters:
    ///   - first: what the line is set to in the beginning.
    ///   - protocols: those that may be found; the earlier one where two understand the same.
    public init(
        first: SerialGuess = .usual,
        protocols: [ProtocolDescriptor] = ProtocolRegistry.all.filter(\.isSerial)
    ) {
        guess = first
        settingsTried = [first]
        self.protocols = protocols
        board = GuessBoard(first: first)
        listen()
    }

    /// What was read from the line, and how many parity and framing errors came with it.
    public func heard(_ bytes: [UInt8], lineErrors errors: Int, at now: Moment) -> Decision {
        if bytes.isEmpty && errors == 0 { return .stay }
        bytesHeard += bytes.count
        lineErrors += errors
        heardAt = now.monotonic
        hasRested = false
        kept += bytes
        if isSettled(now.monotonic) { hearing.add(bytes, lineErrors: errors) }
        for candidate in candidates { candidate.hear(bytes, lineErrors: errors, at: now) }
        if let verdict = verdict(\.isConvinced) { return .found(verdict) }
        return isRefuted ? tryNext(at: now.monotonic, amidst: true) : .stay
    }

    /// When ``passTime(at:)`` is due: nothing follows what was heard, so that is all there is.
    public var deadline: MonotonicTime? {
        guard let heardAt else { return nil }
        if hasFrames { return heardAt + Limits.sniffPatience }
        return hasRested ? nil : heardAt + Limits.sniffRest
    }

    public func passTime(at now: MonotonicTime) -> Decision {
        guard let deadline, deadline <= now else { return .stay }
        if hasFrames {
            heardAt = nil
            if let verdict = verdict(\.isConvincedByAll) { return .found(verdict) }
            return .stay
        }
        hasRested = true
        if isCut {
            isCut = false
            hearing = Hearing()
            for candidate in candidates { candidate.begin() }
            return .stay
        }
        vainBursts += 1
        // Single octets are what many devices call with.
        let isUnderstood = candidates.contains(where: \.explainsHalf)
        let isLittle = hearing.total <= vainBursts
        let most =
            isUnderstood
            ? Limits.sniffUnderstoodBursts
            : isLittle ? Limits.sniffSmallBursts : Limits.sniffVainBursts
        let isVain = hearing.damaged > 0 || vainBursts >= most
        return isVain ? tryNext(at: now, amidst: false) : .stay
    }

    /// Something was understood, and what came since does not deny it.
    private var hasFrames: Bool { candidates.contains(where: \.hasBegun) }

    /// A question that some devices wait for before they say anything.
    public struct Question: Sendable, Equatable {
        /// What the line has to be set to first.
        public var guess: SerialGuess
        public var words: [UInt8]
    }

    /// The opening words of the next protocol that has some, at the next of the usual speeds; again
    /// from the beginning after the last. Nil when no protocol speaks first.
    ///
    /// Only a person may decide to ask: what means nothing to one device may be an order to
    /// another.
    public func ask(at now: Moment) -> Question? {
        let speakers = protocols.filter {
            (try? $0.makeDecoder())?.opened(at: now) != nil
        }
        guard !speakers.isEmpty else { return nil }
        let turn = questionsAsked
        questionsAsked += 1
        let baud = SerialGuess.bauds[turn / speakers.count % SerialGuess.bauds.count]
        guess = SerialGuess(baud: baud, format: .eightNone)
        settingsTried.insert(guess)
        tunedAt = now.monotonic
        listen()
        let speaker = speakers[turn % speakers.count]
        let candidate = candidates.first { $0.descriptor.id == speaker.id && !$0.isSevenBit }
        guard let words = candidate?.decoder.opened(at: now) else { return nil }
        return Question(guess: guess, words: words.bytes)
    }

    /// What spoke for each protocol at each setting where it understood anything, the most first.
    public var evidence: [SniffEvidence] {
        var best: [SniffEvidence] = []
        let all = (pastEvidence + candidates.map(\.evidence)).filter { $0.frames > 0 }
        for one in all.sorted(by: { $0.frameBytes > $1.frameBytes }) {
            // A protocol has listened twice to each eight-bit setting.
            let isTold = best.contains { $0.protocolID == one.protocolID && $0.guess == one.guess }
            if !isTold { best.append(one) }
        }
        return best
    }

    // MARK: - Settings

    private func listen() {
        let isEightBits = guess.format == .eightNone
        candidates = protocols.flatMap { descriptor in
            (isEightBits ? [false, true] : [false]).compactMap {
                SniffCandidate(descriptor, guess, isSevenBit: $0)
            }
        }
        hearing = Hearing()
        kept = []
        heardAt = nil
        vainBursts = 0
    }

    /// What the hardware and its driver held when the line was set anew still comes for a moment,
    /// and the first bytes may be cut anywhere.
    private func isSettled(_ now: MonotonicTime) -> Bool {
        guard let tunedAt else { return true }
        let fewBytes = TimeSpan(microseconds: 40_000_000 / Int64(guess.baud))
        return now - tunedAt >= max(Limits.sniffSettling, fewBytes)
    }

    private var isRefuted: Bool {
        if kept.count >= Limits.sniffKeptBytes { return true }
        if hasFrames { return false }
        return hearing.isGarbage(isCut ? Limits.sniffCutErrors : Limits.sniffErrors)
            || hearing.total >= Limits.sniffUnexplainedBytes
    }

    /// - Parameter amidst: the device is still sending.
    private func tryNext(at now: MonotonicTime, amidst: Bool) -> Decision {
        let understood = candidates.map(\.evidence).filter { $0.frames > 0 }
        pastEvidence = (pastEvidence + understood).suffix(Limits.sniffEvidenceMax)
        board.refute(guess, hearing)
        guess = board.best
        settingsTried.insert(guess)
        tunedAt = now
        isCut = amidst
        listen()
        return .tryNext(guess)
    }

    // MARK: - Verdict

    private func verdict(_ isEnough: (SniffCandidate) -> Bool) -> Verdict? {
        let able = candidates.filter { isEnough($0) && $0.format != nil }
        guard let most = able.map(\.run.bytes).max() else { return nil }
        let equals = able.filter { $0.run.bytes * 10 >= most * 9 }
        let ranked = equals.enumerated().sorted { a, b in
            rank(a.element, a.offset) < rank(b.element, b.offset)
        }
        guard let best = ranked.first?.element, let format = best.format,
            !isContested(best, able)
        else { return nil }
        let found = SerialGuess(baud: guess.baud, format: format)
        var evidence = best.evidence
        evidence.guess = found
        let others = ranked.dropFirst().map(\.element)
            .filter { $0.isSevenBit == best.isSevenBit }.map(\.descriptor.id)
        return Verdict(
            protocolID: best.descriptor.id, guess: found, alternatives: others,
            evidence: evidence, heard: best.isSevenBit ? kept.map { $0 & 0x7F } : kept)
    }

    /// The stricter first: a checksum, then fewer frames without a meaning, then eight bits.
    private func rank(
        _ candidate: SniffCandidate, _ place: Int
    ) -> (Int, Int, Int, Int) {
        (
            candidate.descriptor.hasChecksum ? 0 : 1, candidate.run.undecodable,
            candidate.isSevenBit ? 1 : 0, place
        )
    }

    /// Whether a stricter protocol has begun to understand what this one only finds well-formed.
    private func isContested(_ best: SniffCandidate, _ able: [SniffCandidate]) -> Bool {
        guard !best.descriptor.hasChecksum else { return false }
        return candidates.contains { other in
            other.descriptor.hasChecksum && other.hasBegun
                && other.run.bytes * 2 >= best.run.bytes && !able.contains { $0 === other }
        }
    }
}
