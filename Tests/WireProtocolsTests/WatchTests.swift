import AlarmModel
import Testing

@testable import WireProtocols

@Suite("Watch")
struct WatchTests {
    @Test("Each pair of status bits gives all that both say, the gravest first")
    func pairsOfBits() throws {
        for first in 0..<31 {
            for second in first + 1..<32 {
                let drafts = try drafts(status: 1 << UInt32(first) | 1 << UInt32(second))
                let telling = [first, second].filter { Watch.conditions[$0].kind != nil }
                let codes = drafts.compactMap { $0.code?.string }
                let bare = second < 16 ? ["AL"] : []
                #expect(Set(codes) == Set(telling.map { String($0) } + bare))
                let ranks = drafts.map(\.kind.priority.rank)
                #expect(ranks == ranks.sorted())
            }
        }
    }

    @Test("There is a row for each bit, alarms all tell something, and states last")
    func table() {
        #expect(Watch.conditions.count == Watch.bareAlarm + 1)
        for bit in 16...Watch.bareAlarm {
            #expect(Watch.conditions[bit].kind != nil && !Watch.conditions[bit].isHeld)
        }
        for bit in 0..<16 where Watch.conditions[bit].kind != nil {
            #expect(Watch.conditions[bit].isHeld)
        }
    }

    @Test("Every described word is told and answered as the table says, small letters too")
    func words() throws {
        for (word, meaning) in Watch.others {
            for content in ["\(word),1,2,3,4,5", "\(word.lowercased()),1,2,3,4,5"] {
                let transcript = try transcript("[3G*1234567890*0000*\(content)]")
                #expect(transcript.drafts.map(\.kind) == [meaning.kind], "\(word)")
                let replies = transcript.lines.count { $0.hasPrefix("reply") }
                #expect(replies == (meaning.answer == nil ? 0 : 1), "\(word)")
            }
        }
    }

    @Test(
        "Decimals are read to the digit, and nothing else is",
        arguments: [
            ("0", 0), ("-0.5", -5_000_000), ("22.5717070", 225_717_070), ("180", 1_800_000_000),
            (" 9.1574736", 91_574_736), ("1.23456789", 12_345_678), ("7.", 70_000_000),
            ("999999999", 9_999_999_990_000_000), ("1000000000", nil), ("", nil), ("-", nil),
            (".5", nil), ("1,", 10_000_000), ("1 ", nil), ("1.2.3", nil), ("+1", nil), ("1e5", nil),
        ] as [(String, Int64?)])
    func decimals(_ text: String, _ value: Int64?) {
        for tail in ["", ",0,0,0,0,0"] {
            var offset = 0
            let bytes = Array((text + tail).utf8)
            #expect(bytes.span.decimalField(&offset, decimals: 7) == value)
            let end = bytes.firstIndex(of: UInt8(ascii: ",")) ?? bytes.count
            #expect(offset == end + 1)
        }
    }

    @Test("A status of any length up to eight digits is read, of more is none")
    func status() {
        let cases: [(String, UInt32?)] = [
            ("0", 0), ("1a", 0x1A), ("0001", 1), ("00010000", 0x1_0000), ("AbCdEf09", 0xABCD_EF09),
            ("100000000", nil), ("", nil), ("0001000G", nil), ("g", nil),
        ]
        for (text, value) in cases {
            for tail in ["", ",0", ",0,0,0,0,0,0"] {
                var offset = 0
                let bytes = Array((text + tail).utf8)
                #expect(bytes.span.hexField(&offset) == value, "\(text)\(tail)")
                #expect(offset == text.utf8.count + 1)
            }
        }
    }

    @Test("A search that goes on where it ended finds the same", arguments: 1...20)
    func searched(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var bytes = Array("[3G*1234567890*0000*AL,".utf8)
        let others = Array("3G*09,[[A".utf8)
        bytes += (0..<100).map { _ in others.randomElement(using: &random) ?? 0 }
        bytes.append(UInt8(ascii: "]"))
        var said = 0
        for count in 1...bytes.count {
            let unread = bytes.span.extracting(0..<count)
            let whole = Watch.scan(unread, searched: 0)
            #expect(Watch.scan(unread, searched: said) == whole, "seed \(seed), \(count) bytes")
            guard case .needMore(let next) = whole else { return }
            said = next
        }
    }

    @Test("A message without an end is given up at the longest length, at once where it is none")
    func endless() {
        var bytes = Array("[3G*1234567890*0000*TK,".utf8)
        bytes += [UInt8](repeating: 0x2E, count: Watch.frameLengthMax - bytes.count)
        #expect(Watch.scan(bytes.span, searched: 0) == .skip(count: bytes.count, reason: .tooLong))
        bytes.removeLast()
        #expect(Watch.scan(bytes.span, searched: 0) == .needMore(searched: bytes.count))
        for text in ["[", "[3", "[3G*", "[3G*12345678901234", "[3G*1*00", "[3G*1*0002*"] {
            let bytes = Array(text.utf8)
            #expect(Watch.scan(bytes.span, searched: 0) == .needMore(searched: bytes.count))
        }
        for text in ["[.", "[3G.", "[3G**", "[3G*12345678901234567", "[3G*1*g", "[3G*1*00021"] {
            let bytes = Array(text.utf8)
            let scan = Watch.scan(bytes.span, searched: 0)
            #expect(scan == .skip(count: bytes.count, reason: .noise), "\(text)")
        }
    }

    @Test(
        "No bytes at all make parsing trap, and what is read means the same again",
        arguments: 1...20)
    func parseAnything(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var session = try WatchSession(options: ProtocolOptions())
        let handler = Transcript()
        let letters = Array("0123456789,,,,.-ANSEWV*[}\u{1} ".utf8)
        let heads = [
            "UD,", "AL,211126,092558,A,", "WAD,EN,", "WG", "LK,1,2,", "TK,", "JXTK,0,a,1,2,", "",
        ]
        for _ in 0..<1_000 {
            let count = Int.random(in: 0...90, using: &random)
            let head = heads.randomElement(using: &random) ?? ""
            var frame = Array("[3G*1234567890*0000*\(head)".utf8)
            for _ in 0..<count { frame.append(letters.randomElement(using: &random) ?? 0) }
            frame.append(UInt8(ascii: "]"))
            let message = try Watch.parse(frame.span)
            Watch.events(of: message, in: &session, EventBody(handler))
            var reply = Reply()
            Watch.reply(to: message, in: &session, into: &reply)
            var again: [UInt8] = []
            Watch.emit(message, into: &again)
            #expect(try Watch.parse(again.span) == message, "seed \(seed)")
            _ = try? Watch.parse(
                frame.span.extracting(0..<Int.random(in: 0..<frame.count, using: &random)))
        }
    }

    @Test("SOS and fall cannot be given another meaning, and other options are refused in words")
    func options() {
        for values in [
            ["status.16": "test"], ["status.21": "test"], ["status.32": "fall"],
            ["status.3": "position"], ["bareAlarm": "checkIn"], ["clockOffsetMinutes": "-721"],
        ] {
            #expect(throws: OptionProblem.self) {
                try WatchSession(options: ProtocolOptions(values))
            }
        }
        #expect(
            throws: OptionProblem(
                key: "status.3",
                message: "'strap' is no kind of alarm; write one such as sos, removed, medical or "
                    + "tamper")
        ) { try WatchSession(options: ProtocolOptions(["status.3": "strap"])) }
    }

    @Test("A state that means an emergency on a model counts in each report")
    func emergencyIsNotHeld() throws {
        let session = try WatchSession(
            options: ProtocolOptions(["status.3": "fall", "status.5": "removed"]))
        #expect(!session.conditions[3].isHeld && session.conditions[5].isHeld)
        #expect(session.heldBits == 0x4027)
    }

    private func transcript(_ text: String) throws -> Transcript {
        try Transcript.of(ProtocolDescriptor(Watch.self), [Array(text.utf8)])
    }

    private func drafts(status: UInt32) throws -> [WordedDraft] {
        var frame: [UInt8] = []
        let report = Watch.Report(keyword: "AL", status: status)
        Watch.emit(
            Watch.Message(Watch.Header(maker: "3G", id: "1234567890"), .report(report)),
            into: &frame)
        return try Transcript.of(ProtocolDescriptor(Watch.self), [frame]).drafts
    }
}
