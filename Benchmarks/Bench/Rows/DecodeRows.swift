import AlarmModel
import CBaselines
import WireProtocols

/// Bytes through the decoder of a port (ring, scan, checks, parse, events, reply), against plain C
/// that does the same work on the same bytes.
enum DecodeRows {
    typealias Baseline = (
        UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<baseline_handler>?
    ) -> Void

    /// One protocol on traffic that is usual for it, against plain C.
    @safe struct Contest {
        var what: String
        var id: ProtocolID
        var corpus: Corpus
        var baseline: Baseline
    }

    /// A row for each protocol, by the order of the registry; JT/T 808 twice.
    static var contests: [Contest] {
        let share = decimal(Corpus.escapedLocations.escapedShare * 100, 1)
        return unsafe [
            Contest(
                what: "Tocsin link EVENT", id: "tocsin-link", corpus: .tocsinLink,
                baseline: unsafe baseline_tocsin_link),
            Contest(
                what: "JT/T 808 0x0200, nothing escaped", id: "jt808", corpus: .locations,
                baseline: unsafe baseline_jt808),
            Contest(
                what: "JT/T 808 0x0200, \(share) % escaped", id: "jt808",
                corpus: .escapedLocations, baseline: unsafe baseline_jt808),
            Contest(
                what: "GT06 location", id: "gt06", corpus: .gt06, baseline: unsafe baseline_gt06),
            Contest(
                what: "Watch UD", id: "watch", corpus: .watch, baseline: unsafe baseline_watch),
            Contest(
                what: "Ademco 685 line", id: "ademco685", corpus: .ademco685,
                baseline: unsafe baseline_ademco685),
            Contest(
                what: "Radionics 6500 line", id: "radionics6500", corpus: .radionics6500,
                baseline: unsafe baseline_radionics6500),
            Contest(
                what: "FBII CP-220 line", id: "fbii", corpus: .fbii,
                baseline: unsafe baseline_fbii),
            Contest(
                what: "EV-07B report", id: "ev07b", corpus: .ev07b,
                baseline: unsafe baseline_ev07b),
            Contest(
                what: "Queclink report", id: "queclink", corpus: .queclink,
                baseline: unsafe baseline_queclink),
            Contest(
                what: "NMEA sentence, byte by byte in C", id: "nmea", corpus: .nmea,
                baseline: unsafe baseline_nmea),
            Contest(
                what: "DC-09 message", id: "dc09", corpus: .dc09, baseline: unsafe baseline_dc09),
            Contest(
                what: "ESPA 4.4.4 call", id: "espa444", corpus: .espa444,
                baseline: unsafe baseline_espa444),
            Contest(what: "TAP page", id: "tap", corpus: .tap, baseline: unsafe baseline_tap),
            Contest(
                what: "rtl_433 line", id: "rtl433", corpus: .rtl433,
                baseline: unsafe baseline_rtl433),
            Contest(
                what: "EnOcean telegram", id: "esp3", corpus: .esp3,
                baseline: unsafe baseline_esp3),
            Contest(
                what: "RFXtrx packet", id: "rfxtrx", corpus: .rfxtrx,
                baseline: unsafe baseline_rfxtrx),
            Contest(
                what: "HID button report", id: "hid-button", corpus: .hidButton,
                baseline: unsafe baseline_hid_button),
        ]
    }

    static let surgard = "Sur-Gard Contact ID line"

    static func measure() throws -> [Row] {
        let lines = Corpus.surgard
        var rows = unsafe try compare(
            surgard, "surgard", lines, unsafe baseline_surgard,
            limit: { unsafe baseline_memchr($0, $1, 0x14) })
        for contest in contests {
            rows += unsafe try compare(
                contest.what, contest.id, contest.corpus, contest.baseline)
        }
        return rows
    }

    /// - Parameter limit: what no decoder can be faster than, for a row of its own.
    private static func compare(
        _ what: String, _ id: ProtocolID, _ corpus: Corpus, _ baseline: @escaping Baseline,
        limit: ((UnsafePointer<UInt8>?, Int) -> Int)? = nil
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
                against: "plain C, the same work", goal: .ratio(0.5))
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
