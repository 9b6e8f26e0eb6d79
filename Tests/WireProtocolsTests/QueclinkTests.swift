import AlarmModel
import Testing

@testable import WireProtocols

@Suite("Queclink @Track")
struct QueclinkTests {
    private static let time = WallTime(microseconds: 1_795_253_158_000_000)
    private let descriptor = ProtocolDescriptor(Queclink.self)

    @Test("Each row of the table of reports makes the event that it says")
    func everyReport() throws {
        for meaning in Queclink.meanings {
            let drafts = try drafts(of: meaning.name, type: meaning.type ?? 7)
            guard meaning.kind != .position else {
                #expect(drafts.map(\.kind) == [.checkIn])
                continue
            }
            #expect(drafts.count == 1)
            #expect(drafts[0].kind == meaning.kind)
            #expect(drafts[0].isRestored == meaning.isRestored)
            #expect(drafts[0].text == meaning.text)
            #expect(drafts[0].code == meaning.name.code)
        }
    }

    @Test("Any three letters or digits that are not in the table are unknown, by their name")
    func unknownNames() throws {
        for name: StaticString in ["AAA", "ZZZ", "000", "9Z9", "FR1", "HBD", "SOT"] {
            let drafts = try drafts(of: Queclink.ReportName(name), type: nil)
            #expect(drafts.map(\.kind) == [.unknown])
            #expect(drafts[0].code?.string == "GT\(name)")
        }
    }

    @Test("The names and fronts that are written as numbers are the letters that they stand for")
    func constants() {
        #expect(Queclink.ReportName.fixed == Queclink.ReportName("FRI"))
        #expect(Queclink.ReportName.heartbeat == Queclink.ReportName("HBD"))
        #expect(Queclink.ReportName.information == Queclink.ReportName("INF"))
        #expect(Array("+RESP:GT".utf8).span.word(at: 0) == Queclink.Front.live)
        #expect(Array("+BUFF:GT".utf8).span.word(at: 0) == Queclink.Front.buffered)
        #expect(Array("+ACK:GT\0".utf8).span.word(at: 0) == Queclink.Front.acknowledgement)
    }

    @Test("A count is the number that its four digits say, and is given back as it was written")
    func counts() throws {
        for value in stride(from: 0, through: 0xFFFF, by: 251) {
            let count = Queclink.CountNumber(UInt16(value))
            #expect(count.value == UInt16(value))
            var digits: [UInt8] = []
            count.forEachDigit { digits.append($0) }
            #expect(UInt16(String(decoding: digits, as: UTF8.self), radix: 16) == UInt16(value))
        }
        let small = try #require(
            Queclink.CountNumber(digits: Array("fe0a".utf8).span.uint32LE(at: 0)))
        #expect(small.value == 0xFE0A)
        #expect(Queclink.CountNumber(digits: Array("11G0".utf8).span.uint32LE(at: 0)) == nil)
    }

    @Test("Numbers are read exactly, and what is none is none")
    func numbers() {
        for (text, tenths) in [
            ("0.0", 0), ("134.8", 1_348), ("-12.5", -125), ("7", 70), ("-0.3", -3), ("43.29", 432),
            ("999999.9", 9_999_999), ("", nil), ("-", nil), (".5", 5), ("5.", nil), ("1e3", nil),
            ("1000000", nil), ("+5", nil),
        ] as [(String, Int32?)] {
            let bytes = Array(text.utf8)
            #expect(bytes.span.tenths(bytes.indices) == tenths, "\(text)")
        }
        for (text, degrees) in [
            ("121.354335", 121_354_335), ("-121.354335", -121_354_335), ("0.000001", 1),
            ("-0.000001", -1), ("31.222073", 31_222_073), ("31.22207", nil), ("31,222073", nil),
            ("3-1.222073", nil), ("1121.354335", nil), ("abc.354335", nil), ("-.354335", nil),
        ] as [(String, Int32?)] {
            let bytes = Array(text.utf8)
            #expect(bytes.span.coordinate(bytes.indices) == degrees, "\(text)")
        }
    }

    @Test("Every printable character but a blank may stand in a word, and no other")
    func printable() {
        for byte in UInt8.min...UInt8.max {
            for count in 1...8 {
                var bytes = [UInt8](repeating: UInt8(ascii: "x"), count: 8)
                bytes[count - 1] = byte
                let isPrintable = byte > 0x20 && byte < 0x7F
                #expect(bytes.span.word(at: 0).isPrintableASCII(count: count) == isPrintable)
            }
        }
    }

    @Test("The longest report is found whole, and one byte more without an end is too long")
    func longest() {
        var report = Array("+RESP:GTALL,".utf8)
        report += [UInt8](
            repeating: UInt8(ascii: "x"), count: Queclink.frameLengthMax - report.count)
        #expect(
            Queclink.scan(report.span, searched: 0)
                == .skip(count: report.count, reason: .tooLong))
        report[report.count - 1] = UInt8(ascii: "$")
        #expect(Queclink.scan(report.span, searched: 0) == .frame(length: report.count))
    }

    @Test("A search that goes on where it ended finds the same", arguments: 1...20)
    func searched(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let pieces = ["+RESP:GT", "+ACK:GTH", "+BUFF:G", "+", "RESP:GTSOS", ",", "12", "\0"]
        var bytes = Array("+RESP:GTSOS,".utf8)
        for _ in 0..<20 { bytes += Array((pieces.randomElement(using: &random) ?? "").utf8) }
        bytes += Array("$".utf8)
        var said = 0
        for count in 1...bytes.count {
            let unread = bytes.span.extracting(0..<count)
            let whole = Queclink.scan(unread, searched: 0)
            #expect(Queclink.scan(unread, searched: said) == whole, "seed \(seed), \(count) bytes")
            guard case .needMore(let next) = whole else { return }
            said = next
        }
        Issue.record("no end was found, seed \(seed)")
    }

    @Test("No bytes at all make parsing or its events trap", arguments: 1...20)
    func parseAnything(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let digits = Array("0123456789.,-+:$abcF".utf8)
        for _ in 0..<500 {
            let count = Int.random(in: 0...120, using: &random)
            let noise = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            _ = try? Queclink.parse(noise.span)
            let name = Queclink.meanings.randomElement(using: &random)?.name.code.string ?? "GTSOS"
            let tail = (0..<count).map { _ in digits.randomElement(using: &random) ?? 0 }
            let front = random.next() % 8 == 0 ? "+ACK:" : "+BUFF:"
            let report = Array((front + name + ",").utf8) + tail
            let transcript = try Transcript.of(descriptor, [report + Array("$".utf8)])
            #expect(transcript.accountedBytes == report.count + 1, "seed \(seed)")
            _ = try? Queclink.parse(report.span)
        }
    }

    @Test("A report with any byte changed or its end lost is still told", arguments: 1...20)
    func damaged(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let report = try #require(descriptor.sample(of: [.sos], serial: 7, at: Self.time))
        for _ in 0..<200 {
            var damaged = report
            // The front and the name are what tells it; a zero or a dollar would end it.
            let place = Int.random(in: 12..<report.count - 1, using: &random)
            let byte = UInt8.random(in: 0x25...0x7E, using: &random)
            damaged[place] = byte
            #expect(try Transcript.of(descriptor, [damaged]).drafts.first?.kind == .sos)
            let cut = Array(report.prefix(place))
            let told = try Transcript.of(descriptor, [cut + report]).drafts
            #expect(told.count { $0.kind == .sos } == 2, "seed \(seed), cut at \(place)")
        }
    }

    @Test("An option that cannot be is refused")
    func options() {
        for options in [["clockOffsetMinutes": "900"], ["clockOffset": "0"]] {
            #expect(throws: OptionProblem.self) {
                try QueclinkSession(options: ProtocolOptions(options))
            }
        }
    }

    private func drafts(of name: Queclink.ReportName, type: UInt8?) throws -> [WordedDraft] {
        var frame: [UInt8] = []
        Queclink.emit(
            Queclink.Message(.live, name, type: type, count: Queclink.CountNumber(1)), into: &frame)
        return try Transcript.of(descriptor, [frame]).drafts
    }
}
