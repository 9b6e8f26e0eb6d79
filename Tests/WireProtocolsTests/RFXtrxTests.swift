import AlarmModel
import Testing

@testable import WireProtocols

@Suite("RFXtrx")
struct RFXtrxTests {
    private let reset = hexText([13] + [UInt8](repeating: 0, count: 13))
    private let status = "0d000001020000000000000000" + "00"
    private let start = "0d000002070000000000000000" + "00"

    @Test("A port that opens resets the receiver, rests half a second, asks, and tells it to start")
    func startUp() throws {
        var session = try RFXtrxSession(options: ProtocolOptions())
        #expect(session.deadline == nil)
        #expect(session.opened(at: moment(0)).map { hexText($0.bytes) } == reset)
        #expect(session.deadline == moment(500).monotonic)
        #expect(session.timedOut(at: moment(500)).map { hexText($0.bytes) } == status)
        #expect(session.deadline == moment(2_500).monotonic)
        #expect(hexText(answer(to: 0x02, in: &session)) == start)
        #expect(session.deadline == nil)
        #expect(answer(to: 0x07, in: &session).isEmpty)
        #expect(session.deadline == nil)
    }

    @Test("A receiver that does not answer is reset again, for as long as it is silent")
    func silence() throws {
        var session = try RFXtrxSession(options: ProtocolOptions())
        _ = session.opened(at: moment(0))
        for round in Int64(0)..<3 {
            let begin = round * 2_500
            #expect(session.timedOut(at: moment(begin + 500)).map { hexText($0.bytes) } == status)
            #expect(session.timedOut(at: moment(begin + 2_500)).map { hexText($0.bytes) } == reset)
            #expect(session.deadline == moment(begin + 3_000).monotonic)
        }
    }

    @Test("A panic that comes during the start-up is a call, and does not end the start-up")
    func panicDuringStartUp() throws {
        var session = try RFXtrxSession(options: ProtocolOptions())
        _ = session.opened(at: moment(0))
        let panic = RFXtrx.Security(
            subtype: 2, sequence: 1, id: 1, status: 6, signal: 8, battery: 9)
        #expect(kinds(of: panic, in: &session) == [.sos, .checkIn])
        #expect(session.deadline == moment(500).monotonic)
    }

    @Test("Each status has one meaning, and every one without has unknown")
    func statuses() throws {
        #expect(Set(RFXtrx.statuses.map(\.status)).count == RFXtrx.statuses.count)
        let session = try RFXtrxSession(options: ProtocolOptions())
        for status in UInt8(0)..<0x80 {
            let listed = RFXtrx.statuses.first { $0.status == status }
            #expect(session.kind(of: status) == listed?.kind ?? .unknown)
            #expect(RFXtrx.text(of: status) == listed?.text)
        }
    }

    @Test("Each status together with tamper and a low battery gives all of its events")
    func together() throws {
        var session = try RFXtrxSession(options: ProtocolOptions())
        for meaning in RFXtrx.statuses where !meaning.kind.isTelemetry {
            let packet = RFXtrx.Security(
                subtype: 2, sequence: 0, id: 1, status: meaning.status | 0x80, signal: 8,
                battery: 0)
            let told = kinds(of: packet, in: &session)
            #expect(Set(told) == [meaning.kind, .tamper, .batteryLow, .checkIn])
            #expect(told.map(\.priority.rank) == told.map(\.priority.rank).sorted())
        }
    }

    @Test("Every length of the table fits the longest frame, and no type stands twice")
    func lengths() {
        let lengths = RFXtrx.packetLengths.flatMap(\.lengths)
        #expect(lengths.max().map { Int($0) + 1 } == RFXtrx.frameLengthMax)
        #expect(Set(RFXtrx.packetLengths.map(\.type)).count == RFXtrx.packetLengths.count)
        for (type, lengths) in RFXtrx.packetLengths {
            for length in lengths {
                let frame = [length, type] + [UInt8](repeating: 0, count: Int(length) - 1)
                #expect(RFXtrx.scan(frame.span, searched: 0) == .frame(length: frame.count))
            }
        }
    }

    @Test("An option that cannot be is refused in words that help")
    func options() {
        for key in ["status", "status.5", "status.80", "status.+5", "state.05"] {
            #expect(throws: OptionProblem.self, "\(key)") {
                try RFXtrxSession(options: ProtocolOptions([key: "checkIn"]))
            }
        }
        #expect(
            throws: OptionProblem(
                key: "status.06",
                message: "status 06 is the panic button; it cannot mean anything else")
        ) { try RFXtrxSession(options: ProtocolOptions(["status.06": "test"])) }
    }

    @Test("No bytes at all make parsing trap", arguments: UInt64(1)...20)
    func parseAnything(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<500 {
            let count = Int.random(in: 0...30, using: &random)
            var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            if count > 0, Bool.random(using: &random) { bytes[0] = UInt8(count - 1) }
            if count > 1, Bool.random(using: &random) { bytes[1] = 0x20 }
            _ = try? RFXtrx.parse(bytes.span)
        }
    }

    /// What the station answers when the receiver answers `command`.
    private func answer(to command: UInt8, in session: inout RFXtrxSession) -> [UInt8] {
        let packet = RFXtrx.Packet(
            type: 1, content: [0, 1, command] + [UInt8](repeating: 0, count: 9))
        var reply = Reply()
        RFXtrx.reply(to: .packet(packet), in: &session, into: &reply)
        return reply.bytes
    }

    private func kinds(
        of packet: RFXtrx.Security, in session: inout RFXtrxSession
    ) -> [EventKind] {
        let transcript = Transcript()
        RFXtrx.events(of: .security(packet), in: &session, EventBody(transcript))
        return transcript.drafts.map(\.draft.kind)
    }

    private func moment(_ milliseconds: Int64) -> Moment {
        Moment(
            wall: WallTime(microseconds: 0),
            monotonic: MonotonicTime(microseconds: milliseconds * 1_000))
    }
}
