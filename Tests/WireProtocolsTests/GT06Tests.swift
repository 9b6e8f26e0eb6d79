import AlarmModel
import Testing

@testable import WireProtocols

@Suite("GT06")
struct GT06Tests {
    @Test("Every alarm byte has a kind or says in words that it is no alarm")
    func alarmBytes() {
        for code in UInt16(1)..<256 {
            let meaning = GT06.meaning(ofAlarm: code)
            #expect(meaning.kind != nil || meaning.text != nil, "alarm \(code)")
            #expect(meaning == GT06.alarms[code] ?? .undescribed)
            let kinds = drafts(alarm: code).map(\.kind)
            #expect(kinds == (meaning.kind.map { [$0] } ?? []) + [.position], "alarm \(code)")
        }
        #expect(GT06.meaning(ofAlarm: 0x101) == .undescribed)
    }

    @Test("Each alarm with each information value and a low battery hides none of the others")
    func combinations() {
        for code in UInt16(0)..<256 {
            for value in UInt8(0)..<8 {
                let told = drafts(alarm: code, information: value << 3, level: 1)
                let kinds = Set(told.map(\.kind))
                if code != 0, let kind = GT06.meaning(ofAlarm: code).kind {
                    #expect(kinds.contains(kind))
                }
                let row = GT06.information[Int(value)]
                if let kind = row.meaning.kind, !row.sameAs.contains(code) {
                    #expect(kinds.contains(kind))
                }
                #expect(kinds.contains(.batteryLow))
                let ranks = told.map(\.kind.priority.rank)
                #expect(ranks == ranks.sorted(), "alarm \(code), information \(value)")
            }
        }
    }

    @Test(
        "Every type has events, and is acknowledged unless it answers us", arguments: [false, true])
    func types(isLong: Bool) throws {
        for type in UInt8(0)...255 {
            var frame: [UInt8] = []
            GT06.emit(type: type, serial: 0x1234, isLong: isLong, into: &frame) {
                $0 += [UInt8](repeating: 0x11, count: 40)
            }
            let transcript = try Transcript.of(ProtocolDescriptor(GT06.self), [frame])
            let kinds = transcript.drafts.map(\.kind)
            #expect(!kinds.isEmpty && transcript.frames == [frame], "type \(type)")
            if GT06.layout(of: type) == .unknown { #expect(kinds == [.unknown]) }
            // Its question for the time stays open until the station knows it.
            let isAnswered = GT06.isAnswered(type) && type != 0x8A
            #expect(
                transcript.lines.contains { $0.hasPrefix("reply") } == isAnswered, "type \(type)")
        }
    }

    @Test("A device that asks for the time gets it in UTC")
    func time() throws {
        // The example of the maker's document: 2015-12-29 00:00:21.
        let now = try #require(WallTime(rfc3339: "2015-12-29T00:00:21Z"))
        var session = try GT06Session(options: ProtocolOptions())
        session.heard(at: Moment(wall: now, monotonic: MonotonicTime(microseconds: 0)))
        var reply = Reply()
        GT06.reply(
            to: GT06.Message(type: 0x8A, serial: 6, .other([])), in: &session, into: &reply)
        #expect(reply.bytes == (try bytes(hex: "78780B8A0F0C1D0000150006F0860D0A")))
    }

    @Test("A frame of the greatest length is found, and a greater one is not waited for")
    func longest() {
        var frame: [UInt8] = []
        GT06.emit(type: 0x94, serial: 1, isLong: true, into: &frame) {
            $0 += [UInt8](repeating: 0, count: GT06.lengthMax - 5)
        }
        #expect(frame.count == GT06.frameLengthMax)
        #expect(GT06.scan(frame.span, searched: 0) == .frame(length: frame.count))
        frame[3] += 1
        #expect(GT06.scan(frame.span, searched: 0) == .skip(count: frame.count, reason: .badLength))
    }

    @Test("A scan that wants more never changes its mind about what it skipped", arguments: 1...20)
    func prefixes(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let marks: [UInt8] = [0x78, 0x78, 0x79, 0x05, 0x0D, 0x0A, 0x13]
        let noise = (0..<60).map { _ in marks.randomElement(using: &random) ?? 0 }
        var bytes = noise
        GT06.emit(type: 0x13, serial: 1, isLong: false, into: &bytes) { $0 += [0, 6, 4, 0, 2] }
        let whole = GT06.scan(bytes.span, searched: 0)
        for count in 1..<bytes.count {
            let part = GT06.scan(bytes.span.extracting(0..<count), searched: 0)
            switch (part, whole) {
            case (.needMore, _): continue
            // Of noise, what is there is skipped; what follows is looked at again.
            case (.skip(let some, let reason), .skip(let all, let last)):
                #expect(some <= all && reason == last, "seed \(seed), \(count) bytes")
            default: #expect(part == whole, "seed \(seed), \(count) bytes")
            }
        }
    }

    @Test("No bytes at all make parsing trap", arguments: 1...20)
    func parseAnything(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var session = try GT06Session(options: ProtocolOptions())
        let handler = Transcript()
        for _ in 0..<2_000 {
            let count = Int.random(in: 0...60, using: &random)
            var frame = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            _ = try? GT06.parse(frame.span)
            frame = []
            GT06.emit(
                type: UInt8.random(in: 0...255, using: &random), serial: 1,
                isLong: Bool.random(using: &random), into: &frame
            ) { content in
                for _ in 0..<count { content.append(UInt8.random(in: 0...255, using: &random)) }
            }
            guard let message = try? GT06.parse(frame.span) else { continue }
            GT06.events(of: message, in: &session, EventBody(handler))
            var again: [UInt8] = []
            GT06.emit(message, into: &again)
            #expect(try GT06.parse(again.span) == message, "seed \(seed)")
        }
    }

    @Test("An option that cannot be is refused")
    func options() {
        for values in [["clockOffsetMinutes": "900"], ["clock": "login"]] {
            #expect(throws: OptionProblem.self) {
                try GT06Session(options: ProtocolOptions(values))
            }
        }
    }

    private func drafts(
        alarm: UInt16, information: UInt8 = 0, level: UInt8 = 6
    ) -> [WordedDraft] {
        var report = GT06.Report()
        report.place = GT06.Place(latitude: 0, longitude: 0, course: 0)
        report.state = GT06.State(information: information, batteryLevel: level, signalLevel: 4)
        report.alarm = alarm
        var frame: [UInt8] = []
        GT06.emit(GT06.Message(type: 0x26, serial: 1, .report(report)), into: &frame)
        return (try? Transcript.of(ProtocolDescriptor(GT06.self), [frame]).drafts) ?? []
    }
}
