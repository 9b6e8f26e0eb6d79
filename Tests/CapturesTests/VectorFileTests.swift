import AlarmModel
import Captures
import Testing

@Suite("Vector files")
struct VectorFileTests {
    private let sample = """
        # Two terminals and a broken frame.
        protocol  jt808
        option    utcOffset=480 region="Linping East"
        origin    spec §1.5 # typed by hand

        case      SOS and area alarm in one report
        rx        7e 0200  7e   # one read
        event     sos device=013912345678
        event     geofenceExit device=013912345678 fence=3
        reply     7e 80 01 7e
        case      text and bytes mixed
        rx        "$GP # \\"\\r\\n" 00 "\\xff"
        skip      badChecksum 6
        rx        7e
        pending   1

        """

    private func parse(_ text: String) throws -> VectorFile {
        try VectorFile(parsing: Array(text.utf8), file: "jt808/sos.txt")
    }

    @Test("A file gives its head, and its cases with their steps in order and their lines")
    func wholeFile() throws {
        let file = try parse(sample)
        #expect(file.protocolID == "jt808")
        #expect(
            file.options == [
                .init(key: "utcOffset", value: "480"), .init(key: "region", value: "Linping East"),
            ])
        #expect(file.origin == .init(kind: .spec, text: "§1.5"))
        #expect(
            file.cases.map(\.title) == ["SOS and area alarm in one report", "text and bytes mixed"])
        #expect(file.cases.map(\.line) == [6, 11])
        #expect(file.cases.map(\.pending) == [0, 1])
        #expect(file.cases.flatMap(\.steps).map(\.line) == [7, 8, 9, 10, 12, 13, 14, 15])
        var exit = WordedDraft(.geofenceExit, address: "013912345678")
        exit.fence = "3"
        #expect(
            file.cases[0].steps.map(\.action) == [
                .receive([0x7E, 0x02, 0x00, 0x7E]),
                .event(WordedDraft(.sos, address: "013912345678")),
                .event(exit), .reply([0x7E, 0x80, 0x01, 0x7E]),
            ])
        #expect(
            file.cases[1].steps.map(\.action) == [
                .receive(Array("$GP # \"\r\n".utf8) + [0x00, 0xFF]),
                .skip(reason: "badChecksum", bytes: 6), .receive([0x7E]), .pending(1),
            ])
    }

    @Test("Windows line ends change nothing")
    func carriageReturns() throws {
        #expect(
            try parse(
                sample.split(separator: "\n", omittingEmptySubsequences: false)
                    .joined(separator: "\r\n")) == parse(sample))
    }

    @Test("A file comes back from its text", arguments: 0..<20)
    func roundTrip(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        var file = VectorFile(
            protocolID: "p", options: [.init(key: "k", value: random.text(0...9))],
            origin: .init(kind: .synthetic, text: "seed \(seed)"), cases: [])
        for number in 0..<5 {
            let actions: [VectorAction] =
                [.receive(random.bytes(1...20))]
                + (0..<5).map { _ in action(&random) } + [.pending(number)]
            file.cases.append(
                VectorCase(
                    title: "case \(number)", line: 0,
                    steps: actions.map { .init(line: 0, action: $0) }))
        }
        let parsed = try parse(file.text)
        #expect(parsed.options == file.options, "seed \(seed)")
        #expect(
            parsed.cases.map { $0.steps.map(\.action) }
                == file.cases.map { $0.steps.map(\.action) },
            "seed \(seed)")
        #expect(parsed.text == file.text)
        #expect(try parse(parsed.text) == parsed)
    }

    private func action(_ random: inout SeededRandom) -> VectorAction {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: .receive(random.bytes(1...20))
        case 1: .reply(random.bytes(1...20))
        case 2: .skip(reason: "noise", bytes: .random(in: 0...99, using: &random))
        default: .event(VectorEventTests.draft(&random))
        }
    }

    @Test("All mistakes of a file are shown at once, with file, line and column")
    func allMistakes() {
        let text = """
            protocol jt808
            origin hearsay
            rx 7e
            case 老 no chunk
            even sos
            case twice
            rx 7e 0g
            event sos zone=x colour=red
            rx 7e "a
            skip badChecksum
            pending -1
            pending 1
            reply 7e
            case twice
            protocol gt06
            rx
            """
        let error = #expect(throws: VectorProblems.self) { try parse(text) }
        let expected = [
            "2:8: an origin is spec, device or synthetic, then which",
            "3:1: rx belongs behind a case line",
            "4:1: a case needs an rx line",
            "5:1: \"even\" begins no line; there are protocol, option, origin, case, rx, event, "
                + "reply, skip and pending",
            "6:1: a case needs an rx line",
            "7:8: \"g\" is not a hexadecimal digit",
            "8:16: zone is a number from 0 to 4294967295",
            "8:18: \"colour\" is no key of an event; there are device scope restored test late "
                + "reported lat lon valid fixed accuracy altitude speed course code "
                + "partition zone fence battery signal serial text held holding",
            "9:7: the quote opened here is not closed",
            "10:17: a number of bytes is needed here",
            "11:9: a number of bytes is needed here",
            "13:1: pending says how a case ends; nothing follows it",
            "14:1: another case has this title",
            "14:1: a case needs an rx line",
            "15:1: protocol belongs before the first case",
            "16:1: no line says the origin: origin spec §1.5",
            "16:3: bytes are needed here: 7e 02 00 7e, or \"text\" in quotes",
        ]
        #expect(
            error?.description.split(separator: "\n").map(String.init)
                == expected.map { "jt808/sos.txt:" + $0 })
    }

    @Test("An empty file, and one that is not UTF-8, say what is missing")
    func nothing() {
        let empty = #expect(throws: VectorProblems.self) { try parse("") }
        #expect(empty?.problems.count == 3)
        let bytes = Array("protocol p\norigin spec a\ncase b\nrx 00\n# ".utf8) + [0xFF]
        let error = #expect(throws: VectorProblems.self) {
            try VectorFile(parsing: bytes, file: "f")
        }
        #expect(error?.description == "f:5:1: the line is not UTF-8")
    }

    @Test(
        "Options and heads that cannot be meant are mistakes",
        arguments: [
            ("option utcOffset", 2, 8), ("option =1", 2, 8), ("option a=1 a=2", 2, 12),
            ("option a=\"\\xff\"", 2, 10), ("protocol p", 2, 1), ("origin spec b", 2, 1),
            ("protocol", 2, 1),
        ])
    func heads(head: String, line: Int, column: Int) {
        let text = "protocol p\n\(head)\norigin spec a\ncase b\nrx 00\n"
        let error = #expect(throws: VectorProblems.self) { try parse(text) }
        let problem = error?.problems.first
        if head.hasPrefix("origin") {
            #expect(problem?.line == 3)
        } else {
            #expect(problem?.line == line)
            #expect(problem?.column == column)
        }
    }
}
