import AlarmModel
import Captures
import WireProtocols

/// Everything that a decoder told, in order, as the actions of a vector file.
final class Transcript: FrameHandler {
    private(set) var actions: [VectorAction] = []
    private(set) var frames: [[UInt8]] = []
    private var run = SkippedRun()
    private(set) var frameBytes = 0
    private(set) var skippedBytes = 0
    /// At the end of the connection.
    private(set) var pending = 0

    var lines: [String] { actions.map(\.line) }

    var drafts: [WordedDraft] {
        actions.compactMap { action in
            if case .event(let draft) = action { draft } else { nil }
        }
    }

    var accountedBytes: Int { frameBytes + skippedBytes + pending }

    func event(_ draft: EventDraft, text: String?) {
        tell(run.end())
        actions.append(.event(WordedDraft(draft, text: text)))
    }

    func frame(_ bytes: Span<UInt8>, reply: Span<UInt8>, error: DecodeError?) {
        frames.append(bytes.array())
        frameBytes += bytes.count
        if !reply.isEmpty { actions.append(.reply(reply.array())) }
    }

    func skipped(_ count: Int, _ reason: SkipReason) {
        skippedBytes += count
        tell(run.add(count, reason))
    }

    func answerDamage(_ reply: Reply) { actions.append(.reply(reply.bytes)) }

    private func tell(_ run: SkippedRun?) {
        guard let run else { return }
        actions.append(.skip(reason: run.reason.rawValue, bytes: run.count))
    }

    /// What one connection makes of `chunks`, each of them one read.
    static func of(
        _ descriptor: ProtocolDescriptor, _ chunks: [[UInt8]],
        options: ProtocolOptions = ProtocolOptions()
    ) throws -> Transcript {
        let transcript = Transcript()
        let decoder = try descriptor.makeDecoder(options: options)
        for chunk in chunks { decoder.receive(chunk.span, into: transcript) }
        transcript.pending = decoder.pending
        transcript.tell(transcript.run.end())
        return transcript
    }
}
