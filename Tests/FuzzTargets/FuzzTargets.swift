import AlarmModel
import Captures
import EventJSON
import Foundation
import WireProtocols

/// libFuzzer's entry: one input is one connection of the protocol that TOCSIN_FUZZ_TARGET names, or
/// one file for `pcapng` and `vectors`. What must hold for any bytes is checked here; a crash or a
/// failed precondition is a finding.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = unsafe Array(UnsafeBufferPointer(start: bytes, count: bytes == nil ? 0 : count))
    target(input)
    return 0
}

private let target: @Sendable ([UInt8]) -> Void = {
    let name = ProcessInfo.processInfo.environment["TOCSIN_FUZZ_TARGET"] ?? ""
    switch name {
    case "pcapng": return { _ = PcapngReader.items(of: $0) }
    case "vectors": return { _ = try? VectorFile(parsing: $0, file: "fuzz") }
    default:
        guard let descriptor = ProtocolRegistry.find(ProtocolID(rawValue: name)) else {
            preconditionFailure("TOCSIN_FUZZ_TARGET names no protocol: '\(name)'")
        }
        return { input in
            let whole = Tally.of(descriptor, [input])
            // The same bytes, cut in two where the first byte says.
            let cut = input.isEmpty ? 0 : Int(input[0]) % input.count
            let halves = Tally.of(descriptor, [Array(input[..<cut]), Array(input[cut...])])
            precondition(whole.accounted == input.count, "a byte is in no account")
            precondition(whole == halves, "the outcome depends on how the bytes were cut")
            whole.render(descriptor.id)
        }
    }
}()

/// What one connection came to.
private final class Tally: FrameHandler, Equatable {
    private var events: [WordedDraft] = []
    private var frames: [[UInt8]] = []
    private var skips: [String] = []
    private var replies: [[UInt8]] = []
    private var run = SkippedRun()
    private(set) var accounted = 0

    static func of(_ descriptor: ProtocolDescriptor, _ chunks: [[UInt8]]) -> Tally {
        let tally = Tally()
        guard let decoder = try? descriptor.makeDecoder() else {
            preconditionFailure("a protocol refuses to be used without options")
        }
        for chunk in chunks { decoder.receive(chunk.span, into: tally) }
        tally.accounted += decoder.pending
        tally.tell(tally.run.end())
        return tally
    }

    func event(_ draft: EventDraft, text: String?) {
        tell(run.end())
        events.append(WordedDraft(draft, text: text))
    }

    func frame(_ bytes: Span<UInt8>, reply: Span<UInt8>, error: DecodeError?) {
        frames.append(bytes.array())
        accounted += bytes.count
        if !reply.isEmpty { replies.append(reply.array()) }
    }

    func skipped(_ count: Int, _ reason: SkipReason) {
        tell(run.add(count, reason))
        accounted += count
    }

    func answerDamage(_ reply: Reply) { replies.append(reply.bytes) }

    private func tell(_ run: SkippedRun?) {
        if let run { skips.append("\(run.reason) \(run.count)") }
    }

    /// Every draft has a form: JSON that any reader takes, and a time that it can be sorted by.
    func render(_ id: ProtocolID) {
        for (index, draft) in events.enumerated() {
            let raw = index < frames.count ? frames[index] : []
            let json = draftJSON(draft, protocolID: id, raw: raw)
            precondition(
                (try? JSONSerialization.jsonObject(with: Data(json))) is [String: Any],
                "a draft is no JSON: \(String(decoding: json, as: UTF8.self))")
            for time in [draft.reportedAt, draft.position?.fixedAt] {
                precondition(
                    time.map { WallTime.sayable.contains($0) } ?? true,
                    "a decoder lets in a time that no calendar has")
            }
            precondition(
                json.count < Limits.answerLineBytesMax, "a draft is longer than any reader takes")
        }
    }

    static func == (a: Tally, b: Tally) -> Bool {
        a.events == b.events && a.frames == b.frames && a.skips == b.skips
            && a.replies == b.replies && a.accounted == b.accounted
    }
}
