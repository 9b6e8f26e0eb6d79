import AlarmModel
import Testing

@testable import WireProtocols

@Suite("Eview EV-07B")
struct EV07BTests {
    private static let time = WallTime(microseconds: 1_795_253_158_000_000)
    private let descriptor = ProtocolDescriptor(EV07B.self)

    @Test("Each alarm bit makes one event, with its number as code")
    func everyBit() throws {
        for bit in 0..<64 {
            let drafts = try drafts(bits: 1 << UInt64(bit))
            #expect(drafts.map { $0.code?.string } == [String(bit)])
            #expect(drafts[0].kind == EV07B.alarmBits[bit].kind)
            #expect(drafts[0].isRestored == EV07B.alarmBits[bit].isRestored)
            #expect(drafts[0].text == EV07B.alarmBits[bit].text)
        }
        #expect(EV07B.alarmBits.count == 64)
    }

    @Test("Each pair of alarm bits gives both events, the gravest first")
    func pairsOfBits() throws {
        for first in 0..<63 {
            for second in first + 1..<64 {
                let drafts = try drafts(bits: 1 << UInt64(first) | 1 << UInt64(second))
                let isOneFence = (4...7).contains(first) && second == first + 22
                let expected = isOneFence ? [second] : [first, second]
                let codes = drafts.compactMap { $0.code?.string }
                #expect(
                    codes.count == expected.count && Set(codes) == Set(expected.map(String.init)))
                let ranks = drafts.map { $0.kind.priority.rank }
                #expect(ranks == ranks.sorted())
            }
        }
    }

    @Test("The wearer's own calls are never mere signs of life")
    func grave() {
        #expect(EV07B.alarmBits[EV07B.sosBit] == EV07B.AlarmBit(.sos))
        #expect(EV07B.alarmBits[2] == EV07B.AlarmBit(.fall))
        #expect(EV07B.alarmBits[32] == EV07B.AlarmBit(.removed))
    }

    @Test("A device that asks for the time is given that of the bytes it asked with")
    func timeOfDay() throws {
        var frame: [UInt8] = []
        EV07B.emit(
            EV07B.Message(
                EV07B.Header(sequence: 0x1234, command: EV07B.Command.services),
                requests: [.time, .address], .report(EV07B.Report())), into: &frame)
        let transcript = Transcript()
        let decoder = try descriptor.makeDecoder()
        decoder.heard(at: Moment(wall: Self.time, monotonic: MonotonicTime(microseconds: 0)))
        decoder.receive(frame.span, into: transcript)
        var body: [UInt8] = [0x03, 5, 0x12]
        body.append(uint32LE: 1_795_253_158)
        body += [10, 0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        var reply: [UInt8] = [0xAB, 0, 18, 0]
        reply.append(uint16LE: Checksums.crc16xmodem(body.span))
        reply += [0x34, 0x12] + body
        #expect(transcript.actions.last == .reply(reply))
    }

    @Test("No flipped bit of a body, its length or its CRC makes another event")
    func flippedBits() throws {
        let frame = try #require(
            descriptor.sample(of: [.sos, .position], serial: 7, at: Self.time))
        let properties = 1
        let sequence = 6..<8
        for place in frame.indices where place != properties && !sequence.contains(place) {
            for bit in 0..<8 {
                var damaged = frame
                damaged[place] ^= 1 << UInt8(bit)
                #expect(try Transcript.of(descriptor, [damaged]).drafts.isEmpty)
            }
        }
    }

    @Test("The longest frame is found whole, and one byte more is no frame")
    func longest() {
        var frame: [UInt8] = []
        let body = [UInt8](repeating: 0xAB, count: EV07B.bodyLengthMax)
        EV07B.emit(body, under: EV07B.Header(sequence: 0xABAB), into: &frame)
        #expect(frame.count == EV07B.frameLengthMax)
        #expect(EV07B.scan(frame.span, searched: 0) == .frame(length: frame.count))
        frame = []
        EV07B.emit(body + [0], under: EV07B.Header(sequence: 1), into: &frame)
        #expect(EV07B.scan(frame.span, searched: 0) == .skip(count: 8, reason: .badLength))
    }

    @Test("Of frames inside a torn one the first that is whole ends the waiting")
    func torn() throws {
        let sos = try #require(descriptor.sample(of: [.sos], serial: 1, at: Self.time))
        let fall = try #require(descriptor.sample(of: [.fall], serial: 2, at: Self.time))
        let torn = Array(sos.prefix(30))
        var header: [UInt8] = [0xAB, 0, 0xF8, 0x07, 0, 0, 0, 0, 1]
        for junk in [torn, torn + torn, torn + torn + torn] {
            let told = try Transcript.of(descriptor, [header + junk + fall]).drafts
            #expect(told.map(\.kind) == [.fall, .position])
        }
        header += sos
        #expect(try Transcript.of(descriptor, [header + fall]).drafts.count == 4)
    }

    @Test("No bytes at all make parsing trap", arguments: 1...20)
    func parseAnything(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<500 {
            let count = Int.random(in: 0...90, using: &random)
            var body = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            _ = try? EV07B.parse(body.span)
            // The same as the records of an intact frame, with keys that mean something.
            for index in body.indices where index % 3 == 0 { body[index] &= 0x2F }
            var frame: [UInt8] = []
            EV07B.emit([EV07B.Command.data] + body, under: EV07B.Header(sequence: 1), into: &frame)
            let transcript = try Transcript.of(descriptor, [frame])
            #expect(transcript.frames == [frame] && !transcript.drafts.isEmpty, "seed \(seed)")
            #expect(try EV07B.emitsSame(frame), "seed \(seed)")
        }
    }

    @Test("The SOS button and the fences cannot be given another meaning")
    func fixedBits() {
        for bit in [12, 4, 7, 26, 29, 64] {
            #expect(throws: OptionProblem.self) {
                try EV07BSession(options: ProtocolOptions(["alarm.\(bit)": "fall"]))
            }
        }
        #expect(throws: OptionProblem.self) {
            try EV07BSession(options: ProtocolOptions(["alarm.3": "fallen"]))
        }
    }

    private func drafts(bits: UInt64) throws -> [WordedDraft] {
        var frame: [UInt8] = []
        EV07B.emit(
            EV07B.Message(
                EV07B.Header(sequence: 1), .report(EV07B.Report(alarm: EV07B.Alarm(bits: bits)))),
            into: &frame)
        return try Transcript.of(descriptor, [frame]).drafts
    }
}

extension EV07B {
    fileprivate static func emitsSame(_ frame: [UInt8]) throws -> Bool {
        try ProtocolDescriptor(EV07B.self).emitAgain(frame).same
    }
}
