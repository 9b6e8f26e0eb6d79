import AlarmModel
import Testing

@testable import WireProtocols

@Suite("surgard")
struct SurGardTests {
    private static let line = Array("5011 181234E10101001".utf8) + [0x14]

    private func scan(_ bytes: [UInt8], searched: Int = 0) -> FrameScan {
        SurGard.scan(bytes.span, searched: searched)
    }

    private func parse(_ bytes: [UInt8]) throws(DecodeError) -> SurGard.Message {
        try SurGard.parse(bytes.span)
    }

    @Test("No more than the longest line is waited for")
    func waitsForOneLine() {
        let bytes = [UInt8](repeating: UInt8(ascii: "5"), count: SurGard.frameLengthMax)
        #expect(
            scan(bytes.dropLast())
                == .needMore(searched: SurGard.frameLengthMax - 1))
        #expect(scan(bytes) == .skip(count: 1, reason: .tooLong))
    }

    @Test("A line as long as a line may be is a frame, one byte more is none")
    func longestLine() throws {
        let head = Array("S01001 [#0123456789ABCDEF|NQA3^".utf8)
        let tail = Array("^]".utf8) + [0x14]
        let room = SurGard.frameLengthMax - head.count - tail.count
        let longest = head + [UInt8](repeating: UInt8(ascii: "x"), count: room) + tail
        #expect(scan(longest) == .likelyFrame(length: SurGard.frameLengthMax))
        let message = try parse(longest)
        guard case .sia(let line) = message else {
            Issue.record("no SIA line: \(message)")
            return
        }
        #expect(line.account == "0123456789ABCDEF")
        let tooLong = head + [UInt8](repeating: UInt8(ascii: "x"), count: room + 1) + tail
        guard case .skip(_, .tooLong) = scan(tooLong) else {
            Issue.record("a line of \(tooLong.count) bytes is taken")
            return
        }
    }

    @Test("Parsing any bytes gives a message or an error, never a crash")
    func parseAnything() {
        for seed in UInt64(1)...20_000 {
            var random = SplitMix64(seed: seed)
            let starts = ["5011 18", "S011[#", "1011  ", "0", "5", ""]
            var bytes = Array((starts.randomElement(using: &random) ?? "").utf8)
            let alphabet = Array("0189AFE PR[]|#@^/Nri".utf8) + [0x0D, 0x0A, 0xFF]
            for _ in 0..<Int.random(in: 0...40, using: &random) {
                bytes.append(alphabet.randomElement(using: &random) ?? 0)
            }
            bytes.append(0x14)
            guard let message = try? parse(bytes) else { continue }
            var again: [UInt8] = []
            SurGard.emit(message, into: &again)
            #expect((try? parse(again)) == message, "seed \(seed)")
        }
    }

    @Test("A frame without its terminator is truncated", arguments: ["", "5011 181234E10101001"])
    func noTerminator(_ text: String) {
        #expect(throws: DecodeError.truncated) { try parse(Array(text.utf8)) }
    }

    @Test(
        "Every layout is read, and none with a wrong byte in any place", arguments: 3...5, 3...10)
    func layouts(_ lineDigits: Int, _ accountDigits: Int) throws {
        let digits = String("0F1b2".prefix(lineDigits))
        let account = String("7c8D9E0123".prefix(accountDigits))
        for blank in [" ", ""] {
            let good = Array("5\(digits)\(blank)18\(account)R38412003".utf8) + [0x14]
            guard case .contactID(let line) = try parse(good) else {
                Issue.record("no Contact ID line")
                return
            }
            #expect(line.line.digits.string == digits.uppercased())
            #expect(line.account.string == account.uppercased())
            #expect(
                line.event
                    == ContactIDEvent(qualifier: .ended, code: 384, partition: 12, zone: 3))
            for place in 0..<good.count - 1 {
                for wrong in [UInt8(ascii: "G"), UInt8(ascii: "@"), 0xB1, 0x00] {
                    var bad = good
                    bad[place] = wrong
                    #expect(throws: DecodeError.unknownFormat, "\(wrong) at \(place)") {
                        try parse(bad)
                    }
                }
            }
        }
    }

    @Test("A strange line is asked for once, then stored, and each time it comes again")
    func refusedTwice() throws {
        var session = try PrintedLinesSession(options: ProtocolOptions())
        let strange = Array("2011 1234 A 05".utf8) + [0x14]
        let other = Array("2011 1234 A 06".utf8) + [0x14]
        func verdict(_ frame: [UInt8]) -> UndecodableVerdict {
            SurGard.undecodable(frame.span, .unknownFormat, in: &session)
        }
        let nak = UndecodableVerdict.askAgain(Reply([0x15]))
        var fault = EventDraft(.deviceFault)
        fault.code = "unknownFormat"
        #expect(verdict(strange) == nak)
        #expect(verdict(strange) == .report(fault, text: "2011 1234 A 05", reply: Reply([0x06])))
        #expect(verdict(strange) == .report(fault, text: "2011 1234 A 05", reply: Reply([0x06])))
        #expect(verdict(other) == nak)
        #expect(verdict(strange) == nak)
    }

    @Test("Damage in a line is answered with NAK, noise between lines is not")
    func damageReply() throws {
        var session = try PrintedLinesSession(options: ProtocolOptions())
        for reason in SkipReason.allCases {
            let expected = reason == .badFormat ? Reply([0x15]) : nil
            #expect(SurGard.reply(toDamage: reason, in: &session) == expected, "\(reason)")
        }
    }

    @Test("The same device has the same account, another has another, and A is in none")
    func sampleAccounts() throws {
        var accounts: Set<ShortText> = []
        let time = WallTime(microseconds: 0)
        for device in [UInt32.min, 1, 14, 15, 4_095, 50_624, 50_625, 1_000_000, UInt32.max] {
            let message = SurGard.sample(of: [.sos], device: device, serial: 1, at: time)
            guard case .contactID(let line) = message else {
                Issue.record("device \(device) has no sample")
                continue
            }
            #expect(line.account.count >= 4)
            #expect(!line.account.string.contains("A"))
            accounts.insert(line.account)
        }
        #expect(accounts.count == 9)
    }

    @Test("Accounts and lines that the wire cannot carry make no message")
    func impossibleMessages() throws {
        let line = try #require(SurGard.ReceiverLine("011"))
        let event = try #require(ContactIDEvent(qualifier: .begun, code: 101))
        let block = try #require(SurGard.SIABlock("NQA3"))
        for digits: ShortText in ["", "01", "012345", "01G", "01 "] {
            #expect(SurGard.ReceiverLine(digits) == nil, "\(digits)")
        }
        for account: ShortText in ["", "12", "12345678901", "12G4", "12b4"] {
            #expect(
                SurGard.ContactIDLine(line: line, account: account, event: event) == nil,
                "\(account)")
        }
        for account: ShortText in ["", "12345678901234567", "12|4", "12b4"] {
            #expect(
                SurGard.SIALine(line: line, account: account, block: block) == nil, "\(account)")
        }
        #expect(SurGard.SIABlock("") == nil)
        #expect(SurGard.SIABlock("N\u{14}") == nil)
        let long = try #require(SurGard.SIABlock(String(repeating: "N", count: 244)))
        #expect(SurGard.SIALine(line: line, account: "123", block: long) != nil)
        #expect(SurGard.SIALine(line: line, account: "1234", block: long) == nil)
    }

    @Test("An option that does not exist is refused")
    func noOptions() {
        #expect(throws: OptionProblem.self) {
            try PrintedLinesSession(options: ProtocolOptions(["receiver": "1"]))
        }
    }
}
