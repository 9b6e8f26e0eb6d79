import AlarmModel
import CBaselines
import WireProtocols

/// Bytes through the decoder of a port (ring, scan, checks, parse, events, reply), against plain C
/// that does the same work on the same bytes.
enum DecodeRows {
    private typealias Baseline = (
        UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<baseline_handler>?
    ) -> Void

    static func measure() throws -> [Row] {
        let lines = Corpus.surgard
        let surgard = unsafe try compare(
            "Sur-Gard Contact ID line", "surgard", lines, unsafe baseline_surgard, goal: 0.8,
            limit: { unsafe baseline_memchr($0, $1, 0x14) })
        let plain = unsafe try compare(
            "JT/T 808 0x0200, nothing escaped", "jt808", Corpus.locations, unsafe baseline_jt808,
            goal: 0.7)
        let share = decimal(Corpus.escapedLocations.escapedShare * 100, 1)
        let escaped = unsafe try compare(
            "JT/T 808 0x0200, \(share) % escaped", "jt808", Corpus.escapedLocations,
            unsafe baseline_jt808, goal: 0.7)
        let link = unsafe try compare(
            "Tocsin link EVENT", "tocsin-link", Corpus.tocsinLink, unsafe baseline_tocsin_link,
            goal: 0.7)
        return surgard + plain + escaped + link
    }

    /// - Parameter limit: what no decoder can be faster than, for a row of its own.
    private static func compare(
        _ what: String, _ id: ProtocolID, _ corpus: Corpus, _ baseline: @escaping Baseline,
        goal: Double, limit: ((UnsafePointer<UInt8>?, Int) -> Int)? = nil
    ) throws -> [Row] {
        let decoder = try makeDecoder(id)
        let handler = FoldingHandler()
        var folded = baseline_folding_handler()
        var limitFound = corpus.frames
        let seconds = unsafe corpus.bytes.withUnsafeBufferPointer { bytes in
            var contenders: [() -> Void] = [
                { decoder.receive(corpus.bytes.span, into: handler) },
                { unsafe baseline(bytes.baseAddress, bytes.count, &folded) },
            ]
            if let limit = unsafe limit {
                contenders.append { limitFound = unsafe limit(bytes.baseAddress, bytes.count) }
            }
            return Stopwatch.fastest(contenders)
        }
        guard handler.damaged == 0, handler.frames % corpus.frames == 0,
            folded.frames == handler.frames, folded.events == handler.events,
            limitFound == corpus.frames
        else {
            throw Unmeasured(
                "\(what): over all passes we found \(handler.frames) frames, \(handler.damaged) "
                    + "damaged, and \(handler.events) events, plain C \(folded.frames) "
                    + "frames and \(folded.events) events")
        }
        let figures = seconds.map {
            Figure.frames(corpus.frames, bytes: corpus.bytes.count, in: $0)
        }
        var rows = [
            Row(
                what: what, ours: figures[0], baseline: figures[1],
                against: "plain C, the same work", goal: .ratio(goal))
        ]
        if figures.count > 2 {
            rows.append(
                Row(
                    what: "  against the limit", ours: figures[0], baseline: figures[2],
                    against: "memchr for the end of lines, the limit"))
        }
        return rows
    }

    static func makeDecoder(_ id: ProtocolID) throws -> PortDecoder {
        guard let descriptor = ProtocolRegistry.find(id) else { throw Unmeasured("no \(id)") }
        return try descriptor.makeDecoder()
    }
}
