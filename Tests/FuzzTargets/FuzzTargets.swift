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
            // Behind a checksum that no mutation hits stands all that a sender can say.
            if let frame = checksummed(input, as: descriptor.id) {
                Tally.of(descriptor, [frame]).render(descriptor.id)
            }
        }
    }
}()

/// The input as what a frame says, inside a frame whose checksum is right; nil where a protocol has
/// none that keeps mutations out.
private func checksummed(_ said: [UInt8], as id: ProtocolID) -> [UInt8]? {
    func digits(_ number: UInt16) -> [UInt8] {
        [12, 8, 4, 0].map { shift in
            let digit = hexDigit(UInt8(truncatingIfNeeded: number >> UInt16(shift)))
            return digit >= UInt8(ascii: "a") ? digit & ~0x20 : digit
        }
    }
    switch id {
    case "dc09":
        let text = said.prefix(0xFFF).filter { $0 != 0x0D && $0 != 0x0A }
        return [0x0A] + digits(Checksums.crc16arc(text.span)) + digits(UInt16(text.count)) + text
            + [0x0D]
    case "gt06":
        // Length, what is said (protocol number and content), a serial number, the checksum.
        let body = [UInt8(min(said.count, 250) + 4)] + said.prefix(250) + [0, 1]
        let checksum = Checksums.crc16x25(body.span)
        return [0x78, 0x78] + body + [UInt8(checksum >> 8), UInt8(checksum & 0xFF), 0x0D, 0x0A]
    case "jt808":
        let checksum = said.reduce(0) { $0 ^ $1 }
        let escaped = (said + [checksum]).flatMap { byte -> [UInt8] in
            byte == 0x7E ? [0x7D, 2] : byte == 0x7D ? [0x7D, 1] : [byte]
        }
        return [0x7E] + escaped + [0x7E]
    default: return nil
    }
}

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
