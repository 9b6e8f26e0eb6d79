import AlarmModel
import CBaselines
import WireProtocols

/// Heap allocations while frames are decoded. Beside each figure stands the same counter over the
/// same frames with one allocation made on purpose for each, which shows that it counts.
enum AllocationRows {
    private static let framesMin = 100_000

    static func measure() throws -> [Row] {
        var rows = [try row(DecodeRows.surgard, "surgard", Corpus.surgard)]
        for contest in DecodeRows.contests {
            rows.append(try row(contest.what, contest.id, contest.corpus))
        }
        return rows
    }

    private static func row(_ what: String, _ id: ProtocolID, _ corpus: Corpus) throws -> Row {
        let passes = framesMin / corpus.frames + 1
        let frames = Double(passes * corpus.frames)
        let decoder = try DecodeRows.makeDecoder(id)
        let ours = Double(allocations(of: passes, corpus, decoder, FoldingHandler()))
        let control = Double(allocations(of: passes, corpus, decoder, AllocatingHandler()))
        guard control - ours == frames else {
            throw Unmeasured("of \(frames) allocations on purpose \(control - ours) were counted")
        }
        return Row(
            what: what, ours: .cost(ours / frames, "a frame", decimals: 3),
            baseline: .cost(control / frames, "a frame", decimals: 3),
            against: "the same, and one array a frame on purpose", goal: .zero)
    }

    /// One pass goes before the count, for tables that are built at first use.
    private static func allocations(
        of passes: Int, _ corpus: Corpus, _ decoder: PortDecoder, _ handler: any FrameHandler
    ) -> UInt64 {
        decoder.receive(corpus.bytes.span, into: handler)
        let before = heap_allocations()
        for _ in 0..<passes { decoder.receive(corpus.bytes.span, into: handler) }
        return heap_allocations() - before
    }
}

/// Keeps a copy of each frame, which costs one allocation.
private final class AllocatingHandler: FrameHandler {
    private var last: [UInt8] = []

    func event(_ draft: EventDraft, text: String?) {}
    func frame(_ bytes: Span<UInt8>, reply: Span<UInt8>, error: DecodeError?) {
        last = bytes.array()
    }
    func skipped(_ count: Int, _ reason: SkipReason) {}
    func answerDamage(_ reply: Reply) {}
}
