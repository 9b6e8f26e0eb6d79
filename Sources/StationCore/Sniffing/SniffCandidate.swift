import AlarmModel
import WireProtocols

/// How well one protocol understands one setting of the line.
public struct SniffEvidence: Sendable, Equatable {
    public var protocolID: ProtocolID
    public var guess: SerialGuess
    /// Whole frames, among them those that had no meaning.
    public var frames = 0
    public var undecodable = 0
    public var frameBytes = 0
    public var skippedBytes = 0
    /// Kinds of event that the frames would have been.
    public var kinds: Set<EventKind> = []

    /// Of all bytes that it was given, per cent.
    public var explainedPercent: Int {
        let all = frameBytes + skippedBytes
        return all == 0 ? 0 : frameBytes * 100 / all
    }
}

/// One protocol that listens along. Its replies go nowhere.
final class SniffCandidate: FrameHandler {
    /// Frames in a row: what lies between them is little.
    struct Run {
        var frames = 0
        var undecodable = 0
        var bytes = 0
        var skipped = 0
        var values: Set<UInt8> = []
        /// Something was said besides "I am here".
        var saysMore = false
        var eighthBits = EighthBits()
    }

    let descriptor: ProtocolDescriptor
    /// Listens to the lower seven bits of each byte.
    let isSevenBit: Bool
    let decoder: PortDecoder
    private(set) var run = Run()
    private(set) var evidence: SniffEvidence
    /// Of the message that was under way when the listening began.
    private var cutBytes = 0
    /// Line errors since the last frame.
    private var damaged = 0
    /// Of the frame that is being told.
    private var kinds: Set<EventKind> = []

    /// Nil for a protocol that cannot do without options.
    init?(_ descriptor: ProtocolDescriptor, _ guess: SerialGuess, isSevenBit: Bool) {
        guard let decoder = try? descriptor.makeDecoder() else { return nil }
        self.descriptor = descriptor
        self.isSevenBit = isSevenBit
        self.decoder = decoder
        evidence = SniffEvidence(protocolID: descriptor.id, guess: guess)
    }

    /// - Parameter lineErrors: how many of the bytes came with an error.
    func hear(_ bytes: [UInt8], lineErrors: Int, at now: Moment) {
        damaged += lineErrors
        decoder.heard(at: now)
        decoder.receive((isSevenBit ? bytes.map { $0 & 0x7F } : bytes).span, into: self)
        if isSevenBit { run.eighthBits.add(bytes) }
    }

    /// The format that the bytes of the run have; nil for seven bits that are none.
    var format: SerialGuess.Format? {
        isSevenBit ? run.eighthBits.format : evidence.guess.format
    }

    /// Whether it has understood more than noise says by chance: to some, one octet is a frame.
    var hasBegun: Bool { run.frames > 0 && isVaried }

    /// Whether noise can hardly be what it understood.
    var isConvinced: Bool {
        guard isVaried else { return false }
        if descriptor.hasChecksum {
            return run.frames >= 2 && run.bytes >= Limits.sniffCheckedBytes
        }
        guard run.saysMore || run.frames >= Limits.sniffCheckIns else { return false }
        let needed = explainsAll ? Limits.sniffCheckedBytes : Limits.sniffGrammarBytes
        return run.frames >= 3 || run.frames == 2 && run.bytes >= needed
    }

    private var skippedSinceBeginning: Int { max(0, evidence.skippedBytes - cutBytes) }

    /// What was said until now was the end of a message, and counts for nothing.
    func begin() { cutBytes = evidence.skippedBytes + decoder.pending }

    /// Nothing at all was said at this setting that it did not understand.
    var explainsAll: Bool { evidence.frames > 0 && skippedSinceBeginning == 0 }

    /// Half of what was said at this setting, or more, it understood.
    var explainsHalf: Bool {
        evidence.frames > 0 && skippedSinceBeginning <= evidence.frameBytes
    }

    /// The same for few frames, where nothing else was said before or after.
    var isConvincedByAll: Bool {
        guard isVaried, skippedSinceBeginning * 4 <= evidence.frameBytes,
            descriptor.hasChecksum || run.saysMore || run.frames >= Limits.sniffCheckIns
        else { return false }
        let needed =
            descriptor.hasChecksum ? Limits.sniffCheckedBytes : Limits.sniffGrammarBytes
        return run.bytes * 2 >= needed
    }

    /// Frames that are the same byte over and over are a stuck line.
    private var isVaried: Bool { run.values.count >= 4 }

    // MARK: FrameHandler

    func event(_ draft: EventDraft, text: String?) {
        evidence.kinds.insert(draft.kind)
        kinds.insert(draft.kind)
    }

    func frame(_ bytes: Span<UInt8>, reply: Span<UInt8>, error: DecodeError?) {
        evidence.frames += 1
        evidence.frameBytes += bytes.count
        defer {
            damaged = 0
            kinds = []
        }
        if error != nil {
            evidence.undecodable += 1
            run.undecodable += 1
        }
        // Without a checksum, whether it is whole is a matter of opinion.
        let isTorn = error != nil || damaged > 0 || kinds.contains(.deviceFault)
        if !descriptor.hasChecksum, isTorn { return skip(bytes.count) }
        if kinds != [.checkIn] { run.saysMore = true }
        run.frames += 1
        run.bytes += bytes.count
        for index in bytes.indices { run.values.insert(bytes[index]) }
    }

    func skipped(_ count: Int, _ reason: SkipReason) {
        evidence.skippedBytes += count
        skip(count)
    }

    func answerDamage(_ reply: Reply) {}

    private func skip(_ count: Int) {
        run.skipped += count
        if run.skipped * 4 > run.bytes { run = Run() }
    }
}
