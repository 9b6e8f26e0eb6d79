import AlarmModel
import Testing

@testable import WireProtocols

@Suite("tap")
struct TAPTests {
    private static let page = emitted(id: "101", text: "ROOM 12")

    private static func page(id: ShortText, text: String) -> TAP.Block? {
        WireText(text).flatMap { TAP.Block(id: id, text: $0) }
    }

    private static func emitted(id: ShortText, text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        if let block = page(id: id, text: text) { TAP.emit(.block(block), into: &bytes) }
        return bytes
    }

    private func moment(_ milliseconds: Int64) -> Moment {
        Moment(
            wall: WallTime(microseconds: 0),
            monotonic: MonotonicTime(microseconds: 1_000_000 + milliseconds * 1_000))
    }

    @Test("Parsing any bytes gives a message or an error, never a crash")
    func parseAnything() {
        let alphabet = Array("0123;<=>? AZ".utf8) + [0x02, 0x03, 0x0D, 0x17, 0x1A, 0x1F, 0xE4]
        for seed in UInt64(1)...20_000 {
            var random = SplitMix64(seed: seed)
            var bytes: [UInt8] = [[0x02], [0x1B, 0x50, 0x47], [0x04], []][Int(seed % 4)]
            for _ in 0..<Int.random(in: 0...20, using: &random) {
                bytes.append(alphabet.randomElement(using: &random) ?? 0)
            }
            bytes.append(0x0D)
            guard let message = try? TAP.parse(bytes.span) else { continue }
            var again: [UInt8] = []
            TAP.emit(message, into: &again)
            #expect((try? TAP.parse(again.span)) == message, "seed \(seed)")
        }
    }

    @Test("The check is the low twelve bits of the sum, as three characters from 0 to ?")
    func check() {
        #expect(TAP.check(of: [0x02] + Array("123\rABC\r".utf8) + [0x03]) == Array("17;".utf8))
        #expect(TAP.check(of: [UInt8](repeating: 0xFF, count: 17)) == Array("0>?".utf8))
        #expect(TAP.check(of: [UInt8](repeating: 0x80, count: 33)) == Array("080".utf8))
    }

    @Test("An eighth bit that the check does not count is not there")
    func eighthBit() throws {
        var frame = Self.emitted(id: "101", text: "ABC")
        let place = try #require(frame.firstIndex(of: UInt8(ascii: "A")))
        frame[place] |= 0x80
        #expect(TAP.scan(frame.span, searched: 0) == .likelyFrame(length: frame.count))
        let page = try #require(Self.page(id: "101", text: "ABC"))
        #expect(try TAP.parse(frame.span) == .block(page))
    }

    @Test("A block is full at 256 bytes, and none with a control character is made")
    func blockBounds() {
        #expect(Self.page(id: "1", text: String(repeating: "x", count: 253)) != nil)
        #expect(Self.page(id: "1", text: String(repeating: "x", count: 254)) == nil)
        #expect(Self.page(id: "1\r", text: "ab") == nil)
        #expect(TAP.Login(password: "12345678901234567") == nil)
        #expect(TAP.Login(password: "1 2") == nil)
    }

    @Test("A page longer than what is put together keeps its beginning, and ends")
    func longPage() throws {
        var pages = TAPPages()
        // No block as the one before, which would be a resend.
        let blocks = [UInt8(ascii: "x"), UInt8(ascii: "y")].map { letter in
            [UInt8](repeating: letter, count: WireText.capacity)
        }
        func take(_ bytes: [UInt8], _ ending: TAP.Block.Ending) -> TAPPages.Page {
            pages.take(TAP.Block(bytes.span, ending: ending))
        }
        for number in 1...20 {
            #expect(take(blocks[number % 2], .part).part == number)
        }
        let whole = take(blocks[1], .page)
        #expect(whole.part == nil)
        #expect(whole.whole.content.count == TAPPages.bytesMax)
        #expect(take(blocks[0], .part).part == 1)
    }

    @Test("A login that is not finished within 8 s is forgotten, and wrong ones with it")
    func patience() throws {
        var session = try TAPSession(options: ProtocolOptions(["password": "123456"]))
        let wrong = try #require(TAP.Login(password: "1"))
        session.heard(at: moment(0))
        #expect(session.answer(to: .wake) == .invite)
        #expect(session.deadline == moment(8_000).monotonic)
        #expect(session.answer(to: .login(wrong)) == .wrongPassword)
        #expect(session.answer(to: .login(wrong)) == .wrongPassword)
        #expect(session.timedOut(at: moment(8_000)) == nil)
        #expect(session.deadline == nil)
        #expect(session.answer(to: .login(wrong)) == .wrongPassword)
        #expect(session.answer(to: .end) == .goodbye)
        #expect(session.deadline == nil)
    }

    @Test(
        "An option that cannot be is refused, with what would be right",
        arguments: [
            ["password": "1 2"], ["password": "12345678901234567"], ["kind": "checkIn"],
            ["text.": "fall"], ["text.fall": "fallen"], ["charset": "ascii"], ["pasword": "1"],
        ])
    func wrongOptions(_ options: [String: String]) {
        #expect(throws: OptionProblem.self) {
            try TAPSession(options: ProtocolOptions(options))
        }
    }
}
