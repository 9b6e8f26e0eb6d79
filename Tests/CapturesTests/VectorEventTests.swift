import AlarmModel
import Captures
import Testing

@Suite("Event lines of vectors")
struct VectorEventTests {
    @Test("Every draft comes back from its line", arguments: 0..<20)
    func roundTrip(part: Int) throws {
        let seed = UInt64(part)
        var random = SeededRandom(seed: seed)
        for _ in 0..<500 {
            let draft = Self.draft(&random)
            let line = VectorEvent.describe(draft)
            let parsed = try VectorEvent.parse(line)
            #expect(parsed == draft, "seed \(seed): \(line)")
            // Swift takes two spellings of é for equal; the wire does not.
            #expect(parsed.text.map { Array($0.utf8) } == draft.text.map { Array($0.utf8) })
            #expect(VectorEvent.describe(parsed) == line, "seed \(seed)")
        }
    }

    /// Any draft, sensible or not: a decoder's mistake has to show in the line as it is.
    static func draft(_ random: inout SeededRandom) -> WordedDraft {
        var draft = WordedDraft(EventKind.allCases.randomElement(using: &random) ?? .sos)
        draft.isRestored = .random(using: &random)
        draft.isTest = .random(using: &random)
        draft.isLate = .random(using: &random)
        draft.address = random.maybe(shortText)
        draft.reportedAt = random.maybe(time)
        draft.position = random.maybe(position)
        draft.code = random.maybe(shortText)
        draft.partition = random.maybe { .random(in: .min ... .max, using: &$0) }
        draft.zone = random.maybe { .random(in: .min ... .max, using: &$0) }
        draft.fence = random.maybe(shortText)
        draft.batteryPercent = random.maybe { .random(in: .min ... .max, using: &$0) }
        draft.signalPercent = random.maybe { .random(in: .min ... .max, using: &$0) }
        draft.deviceSerial = random.maybe { .random(in: .min ... .max, using: &$0) }
        draft.text = random.maybe { $0.text(0...12) }
        draft.heldBit = random.maybe { .random(in: .min ... .max, using: &$0) }
        draft.heldConditions = random.maybe { .random(in: .min ... .max, using: &$0) }
        return draft
    }

    private static func shortText(_ random: inout SeededRandom) -> ShortText {
        var text = ShortText()
        for byte in random.bytes(0...ShortText.capacity) { text.append(byte) }
        return random.maybe { ShortText(decimal: $0.next()) } ?? text
    }

    private static func time(_ random: inout SeededRandom) -> WallTime {
        WallTime(microseconds: .random(in: 0...4_102_444_800_000_000, using: &random))
    }

    private static func position(_ random: inout SeededRandom) -> Position {
        func number(_ random: inout SeededRandom) -> Int32 {
            .random(in: .min ... .max, using: &random)
        }
        return Position(
            latitudeE7: number(&random), longitudeE7: number(&random),
            isValid: .random(using: &random), fixedAt: random.maybe(time),
            accuracyCentimeters: random.maybe(number), altitudeCentimeters: random.maybe(number),
            speedMillimetersPerSecond: random.maybe(number),
            courseCentidegrees: random.maybe(number))
    }

    @Test("A full draft has every key, in a fixed order and in the units of the JSON form")
    func fullDraft() {
        var draft = WordedDraft(.sos, address: "013912345678")
        draft.isRestored = true
        draft.isTest = true
        draft.isLate = true
        draft.reportedAt = WallTime(rfc3339: "2026-11-21T09:25:58Z")
        draft.position = Position(
            latitudeE7: 399_165_270, longitudeE7: -1_163_971_280, isValid: true,
            fixedAt: WallTime(rfc3339: "2026-11-21T09:25:57.5Z"), accuracyCentimeters: 800,
            altitudeCentimeters: -4_550, speedMillimetersPerSecond: 1_200,
            courseCentidegrees: 27_000)
        draft.code = "1101"
        draft.partition = 1
        draft.zone = 15
        draft.fence = "garden \"A\""
        draft.batteryPercent = 80
        draft.signalPercent = 61
        draft.deviceSerial = 4_711
        draft.text = "a\\b 老\r\n"
        draft.heldBit = 0
        draft.heldConditions = 0x801
        #expect(
            VectorEvent.describe(draft) == "sos device=013912345678 restored test late "
                + "reported=2026-11-21T09:25:58Z lat=39.916527 lon=-116.397128 valid "
                + "fixed=2026-11-21T09:25:57.500000Z accuracy=8.0 altitude=-45.5 speed=1.2 "
                + #"course=270.0 code=1101 partition=1 zone=15 fence="garden \"A\"" battery=80 "#
                + #"signal=61 serial=4711 text="a\\b 老\r\n" held=0 holding=0x801"#)
    }

    @Test("A key left out is nil or false: two drafts are equal when their lines are")
    func omittedKeys() throws {
        #expect(VectorEvent.describe(WordedDraft(.checkIn)) == "checkIn")
        #expect(try VectorEvent.parse("checkIn") == WordedDraft(.checkIn))
        let position = try VectorEvent.parse("position lat=1.5 lon=-0.0000001").position
        #expect(position == Position(latitudeE7: 15_000_000, longitudeE7: -1, isValid: false))
    }

    @Test("Keys may be typed in any order, with any blanks, and a comment behind")
    func freeOrder() throws {
        let typed = try VectorEvent.parse("sos \t zone=7  late device=\"1\"   # pressed twice")
        #expect(VectorEvent.describe(typed) == "sos device=1 late zone=7")
        // Inside a value a hash is a hash.
        #expect(try VectorEvent.parse("sos code=#1 text=\"a # b\"").text == "a # b")
        #expect(try VectorEvent.parse("sos code=#1").code == "#1")
    }

    @Test(
        "A mistake in an event line is shown with its column and what would be right",
        arguments: [
            ("soss", 1, "\"soss\" is no kind of event; there are sos, fall,"),
            ("", 1, "\"\" is no kind of event"),
            ("sos colour=red", 5, "\"colour\" is no key of an event; there are device scope"),
            ("sos zone", 5, "zone needs a value"),
            ("sos test=1", 5, "test stands alone, without a value"),
            ("sos zone=", 10, "no value; the empty text is written \"\""),
            ("sos zone=-1", 10, "zone is a number from 0 to 4294967295"),
            ("sos battery=256", 13, "battery is a number from 0 to 255"),
            ("sos zone=1 zone=1", 12, "zone is given twice"),
            ("sos lat=1.0", 1, "lat is part of a position, which needs lat and lon"),
            ("sos speed=1.0", 1, "speed is part of a position"),
            ("sos lat=1.00000001 lon=2", 9, "lat is a number with at most 7 decimals"),
            ("sos reported=2026-02-30T00:00:00Z", 14, "reported is a time such as"),
            ("sos device=123456789012345678901234", 12, "device is text of at most 23 bytes"),
            ("sos holding=801", 13, "holding is 0x and up to eight hexadecimal digits"),
            ("sos holding=0x1ffffffff", 13, "holding is 0x and up to eight hexadecimal digits"),
            ("sos text=\"\\xff\"", 10, "text is text in UTF-8"),
            ("sos text=\"a", 10, "the quote opened here is not closed"),
            ("sos text=\"a\\q\"", 12, "unknown escape"),
            ("sos text=\"老\\x1\"", 12, "unknown escape"),
            ("sos text=a\"b", 11, "a value with this character has to stand in quotes"),
            ("sos text=\"a\"b", 13, "a blank has to follow the value"),
        ])
    func mistakes(text: String, column: Int, message: String) {
        let error = #expect(throws: VectorProblems.self) { try VectorEvent.parse(text) }
        #expect(error?.problems.first?.column == column)
        #expect(
            error?.problems.first?.message.hasPrefix(message) == true,
            "\(String(describing: error))")
    }

    @Test("All mistakes of a line are shown at once")
    func allMistakes() {
        let error = #expect(throws: VectorProblems.self) {
            try VectorEvent.parse("sos zone=x colour=red battery=999 code=5")
        }
        #expect(error?.problems.map(\.column) == [10, 12, 31])
    }
}
