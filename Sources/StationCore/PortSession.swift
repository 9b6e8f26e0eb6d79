import AlarmModel
import Captures
import WireProtocols

/// What happened on one port of the configuration; shared by all sessions that it ever has, so that
/// ten thousand of them need not be added up.
final class PortTally {
    var counters = PortCounters()
}

/// One port while it is open: its decoder, its counters and its last bytes.
final class PortSession {
    let profile: PortProfile
    let decoder: PortDecoder
    let tally: PortTally
    var capture: CaptureRing
    /// Of the last frame that came, to tell whether a resend follows its original directly.
    var lastFingerprint: UInt64?
    /// When the device was sent something last.
    var lastSent: MonotonicTime?
    /// What comes so soon behind an answer was on its way before that could be heard.
    static let crossing = TimeSpan.milliseconds(50)
    /// The first damage since the port opened has been reported: one dump is enough.
    var hasDumped = false

    init(_ profile: PortProfile, _ tally: PortTally) throws(OptionProblem) {
        self.profile = profile
        self.tally = tally
        capture = CaptureRing(capacity: profile.captureBytes)
        decoder = try profile.descriptor.makeDecoder(options: profile.options)
    }
}

/// What one read yields, before the station decides on it. Kept from read to read, so that the
/// arrays grow once.
final class FrameCollector: FrameHandler {
    struct Frame {
        /// Its drafts, as a range of ``FrameCollector/drafts``.
        var drafts: Range<Int>
        /// Its bytes, as a range of ``FrameCollector/raw``.
        var raw: Range<Int>
        var fingerprint: UInt64
        /// Nothing when empty.
        var reply: [UInt8]
        var error: DecodeError?
    }

    private(set) var frames: [Frame] = []
    private(set) var drafts: [WordedDraft] = []
    private(set) var raw: [UInt8] = []
    private(set) var skips: [(count: Int, reason: SkipReason)] = []
    private(set) var damageReplies: [Reply] = []
    private var framesDrafts = 0

    func event(_ draft: EventDraft, text: String?) {
        drafts.append(WordedDraft(draft, text: text))
    }

    func frame(_ bytes: Span<UInt8>, reply: Span<UInt8>, error: DecodeError?) {
        let start = raw.count
        for index in bytes.indices { raw.append(bytes[index]) }
        frames.append(
            Frame(
                drafts: framesDrafts..<drafts.count, raw: start..<raw.count,
                fingerprint: fingerprint(of: bytes), reply: reply.array(), error: error))
        framesDrafts = drafts.count
    }

    func skipped(_ count: Int, _ reason: SkipReason) { skips.append((count, reason)) }

    func answerDamage(_ reply: Reply) { damageReplies.append(reply) }

    func clear() {
        frames.removeAll(keepingCapacity: true)
        drafts.removeAll(keepingCapacity: true)
        raw.removeAll(keepingCapacity: true)
        skips.removeAll(keepingCapacity: true)
        damageReplies.removeAll(keepingCapacity: true)
        framesDrafts = 0
    }
}
