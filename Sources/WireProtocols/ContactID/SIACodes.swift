import AlarmModel

/// The two-letter event codes of SIA DC-03, each with its kind.
///
/// An untyped alarm (UA) is taken for a call for help, as in ``ContactIDCodes``. Openings, closings
/// and access have no word of their own in the station and stay `unknown`, with their letters.
enum SIACodes {
    /// The meaning of a code by its letters, which may be any bytes.
    static func meaning(of first: UInt8, _ second: UInt8) -> CodeMeaning {
        guard let index = index(of: first, second) else { return .unlisted }
        return meanings[index]
    }

    /// The code that says `kind` most plainly; nil when none does.
    static func plainest(of kind: EventKind) -> ShortText? {
        rows.first { $0.kind == kind }
            .map { ShortText(String($0.begun.prefix(2))) }
    }

    private static func index(of first: UInt8, _ second: UInt8) -> Int? {
        let high = first &- UInt8(ascii: "A")
        let low = second &- UInt8(ascii: "A")
        return high < 26 && low < 26 ? Int(high) * 26 + Int(low) : nil
    }

    private static let meanings: [CodeMeaning] = {
        var meanings = [CodeMeaning](repeating: .unlisted, count: 26 * 26)
        func forEach(_ codes: String, _ body: (Int) -> Void) {
            for code in codes.split(separator: " ") {
                let letters = Array(code.utf8)
                if let index = index(of: letters[0], letters[1]) { body(index) }
            }
        }
        for row in rows {
            forEach(row.begun) { meanings[$0].kind = row.kind }
            forEach(row.ended) { meanings[$0] = CodeMeaning(kind: row.kind, isRestored: true) }
        }
        forEach(userCodes) { meanings[$0].namesUser = true }
        return meanings
    }()

    private typealias Row = (kind: EventKind, begun: String, ended: String)

    /// By kind, the plainest code first.
    private static let rows: [Row] = [
        // Emergency, panic, untyped.
        (.sos, "QA PA UA", "QH QR PH PR UH UR"),
        (.medical, "MA", "MH MR"),
        // Hold-up.
        (.duress, "HA", "HH HR"),
        // Fire, also confirmed and unverified; heat; sprinkler.
        (.fire, "FA FM FG KA SA", "FH FR KH KR SH SR"),
        (.gas, "GA", "GH GR"),
        (.inactivity, "NA", "NS"),
        // Burglary, also confirmed, verified, unverified; on the way out; door forced.
        (.intrusion, "BA BM BV BG EA DF", "BH BR"),
        (.flood, "WA", "WH WR"),
        // Listening in: somebody has to be there for it.
        (.helpNeeded, "LF", "LE"),
        // Transmitter; system; system battery missing.
        (.batteryLow, "XT YT YM", "XR YR"),
        // Tamper alarm and trouble; expansion device; radio receiver; user code.
        (.tamper, "TA TT ES XS JA", "TH TR TJ EJ XJ JC"),
        // Mains; power supply.
        (.powerLost, "AT YP", "AR AJ YQ"),
        // Missing: burglary, fire, untyped; expansion device.
        (.supervisionLost, "BZ FZ FY UY UZ EM", "EN"),
        // To the centre; phone line; network; jamming, weak signal; line card; data lost.
        (.communicationFault, "YC YS LT NT NC XQ XL YD YB RT", "YK LR NR XH YE"),
        (.deviceFault, faultsBegun, faultsEnded),
        // By a user, of a burglary, of a fire; aborted.
        (.cancel, "OC BC FC AB", ""),
        // Asked for; parameters, clock, log, schedules, user codes, programming.
        (
            .serviceRequest,
            "YX YG YZ AS AN JD JH JL JO JR JS JT JV JX JY JZ LB LD LS LU LX RA RB RD RN RS RU", ""
        ),
        // Manual, automatic, unspecified; off normal; of areas and points; of a printer.
        (.test, "RX RP TX RY TS TE TC TP TW TZ BX FX GX FI FK VX", ""),
    ]

    /// Troubles by family, their supervision, what is bypassed, then the system's own.
    private static let faultsBegun =
        "BT FT GT HT KT MT PT QT ST UT WT ZT BS FS GS HS KS MS PS QS SS US WS ZS FW "
        + "BB FB GB HB KB MB PB QB SB TB UB WB ZB BD "
        + "ET IA OU PF SM VO VT VZ XX YA YF YI YU YW AA"
    private static let faultsEnded =
        "BJ FJ GJ HJ KJ MJ PJ QJ SJ UJ WJ ZJ FQ FV BU FU GU HU KU MU PU QU SU TU UU WU ZU BE "
        + "ER IR OV PO VI VR VY XC YH YJ RR"

    /// Codes whose number is a user.
    private static let userCodes =
        "BC CE CF CJ CK CL CP CQ CR DA DB EE JD JH JK JP JS JT JV JX JY JZ "
        + "OC OH OJ OK OL OP OQ OR OT RX"
}
