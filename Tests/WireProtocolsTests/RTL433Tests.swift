import AlarmModel
import Captures
import Foundation
import Testing

@testable import WireProtocols

@Suite("rtl433")
struct RTL433Tests {
    private static let panic = line("X10-Security", #""id" : "3102", "code" : "26""#)

    private static func line(_ model: String, _ members: String) -> String {
        #"{"time" : "2026-11-21 09:25:58", "model" : "\#(model)", \#(members)}"# + "\n"
    }

    private func parse(_ line: String) throws -> RTL433.Message {
        try RTL433.parse(Array(line.utf8).span)
    }

    // MARK: - The table

    @Test("Every model is found by its name, and says what is grave first where it says several")
    func models() throws {
        for (index, model) in RTL433.models.enumerated() {
            var message = RTL433.Message(model.name)
            switch model.condition {
            case nil: break
            case .idStarts(let digit)?: message.id.append(digit)
            case .has(let key, let value)?: message.fields.append(key, value)
            }
            #expect(RTL433.modelIndex(of: message) == index, "\(model.name)")
            #expect(model.rules.count <= 32, "a bit for each rule")
        }
        let names = Set(RTL433.models.map(\.name))
        #expect(names.count == 17)
    }

    @Test("Of every rule there is a line that it speaks for, and an any behind it changes nothing")
    func rules() throws {
        for model in RTL433.models {
            for (index, rule) in model.rules.enumerated() {
                let value = Self.value(passing: rule.test)
                #expect(RTL433.passes(value, rule.test), "\(model.name) \(rule.key)")
                let isFirst = !model.rules[..<index].contains {
                    $0.key == rule.key && RTL433.passes(value, $0.test)
                }
                #expect(isFirst || rule.test == .any, "\(model.name) \(rule.key) \(rule.test)")
            }
        }
    }

    private static func value(passing test: RTL433.Test) -> ShortText {
        switch test {
        case .text(let text): text
        case .number(let number, _): ShortText(decimal: number)
        case .hex(let number, _): ShortText(hex: number, digits: 2)
        case .isSet: "1"
        case .isLow: "0"
        case .any, .noCall: "anything"
        }
    }

    @Test("Every code that an X10 device can send is told, none but three as a call")
    func x10Codes() throws {
        var calls: [Int] = []
        for code in 0...255 {
            let text = String(code, radix: 16)
            let line = Self.line(
                "X10-Security", "\"id\" : \"3102\", \"code\" : \"\(code < 16 ? "0" : "")\(text)\"")
            let drafts = try Self.drafts([line])
            #expect(!drafts.isEmpty)
            if drafts.contains(where: { $0.kind == .sos }) { calls.append(code) }
        }
        #expect(calls == [0x26, 0x27, 0x88, 0x89, 0x98, 0x99])
    }

    @Test(
        "What is low, and what is set",
        arguments: [
            ("0", true, false), ("0.000", true, false), ("0.090", true, true),
            ("0.1", true, true),
            ("0.100", true, true), ("0.110", false, true), ("0.59", false, true),
            ("1", false, true), ("1.000", false, true), ("true", false, true),
            ("false", true, false), ("", false, false), ("2", false, true), ("00", false, false),
            ("LOW", false, false), ("1e0", false, true), ("-1", false, true), ("1-2", false, false),
            ("1.2.3", false, false), ("1.5", false, true), ("0e5", false, false),
        ])
    func lowAndSet(_ text: String, _ isLow: Bool, _ isSet: Bool) {
        #expect(RTL433.passes(ShortText(text), .isLow) == isLow)
        #expect(RTL433.passes(ShortText(text), .isSet) == isSet)
    }

    @Test("Every member that is read has its own name")
    func keys() {
        #expect(RTL433.Key.names.count == RTL433.Key.allCases.count)
        #expect(Set(RTL433.Key.names).count == RTL433.Key.names.count)
        for key in RTL433.Key.allCases { #expect(RTL433.Key(key.name) == key) }
    }

    // MARK: - Copies

    private static func drafts(
        _ lines: [String], at milliseconds: [Int64] = [], options: [String: String] = [:]
    ) throws -> [WordedDraft] {
        let descriptor = try #require(ProtocolRegistry.find("rtl433"))
        let decoder = try descriptor.makeDecoder(options: ProtocolOptions(options))
        let transcript = Transcript()
        for (index, line) in lines.enumerated() {
            if index < milliseconds.count {
                decoder.heard(
                    at: Moment(
                        wall: WallTime(microseconds: 0),
                        monotonic: MonotonicTime(microseconds: milliseconds[index] * 1_000)))
            }
            decoder.receive(Array(line.utf8).span, into: transcript)
        }
        return transcript.drafts
    }

    @Test("The lines of one burst are one press, and after two seconds there is another")
    func bursts() throws {
        let times: [Int64] = [0, 100, 200, 1_900, 2_000, 2_001, 2_100]
        let drafts = try Self.drafts(times.map { _ in Self.panic }, at: times)
        #expect(drafts.count { $0.kind == .sos } == 2)
        #expect(drafts.count { $0.text == "copy" } == 5)
        #expect(drafts.allSatisfy { $0.text != "copy" || $0.heldConditions == nil })
    }

    @Test("What differs in anything that is read is no copy")
    func others() throws {
        let lines = [
            Self.panic, Self.line("X10-Security", #""id" : "3103", "code" : "26""#),
            Self.line("X10-Security", #""id" : "3102", "code" : "27", "battery_ok" : 0"#),
            Self.line("X10-Security", #""id" : "3102", "code" : "88""#), Self.panic,
        ]
        let drafts = try Self.drafts(lines, at: [0, 10, 20, 30, 40])
        #expect(drafts.count { $0.kind == .sos } == 4)
    }

    @Test("A burst of a learned button that no table has is one press")
    func strangeBurst() throws {
        let lines = [String](repeating: Self.line("pager", #""id" : "b2", "count" : 3"#), count: 4)
        let drafts = try Self.drafts(lines, at: [0, 1, 2, 3], options: ["device.b2": "sos"])
        #expect(drafts.count { $0.kind == .sos } == 1)
    }

    @Test("As many devices at once as there may be, and one more, lose no press")
    func manyDevices() throws {
        let count = RecentLines.linesMax + 1
        let lines = (0..<count).map {
            Self.line("X10-Security", #""id" : "\#(3_000 + $0)", "code" : "26""#)
        }
        let drafts = try Self.drafts(lines + lines, at: (0..<Int64(2 * count)).map { $0 })
        #expect(drafts.count { $0.kind == .sos } >= count)
    }

    // MARK: - Options

    @Test(
        "An option that cannot be is refused in words",
        arguments: [
            ["device": "sos"], ["device.": "sos"], ["device.a.b": "sos"], ["remote.4779": "sos"],
            ["remote.4779.50.1": "sos"], ["remote..50": "sos"], ["device.3102": "SOS"],
            ["device.3102": "position"], ["learn": "yes"],
            ["device.012345678901234567890123": "sos"],
        ])
    func badOptions(_ values: [String: String]) {
        #expect(throws: OptionProblem.self) {
            try RTL433Session(options: ProtocolOptions(values))
        }
    }

    // MARK: - JSON

    @Test("A line is an object here exactly where Foundation takes it for one")
    func differential() throws {
        let pieces = [
            "{", "}", "[", "]", ":", ",", "\"", "\"a\"", "\"model\"", "\"X\"", "1", "-", "0.5",
            "1e3",
            "true", "false", "null", " ", "\t", "\\", "\\u00e9", "\\n", "é", "tru", "{}", "[]",
            "\"b\":1", "\"c\" : [1,2]",
        ]
        var objects = 0
        for seed in UInt64(1)...60_000 {
            var random = SplitMix64(seed: seed)
            var text = "{"
            for _ in 0..<Int.random(in: 0...8, using: &random) {
                text += pieces.randomElement(using: &random) ?? ""
            }
            text += Bool.random(using: &random) ? "}" : ""
            // A comma behind the last member is not in the grammar, though Foundation takes it.
            guard !text.contains(/,[ \t]*[}\]]/) else { continue }
            let theirs = try? JSONSerialization.jsonObject(with: Data(text.utf8))
            let ours = try? parse(text)
            #expect((ours != nil) == (theirs is [String: Any]), "seed \(seed): \(text)")
            objects += ours == nil ? 0 : 1
        }
        #expect(objects > 500)
    }

    @Test("Parsing any bytes gives a message or an error, and a message comes back as it went out")
    func parseAnything() throws {
        let base = Array(Self.panic.utf8)
        for seed in UInt64(1)...20_000 {
            var random = SplitMix64(seed: seed)
            var bytes = base
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let place = Int.random(in: bytes.indices, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                default: bytes.insert(UInt8.random(in: 0x20...0x7E, using: &random), at: place)
                }
            }
            guard let message = try? RTL433.parse(bytes.span) else { continue }
            var again: [UInt8] = []
            RTL433.emit(message, into: &again)
            #expect((try? RTL433.parse(again.span)) == message, "seed \(seed)")
        }
    }

    @Test("The longest line is a frame, and no more than it is waited for")
    func longestLine() throws {
        let head = #"{"model" : "X10-Security", "id" : "3102", "code" : "26", "x" : ""#
        let room = RTL433.frameLengthMax - head.utf8.count - 3
        let longest = Array((head + String(repeating: "x", count: room) + "\"}\n").utf8)
        #expect(
            RTL433.scan(longest.span, searched: 0) == .likelyFrame(length: RTL433.frameLengthMax))
        #expect(try RTL433.parse(longest.span).id == "3102")
        let endless = [UInt8](repeating: UInt8(ascii: "{"), count: RTL433.frameLengthMax)
        let shorter = Array(endless.dropLast())
        guard case .needMore = RTL433.scan(shorter.span, searched: 0),
            case .skip(_, .tooLong) = RTL433.scan(endless.span, searched: 0)
        else {
            Issue.record("more than the longest line is waited for")
            return
        }
    }
}
