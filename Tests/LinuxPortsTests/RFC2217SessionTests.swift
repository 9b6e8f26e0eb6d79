import AlarmModel
import Testing

@testable import LinuxPorts

@Suite("The client's side of RFC 2217")
struct RFC2217SessionTests {
    private let settings = SerialSettings(
        baud: 255, format: SerialSettings.Format("7E1") ?? .eightNoneOne)

    /// All that came of a conversation.
    private struct Outcome: Equatable {
        var payload: [UInt8] = []
        var answer: [UInt8] = []
        var errors = LineErrors()
        var complaint: RFC2217Session.Complaint?
        var isRaw = false
    }

    private func outcome(
        of reads: [[UInt8]], thenTimeOut: Bool = false, _ settings: SerialSettings? = nil
    ) -> Outcome {
        var session = RFC2217Session(settings ?? self.settings)
        var outcome = Outcome()
        for read in reads {
            var bytes = read
            var span = bytes.mutableSpan
            let kept = session.receive(
                &span, answering: &outcome.answer, counting: &outcome.errors)
            outcome.payload += bytes.prefix(kept)
        }
        if thenTimeOut { session.timeOut() }
        outcome.complaint = session.complaint
        outcome.isRaw = session.isRaw
        return outcome
    }

    /// `FF FA 2C … FF F0`, the answer of a server.
    private func confirms(_ code: UInt8, _ operand: [UInt8]) -> [UInt8] {
        [0xFF, 0xFA, 44, code] + operand + [0xFF, 0xF0]
    }

    private let agrees: [UInt8] = [0xFF, 0xFD, 44]

    private var confirmsAll: [UInt8] {
        confirms(101, [0, 0, 0, 0xFF, 0xFF]) + confirms(102, [7]) + confirms(103, [3])
            + confirms(104, [1]) + confirms(105, [1]) + confirms(105, [8]) + confirms(105, [11])
    }

    /// Payload with all that is special in it, telnet between, and news of the line.
    private var conversation: [UInt8] {
        [0xFF, 0xFB, 0, 0xFF, 0xFD, 0, 0xFF, 0xFB, 3, 0xFF, 0xFD, 3] + [0x31, 0xFF, 0xFF, 0x0D, 0]
            + agrees + [0x32, 0xFF, 0xFB, 1] + confirmsAll + [0x33, 0xFF, 0xF1, 0x34]
            + confirms(106, [16]) + [0x35] + confirms(106, [8 | 2]) + confirms(107, [0xB0])
            + [0xFF, 0xFF, 0xFF, 0xFF, 0x36]
    }

    @Test("The settings are sent as the standard writes them, once the server agrees")
    func orders() {
        let answer = outcome(of: [agrees]).answer
        #expect(
            answer
                == [0xFF, 0xFA, 44, 1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xF0]
                + [0xFF, 0xFA, 44, 2, 7, 0xFF, 0xF0] + [0xFF, 0xFA, 44, 3, 3, 0xFF, 0xF0]
                + [0xFF, 0xFA, 44, 4, 1, 0xFF, 0xF0] + [0xFF, 0xFA, 44, 5, 1, 0xFF, 0xF0]
                + [0xFF, 0xFA, 44, 5, 8, 0xFF, 0xF0] + [0xFF, 0xFA, 44, 5, 11, 0xFF, 0xF0]
                + [0xFF, 0xFA, 44, 10, 0x1E, 0xFF, 0xF0] + [0xFF, 0xFA, 44, 11, 0, 0xFF, 0xF0])
        // A server that agrees again gets nothing more for it.
        #expect(outcome(of: [agrees, agrees]).answer == answer)
    }

    @Test("With hardware flow control the line moves RTS by itself")
    func hardwareFlow() {
        let line = SerialSettings(flowControl: .rtscts)
        let answer = outcome(of: [agrees], line).answer
        #expect(answer.contains([0xFF, 0xFA, 44, 5, 3, 0xFF, 0xF0]))
        #expect(!answer.contains([0xFF, 0xFA, 44, 5, 11, 0xFF, 0xF0]))
    }

    @Test("However the bytes are cut, the outcome is the same")
    func cuts() {
        let bytes = conversation
        let whole = outcome(of: [bytes], thenTimeOut: true)
        #expect(whole.payload == [0x31, 0xFF, 0x0D, 0, 0x32, 0x33, 0x34, 0x35, 0xFF, 0xFF, 0x36])
        #expect(whole.errors == LineErrors(damagedBytes: 1, breaks: 1, overruns: 1))
        #expect(whole.complaint == nil)
        // ECHO was refused; BINARY and SGA had been asked for, and are not answered again.
        #expect(whole.answer.suffix(3) == [0xFF, 0xFE, 1])
        for cut in 0...bytes.count {
            let parts = [Array(bytes[..<cut]), Array(bytes[cut...])]
            #expect(outcome(of: parts, thenTimeOut: true) == whole, "cut at \(cut)")
        }
        #expect(outcome(of: bytes.map { [$0] }, thenTimeOut: true) == whole)
    }

    @Test("No bytes can crash it, and no cut changes what it makes of them")
    func anyBytes() {
        let seed: UInt64 = 0x2217
        var random = SplitMix64(seed: seed)
        let common: [UInt8] = [0xFF, 0xFF, 0xFA, 0xF0, 0xFB, 0xFD, 0xFE, 44, 101, 105, 106, 0, 3]
        for round in 0..<2_000 {
            let bytes = (0..<Int.random(in: 1...200, using: &random)).map { _ in
                Bool.random(using: &random)
                    ? common.randomElement(using: &random) ?? 0
                    : UInt8.random(in: 0...255, using: &random)
            }
            let cut = Int.random(in: 0...bytes.count, using: &random)
            let parts = [Array(bytes[..<cut]), Array(bytes[cut...])]
            #expect(outcome(of: parts) == outcome(of: [bytes]), "seed \(seed), round \(round)")
        }
    }

    @Test("A subnegotiation without an end does not swallow the line for ever")
    func endless() {
        let data = [UInt8](repeating: 0x41, count: 1_000)
        let payload = outcome(of: [[0xFF, 0xFA, 44] + data]).payload
        #expect(payload.count > data.count - 2 * TelnetReader.subnegotiationMax)
    }

    // MARK: what a person is told

    @Test("What was not answered in time is named, and is well when it is answered later")
    func unconfirmed() {
        let some = agrees + confirms(101, [0, 0, 0, 0xFF, 0xFF]) + confirms(102, [7])
        #expect(outcome(of: [some]).complaint == nil)
        #expect(
            outcome(of: [some], thenTimeOut: true).complaint
                == .unconfirmed([.parity, .stopBits, .flowControl, .dtr, .rts]))
        #expect(outcome(of: [agrees + confirmsAll], thenTimeOut: true).complaint == nil)
    }

    @Test("A server that sets something else is told at once")
    func different() {
        let wrong = agrees + confirms(101, [0, 0, 0x25, 0x80])
        #expect(
            outcome(of: [wrong]).complaint == .different(.baud, asked: 255, got: 9_600))
    }

    @Test("A server that refuses the option still speaks telnet")
    func refused() {
        let refused = outcome(of: [[0xFF, 0xFE, 44, 0x31, 0xFF, 0xFF]], thenTimeOut: true)
        #expect(refused.complaint == .refused)
        #expect(refused.payload == [0x31, 0xFF] && !refused.isRaw)
        #expect(refused.answer.isEmpty)
    }

    @Test("A server that never speaks telnet is used as it is, both ways")
    func raw() {
        var session = RFC2217Session(settings)
        session.timeOut()
        #expect(session.complaint == .noTelnet)
        var (bytes, answer, errors) = ([0xFF, 0xFD, 0xFF] as [UInt8], [UInt8](), LineErrors())
        var span = bytes.mutableSpan
        #expect(session.receive(&span, answering: &answer, counting: &errors) == 3)
        let payload: [UInt8] = [0xFF]
        #expect(session.escaped(payload.span) == nil)
        #expect(RFC2217Session(settings).escaped(payload.span) == [0xFF, 0xFF])
    }
}
