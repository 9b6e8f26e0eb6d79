import AlarmModel
import WireProtocols

/// What one read yields, before the station decides on it. Kept from read to read, so that the
/// arrays grow once.
final class FrameCollector: FrameHandler {
    struct Frame {
        /// Its drafts, as a range of ``FrameCollector/drafts``.
        var drafts: Range<Int>
        /// Its bytes, as a range of ``FrameCollector/raw``.
        var raw: Range<Int>
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
        unsafe bytes.withUnsafeBufferPointer { unsafe raw.append(contentsOf: $0) }
        frames.append(
            Frame(
                drafts: framesDrafts..<drafts.count, raw: start..<raw.count,
                reply: reply.array(), error: error))
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
