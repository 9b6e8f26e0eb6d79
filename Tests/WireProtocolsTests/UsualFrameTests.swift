import AlarmModel
import Testing

@testable import WireProtocols

/// A protocol may decode its usual frames in one go. Nobody must be able to tell.
@Suite("Usual frames")
struct UsualFrameTests {
    /// Those that are known to have a way for it, and vectors or samples that go it.
    private static let protocols: Set<ProtocolID> = [
        "ademco685", "dc09", "espa444", "fbii", "gt06", "jt808", "nmea", "radionics6500", "surgard",
        "tap", "tocsin-link", "watch",
    ]

    @Test("What is decoded in one go is what parse, events and reply make of it")
    func sameAsStepByStep() throws {
        var found: Set<ProtocolID> = []
        for descriptor in ProtocolRegistry.all where try hasUsual(descriptor.type) {
            found.insert(descriptor.id)
        }
        #expect(found.isSuperset(of: Self.protocols))
    }

    @Test("A usual frame with any one bit flipped is decoded as step by step, or not at all")
    func flippedBits() throws {
        for descriptor in ProtocolRegistry.all { try checkFlipped(descriptor.type) }
    }

    private func hasUsual<P: WireProtocol>(_: P.Type) throws -> Bool {
        var usual = 0
        for frame in try frames(of: P.self) where try isUsualAndSame(P.self, frame) { usual += 1 }
        return usual > 0
    }

    /// A scan lets few of them pass; the others must mean the same all the same, if they parse.
    private func checkFlipped<P: WireProtocol>(_: P.Type) throws {
        for frame in try frames(of: P.self) where try isUsualAndSame(P.self, frame) {
            for bit in 0..<frame.count * 8 {
                var flipped = frame
                flipped[bit / 8] ^= 1 << UInt8(bit % 8)
                _ = try isUsualAndSame(P.self, flipped)
            }
        }
    }

    /// Every frame of the vectors and one sample of each kind.
    private func frames<P: WireProtocol>(of _: P.Type) throws -> [[UInt8]] {
        let cases = VectorCorpus.cases.filter { $0.descriptor.id == P.about.id }
        let descriptor = ProtocolDescriptor(P.self)
        let samples = (1...3).flatMap { serial in
            EventKind.allCases.compactMap {
                descriptor.sample(of: [$0], serial: serial, at: SampleTests.time)
            }
        }
        return try cases.flatMap { try $0.run($0.chunks).frames } + samples
    }

    /// False when the frame is not decoded in one go.
    private func isUsualAndSame<P: WireProtocol>(_: P.Type, _ frame: [UInt8]) throws -> Bool {
        var session = try P.Session(options: ProtocolOptions())
        let atOnce = Transcript()
        var reply = Reply()
        let body = EventBody(atOnce)
        guard P.decodeUsual(frame.span, in: &session, body, into: &reply) else {
            #expect(atOnce.actions.isEmpty && reply.isEmpty, "something was done: \(frame)")
            return false
        }
        session = try P.Session(options: ProtocolOptions())
        let stepwise = Transcript()
        var stepwiseReply = Reply()
        guard let message = try? P.parse(frame.span) else {
            let isFrame = P.scan(frame.span, searched: 0).frameLength == frame.count
            #expect(!isFrame, "it does not parse: \(frame)")
            return false
        }
        P.events(of: message, in: &session, EventBody(stepwise))
        P.reply(to: message, in: &session, into: &stepwiseReply)
        #expect(atOnce.lines == stepwise.lines, "\(frame)")
        #expect(reply == stepwiseReply, "\(frame)")
        return true
    }
}
