import AlarmModel
import Testing

@testable import WireProtocols

@Suite("JT/T 808")
struct JTT808Tests {
    @Test("The longest frame is found whole, and one byte more without an end is too long")
    func longest() {
        let header = JTT808.Header(
            id: 0x7D7E, version: 0x7E, number: JTT808.TerminalNumber(high: 0x7E7E, low: .max),
            serial: 0x7E7D, part: JTT808.Part(total: 0x7E7E, number: 0x7D7D))
        var frame: [UInt8] = []
        JTT808.emit(
            JTT808.Message(header, .other([UInt8](repeating: 0x7E, count: 1023))), into: &frame)
        #expect(JTT808.scan(frame.span, searched: 0) == .frame(length: frame.count))
        #expect(frame.count <= JTT808.frameLengthMax)

        var endless = [UInt8](repeating: 0, count: JTT808.frameLengthMax)
        #expect(
            JTT808.scan(endless.span, searched: 0) == .skip(count: endless.count, reason: .noise))
        endless[0] = 0x7E
        #expect(
            JTT808.scan(endless.span, searched: 0) == .skip(count: endless.count, reason: .tooLong))
        endless.removeLast()
        #expect(JTT808.scan(endless.span, searched: 0) == .needMore(searched: endless.count))
    }

    @Test("A content of any bytes is found intact, and its escapes come off", arguments: 1...50)
    func escapes(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let body = (0..<200).map { _ in UInt8.random(in: 0x7B...0x7F, using: &random) }
        let message = JTT808.Message(
            JTT808.Header(id: 0x0900, number: JTT808.TerminalNumber(low: 0x7D7E), serial: 0x7E7E),
            .other(body))
        var frame: [UInt8] = []
        JTT808.emit(message, into: &frame)
        #expect(JTT808.scan(frame.span, searched: 0) == .frame(length: frame.count), "seed \(seed)")
        #expect(try JTT808.parse(frame.span) == message, "seed \(seed)")
        frame.removeFirst()
        #expect(JTT808.scan(frame.span, searched: 0) == .frame(length: frame.count), "seed \(seed)")
        #expect(try JTT808.parse(frame.span) == message, "seed \(seed)")
    }

    @Test("The answer escapes what it repeats, whichever byte of it that is")
    func escapedAnswers() throws {
        for high: UInt16? in [nil, 0x7D7E] {
            for escaped: UInt8 in [0x7D, 0x7E] {
                for place: UInt64 in 0..<8 {
                    let bytes = UInt64(escaped) << (place * 8)
                    try check(number: bytes >> 16, high, serial: UInt16(bytes & 0xFFFF), id: 0x0900)
                }
            }
            // Whatever the id and the check byte come to.
            for id: UInt16 in 0x0900...0x09FF { try check(number: 1, high, serial: 2, id: id) }
        }
    }

    private func check(number: UInt64, _ high: UInt16?, serial: UInt16, id: UInt16) throws {
        let header = JTT808.Header(
            id: id, version: high.map { _ in 1 },
            number: JTT808.TerminalNumber(high: high, low: number), serial: serial)
        var session = try JTT808Session(options: ProtocolOptions())
        var reply = Reply()
        JTT808.reply(to: JTT808.Message(header, .other([])), in: &session, into: &reply)
        var body: [UInt8] = []
        body.append(uint16: serial)
        body.append(uint16: id)
        body.append(0)
        let answer = JTT808.Header(
            id: 0x8001, version: header.version, number: header.number, serial: 0)
        var expected: [UInt8] = []
        JTT808.emit(JTT808.Message(answer, .other(body)), into: &expected)
        #expect(reply.bytes == expected, "\(header)")
    }

    @Test("A search that goes on where it ended finds the same", arguments: 1...20)
    func searched(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let bytes = (0..<300).map { _ in UInt8.random(in: 0x70...0x7F, using: &random) }
        var said = 0
        for count in 1...bytes.count {
            let unread = bytes.span.extracting(0..<count)
            let whole = JTT808.scan(unread, searched: 0)
            #expect(JTT808.scan(unread, searched: said) == whole, "seed \(seed), \(count) bytes")
            guard case .needMore(let next) = whole else { return }
            said = next
        }
    }

    @Test("No bytes at all make parsing trap", arguments: 1...20)
    func parseAnything(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let kinds: [EventKind] = [.sos, .geofenceExit, .position, .checkIn]
        for round in 0..<500 {
            var bytes: [UInt8] = []
            if round % 2 == 0, let kind = kinds.randomElement(using: &random),
                let message = JTT808.sample(
                    of: [kind], device: 1, serial: 1, at: WallTime(microseconds: 0))
            {
                JTT808.emit(message, into: &bytes)
                bytes[Int.random(in: bytes.indices, using: &random)] ^= 0x41
                bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
            } else {
                let count = Int.random(in: 0...80, using: &random)
                bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            }
            _ = try? JTT808.parse(bytes.span)
            _ = try? JTT808.parse((bytes + [0x7E]).span)
        }
    }

    @Test("Each pair of alarm bits gives both events, the gravest first")
    func pairsOfBits() throws {
        for first in 0..<31 {
            for second in first + 1..<32 {
                let drafts = try drafts(alarm: 1 << UInt32(first) | 1 << UInt32(second))
                let codes = drafts.compactMap { $0.code?.string }
                #expect(Set(codes) == [String(first), String(second)])
                let ranks = drafts.map { $0.kind.priority.rank }
                #expect(ranks == ranks.sorted())
            }
        }
    }

    @Test("The emergency button cannot be given another meaning")
    func emergencyButton() {
        #expect(throws: OptionProblem.self) { try session(["alarm.0": "test"]) }
    }

    @Test("An option that cannot be is refused in words that help")
    func options() {
        #expect(
            throws: OptionProblem(
                key: "alarm.29",
                message:
                    "'fallen' is no kind of alarm; write one such as fall, removed, batteryLow, "
                    + "tamper or unknown")
        ) { try session(["alarm.29": "fallen"]) }
        #expect(throws: OptionProblem.self) { try session(["alarm.29": "position"]) }
        #expect(throws: OptionProblem.self) { try session(["alarm.32": "fall"]) }
        #expect(throws: OptionProblem.self) { try session(["clockOffsetMinutes": "900"]) }
    }

    @Test("A condition that means an emergency on a model counts in each report")
    func emergencyIsNotHeld() throws {
        let fall = try drafts(alarm: 1 << 29, ["alarm.29": "fall"])
        #expect(fall.map(\.kind) == [.fall, .position])
        #expect(fall[0].heldBit == nil && fall[1].heldConditions == 0)
        let collision = try drafts(alarm: 1 << 29)
        #expect(collision[0].heldBit == 29 && collision[1].heldConditions == 1 << 29)
    }

    @Test("The check digit of an IMEI is that of the usual example")
    func luhn() {
        #expect(JTT808.TerminalNumber(low: 49_015_420_323_751).address == "490154203237518")
    }

    @Test("Every digit of a number stands in its place")
    func digits() {
        #expect(JTT808.TerminalNumber(low: 0x0123_4567_8901).address == "012345678901")
        #expect(
            JTT808.TerminalNumber(high: 0x0123, low: 0x4567_8901_2345_6789).address
                == "01234567890123456789")
        #expect(JTT808.TerminalNumber(low: 0xFEDC_BA98_7654).address == "fedcba987654")
    }

    @Test("The answer to a number that is all escapes fits")
    func longestAnswer() {
        let header = JTT808.Header(
            id: 0x0100, version: 0x7E,
            number: JTT808.TerminalNumber(high: 0x7E7E, low: 0x7E7E_7E7E_7E7E_7E7E),
            serial: 0x7E7E)
        var reply = Reply()
        JTT808.answer(header, into: &reply)
        #expect(JTT808.scan(reply.bytes.span, searched: 0) == .frame(length: reply.count))
    }

    @Test("A message of more parts than are kept is told part by part, and never whole")
    func tooManyParts() {
        var parts = JTT808Parts()
        for number in UInt16(1)...17 {
            let outcome = add(
                to: &parts, serial: number, JTT808.Part(total: 17, number: number), [1])
            guard case .alone = outcome else {
                Issue.record("part \(number) was kept")
                return
            }
        }
    }

    @Test("A serial number that comes round begins a message anew")
    func serialComesRound() {
        var parts = JTT808Parts()
        let first = JTT808.Part(total: 2, number: 1)
        let second = JTT808.Part(total: 2, number: 2)
        guard case .waiting(nil) = add(to: &parts, serial: 1, first, [1]),
            case .whole([1, 2]) = add(to: &parts, serial: 2, second, [2]),
            case .waiting(nil) = add(to: &parts, serial: 1, first, [3]),
            case .whole([3, 4]) = add(to: &parts, serial: 2, second, [4])
        else {
            Issue.record("parts of two messages were mixed")
            return
        }
    }

    private func add(
        to parts: inout JTT808Parts, serial: UInt16, _ part: JTT808.Part, _ bytes: [UInt8]
    ) -> JTT808Parts.Outcome {
        let header = JTT808.Header(
            id: 0x0704, number: JTT808.TerminalNumber(low: 1), serial: serial, part: part)
        return parts.add(header, part, bytes)
    }

    private func session(_ values: [String: String]) throws -> JTT808Session {
        try JTT808Session(options: ProtocolOptions(values))
    }

    private func drafts(
        alarm: UInt32, _ options: [String: String] = [:]
    ) throws -> [WordedDraft] {
        var session = try session(options)
        let transcript = Transcript()
        let message = JTT808.Message(
            JTT808.Header(id: 0x0200, number: JTT808.TerminalNumber(low: 1), serial: 1),
            .location(
                JTT808.LocationReport(alarm: alarm, status: 0, latitude: 0, longitude: 0)))
        JTT808.events(of: message, in: &session, EventBody(transcript))
        return transcript.drafts
    }
}
