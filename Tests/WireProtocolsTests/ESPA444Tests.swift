import AlarmModel
import Testing

@testable import WireProtocols

@Suite("espa444")
struct ESPA444Tests {
    private static let block: [UInt8] =
        [0x01] + Array("1\u{02}1\u{1F}101\u{1E}2\u{1F}ROOM 12\u{1E}6\u{1F}1\u{03}".utf8) + [0x50]

    private func moment(_ milliseconds: Int64) -> MonotonicTime {
        MonotonicTime(microseconds: 1_000_000 + milliseconds * 1_000)
    }

    private func session(_ options: [String: String]) throws -> ESPA444Session {
        try ESPA444Session(options: ProtocolOptions(options))
    }

    @Test("Parsing any bytes gives a message or an error, never a crash")
    func parseAnything() {
        let alphabet = Array("0123456789 AZ".utf8) + [0x01, 0x02, 0x03, 0x1E, 0x1F, 0x05, 0xE4]
        for seed in UInt64(1)...20_000 {
            var random = SplitMix64(seed: seed)
            var bytes: [UInt8] = UInt8.random(in: 0...1, using: &random) == 0 ? [] : [1, 0x31, 2]
            for _ in 0..<Int.random(in: 0...30, using: &random) {
                bytes.append(alphabet.randomElement(using: &random) ?? 0)
            }
            guard let message = try? ESPA444.parse(bytes.span) else { continue }
            var again: [UInt8] = []
            ESPA444.emit(message, into: &again)
            #expect((try? ESPA444.parse(again.span)) == message, "seed \(seed)")
        }
    }

    @Test("Every priority has a kind, and what does not exist is as grave as what is not said")
    func priorities() throws {
        let kinds = try session([:]).kinds
        for priority in [UInt8?.none] + (0...UInt8.max).map(Optional.some) {
            let call = try #require(
                ESPA444.Block(
                    address: "1", text: WireText(),
                    numbers: ESPA444.Block.Numbers(priority: priority)))
            let expected: EventKind = priority == 2 || priority == 3 ? .helpNeeded : .sos
            #expect(kinds.kind(of: call.head, saying: nil) == expected)
        }
    }

    @Test("Every header has a kind, and only a call can be cancelled")
    func headers() throws {
        let kinds = try session([:]).kinds
        for header in UInt8(0)...9 {
            for type in [UInt8?.none] + (0...UInt8.max).map(Optional.some) {
                let block = try #require(
                    ESPA444.Block(
                        header: header, address: nil, text: WireText(),
                        numbers: ESPA444.Block.Numbers(callType: type, priority: 1)))
                let ofCall: EventKind = type == 1 ? .cancel : .sos
                #expect(
                    kinds.kind(of: block.head, saying: nil) == (header == 1 ? ofCall : .unknown))
            }
        }
    }

    @Test("A block with an address that is none, or a header that is none, is not made")
    func impossibleBlocks() {
        #expect(ESPA444.Block(header: 10, address: nil, text: WireText()) == nil)
        for address: ShortText in ["1 2", "\u{1F}", "é"] {
            #expect(ESPA444.Block(address: address, text: WireText()) == nil)
        }
        #expect(WireText("a\u{03}b") == nil)
        #expect(WireText(String(repeating: "x", count: 257)) == nil)
    }

    @Test(
        "An option that cannot be is refused, with what would be right",
        arguments: [
            ["role": "master"], ["role": "control"], ["addresses": "3"], ["polled": "maybe"],
            ["role": "control", "addresses": "3,3"], ["role": "control", "addresses": "2"],
            ["role": "control", "addresses": "10"], ["address": "12"], ["charset": "klingon"],
            ["kind.1": "helpNeeded"], ["kind.2": "checkIn"], ["kind.4": "sos"], ["text.": "fall"],
            ["text.fall": "position"], ["adress": "2"],
        ])
    func wrongOptions(_ options: [String: String]) {
        #expect(throws: OptionProblem.self) { try session(options) }
    }

    @Test("A polled station has 2.5 s to select, a transfer 15 s between signs of life")
    func calledTimes() {
        var line = ESPA444Line(addresses: [2], isPolled: true, stations: [])
        #expect(line.opened(at: moment(0)) == .nothing)
        #expect(line.deadline == nil)
        #expect(line.enquiry(1, at: moment(0)) == .nothing)
        #expect(line.deadline == moment(2_500))
        #expect(line.enquiry(2, at: moment(10)) == .acknowledged)
        #expect(line.deadline == moment(15_010))
        #expect(line.block(at: moment(1_000)) == .acknowledged)
        #expect(line.deadline == moment(16_000))
        #expect(line.timedOut(at: moment(16_000)) == .nothing)
        #expect(line.turn == .control)
        #expect(line.deadline == nil)
    }

    @Test("A select that was on its way when an earlier one was answered gets no second answer")
    func selectOnItsWay() {
        var line = ESPA444Line(addresses: [2], isPolled: false, stations: [])
        #expect(line.enquiry(2, at: moment(0)) == .acknowledged)
        #expect(line.enquiry(2, at: moment(49)) == .nothing)
        #expect(line.enquiry(2, at: moment(50)) == .acknowledged)
        #expect(line.block(at: moment(60)) == .acknowledged)
        #expect(line.end(at: moment(61)) == .nothing)
        #expect(line.enquiry(2, at: moment(62)) == .acknowledged, "the block was seen in between")
    }

    @Test("The control station polls in turn, each once a second, and 0.2 s behind an EOT at most")
    func controlTimes() {
        var line = ESPA444Line(addresses: [1, 2], isPolled: false, stations: [3, 4])
        #expect(line.opened(at: moment(0)) == .end)
        #expect(line.deadline == moment(200))
        #expect(line.timedOut(at: moment(200)) == .poll(3))
        #expect(line.deadline == moment(1_200))
        #expect(line.end(at: moment(210)) == .nothing)
        #expect(line.deadline == moment(410))
        #expect(line.timedOut(at: moment(410)) == .poll(4))
        #expect(line.enquiry(2, at: moment(420)) == .acknowledged)
        #expect(line.block(at: moment(500)) == .acknowledged)
        #expect(line.end(at: moment(510)) == .nothing)
        #expect(line.deadline == moment(1_210), "3 was answered a second before")
        #expect(line.timedOut(at: moment(1_210)) == .poll(3))
        #expect(line.timedOut(at: moment(2_210)) == .end)
        #expect(line.deadline == moment(2_410))
    }

    @Test("After three polls without an answer a station is asked every 30 s, until it answers")
    func slowPolls() {
        var polls = ESPA444PollList([3])
        for second in Int64(0)..<3 {
            #expect(polls.due(from: moment(second * 1_000)) == moment(second * 1_000))
            #expect(polls.next(at: moment(second * 1_000)) == 3)
            polls.missed(3, at: moment(second * 1_000))
        }
        #expect(polls.due(from: moment(2_000)) == moment(32_000))
        polls.answered(3, at: moment(32_000))
        #expect(polls.due(from: moment(32_000)) == moment(33_000))
    }
}
