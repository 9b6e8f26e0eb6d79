import AlarmModel
import Captures
import Foundation
import Testing

@testable import WireProtocols

@Suite("Tocsin link")
struct TocsinLinkTests {
    private typealias Link = TocsinLink

    @Test("Every kind of event has one code, and ascending codes descend in gravity")
    func kindCodes() {
        #expect(Set(Link.kinds.map(\.kind)) == Set(EventKind.allCases))
        #expect(Link.kinds.count == EventKind.allCases.count)
        let codes = Link.kinds.map(\.code)
        #expect(zip(codes, codes.dropFirst()).allSatisfy { $0 < $1 })
        let ranks = Link.kinds.map(\.kind.priority.rank)
        #expect(ranks == ranks.sorted())
        #expect(Link.kinds.allSatisfy { Int($0.code >> 4) == $0.kind.priority.rank })
        typealias KindCode = Link.KindCode
        #expect(Link.kind(ofCode: KindCode.unknown) == .unknown)
        #expect(Link.kind(ofCode: KindCode.deviceFault) == .deviceFault)
        #expect(Link.kind(ofCode: KindCode.position) == .position)
    }

    @Test("All codes at once come by gravity, those that are not assigned among the warnings")
    func gravity() {
        var kinds = Link.KindSet()
        for code in UInt8(0)..<64 { kinds.insert(code: code) }
        var codes: [UInt8] = []
        while let code = kinds.popGravest() { codes.append(code) }
        #expect(codes.sorted() == Array(0..<64))
        let ranks = codes.map { (Link.kind(ofCode: $0) ?? .unknown).priority.rank }
        #expect(ranks == ranks.sorted())
    }

    @Test("Every code of a kind, assigned or not, goes both ways and gives one event")
    func everyKindByte() throws {
        for byte in UInt8.min...UInt8.max {
            var kinds = Link.KindSet()
            kinds.insert(code: byte)
            let message = Link.Message(
                Self.header, .event(Link.Report(tick: 1, address: "P-1", kinds: kinds)))
            #expect(try parsed(emitted(message)) == message)
            #expect(try drafts(of: message).count == 1)
        }
    }

    @Test("Every message of either side means the same after emit and parse", arguments: messages)
    func bothWays(_ message: TocsinLink.Message) throws {
        let frame = emitted(message)
        #expect(frame.first == 0 && frame.last == 0)
        #expect(!frame.dropFirst().dropLast().contains(0))
        #expect(try parsed(frame) == message)
    }

    @Test("Content of every length and mixture of zeros comes back out of its frame")
    func everyContent() throws {
        for count in 14...500 {
            for zerosIn10 in [0, 1, 9, 10] {
                var random = SplitMix64(seed: UInt64(count * 100 + zerosIn10))
                var content = Link.Content<504>(
                    type: Link.MessageType.keepAlive, header: Self.header)
                while content.count < count - 4 {
                    let isZero = Int.random(in: 0..<10, using: &random) < zerosIn10
                    content.append(isZero ? 0 : UInt8.random(in: 1...255, using: &random))
                }
                var frame: [UInt8] = []
                content.finish(into: &frame)
                let label: Comment = "\(count) bytes, \(zerosIn10) of 10 zero"
                try #require(frame.count <= Link.frameLengthMax, label)
                let scan = Link.scan(frame.span, searched: 0)
                try #require(scan == .frame(length: frame.count), label)
                var room = COBS.Room(repeating: 0)
                try #require(Link.unpack(frame.span, into: &room) == count, label)
                let isIntact = room.span.extracting(first: count).isIntactContent
                try #require(isIntact, label)
            }
        }
    }

    @Test("A text that grows when it is mended still fits, and stays as it is from then on")
    func mendedText() throws {
        var content = Link.Content<504>(type: Link.MessageType.keepAlive, header: Self.header)
        content.append(UInt16(0))
        content.append(Link.Tag.text)
        content.append(UInt8(255))
        for _ in 0..<255 { content.append(UInt8(0xFF)) }
        var frame: [UInt8] = []
        content.finish(into: &frame)
        let message = try parsed(frame)
        guard case .keepAlive(let keepAlive) = message.body else {
            Issue.record("not a KEEPALIVE: \(message)")
            return
        }
        #expect(keepAlive.fields.text == String(repeating: "\u{FFFD}", count: 42))
        #expect(try parsed(emitted(message)) == message)
    }

    @Test("The station says HELLO first, and answers no HELLO of a station")
    func opening() throws {
        let descriptor = ProtocolDescriptor(Link.self)
        let hello = try #require(
            try descriptor.makeDecoder().opened(
                at: Moment(
                    wall: WallTime(microseconds: 0), monotonic: MonotonicTime(microseconds: 0))))
        let message = try parsed(hello.bytes)
        #expect(message.header == .unaddressed)
        guard case .stationHello(let said) = message.body else {
            Issue.record("not a HELLO: \(message)")
            return
        }
        #expect(said.version == 1)
        #expect(try Transcript.of(descriptor, [hello.bytes]).actions.count == 1, "skipped")
    }

    @Test("Noise without end gets one NAK, and the next good frame allows another")
    func oneNAK() throws {
        let descriptor = ProtocolDescriptor(Link.self)
        let good = try #require(descriptor.sample(of: [.sos], serial: 1, at: SampleTests.time))
        var random = SplitMix64(seed: 5)
        let noise = (0..<20_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        let lines = try Transcript.of(descriptor, [noise + [0] + good + noise]).lines
        #expect(lines.count { $0.hasPrefix("reply") } == 3, "NAK, ACK, NAK")
        #expect(lines.count { $0.hasPrefix("event") } == 1)
    }

    @Test("Parse ends with a message or an error on any bytes")
    func parseAnything() {
        var random = SplitMix64(seed: 9)
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...600, using: &random)
            var bytes = (0..<count).map { _ in
                Bool.random(using: &random)
                    ? UInt8.random(in: 0...4, using: &random)
                    : .random(
                        in: 0...255, using: &random)
            }
            if count > 0 { bytes[count - 1] = 0 }
            _ = try? Link.parse(bytes.span)
        }
    }

    static let header = TocsinLink.Header(nonce: 0x7C3A_91E5, sequence: 0x0100_0002)

    static let messages: [TocsinLink.Message] = {
        var hello = TocsinLink.Hello(version: 1, capabilities: 1)
        hello.maker = "Example"
        hello.serial = "0042"
        var report = TocsinLink.Report(tick: 77, address: "P-1", kinds: .init([.sos, .tamper]))
        report.isLate = true
        report.fields.position = Position(
            latitudeE7: -1, longitudeE7: 1, isValid: false, altitudeCentimeters: -500,
            courseCentidegrees: 35_999)
        report.fields.text = String(repeating: "å", count: 64)
        var keepAlive = TocsinLink.KeepAlive(state: 0xFFFF)
        keepAlive.fields.clock = WallTime(microseconds: -1)
        let bodies: [TocsinLink.Body] = [
            .hello(hello), .event(report), .keepAlive(keepAlive), .stationHello(hello), .ack,
            .nak(1), .nak(0xFF), .other(type: 0x0B), .other(type: 0xFE),
        ]
        return bodies.map { TocsinLink.Message(header, $0) }
    }()

    private func emitted(_ message: TocsinLink.Message) -> [UInt8] {
        var bytes: [UInt8] = []
        TocsinLink.emit(message, into: &bytes)
        return bytes
    }

    private func parsed(_ frame: [UInt8]) throws -> TocsinLink.Message {
        try TocsinLink.parse(frame.span)
    }

    private func drafts(of message: TocsinLink.Message) throws -> [WordedDraft] {
        try Transcript.of(ProtocolDescriptor(TocsinLink.self), [emitted(message)]).drafts
    }
}

/// What a maker of receivers is given: the encoder in C, and the example that is printed.
@Suite("Tocsin link for makers")
struct TocsinLinkMakerTests {
    @Test("The encoder in C makes the frames of the vectors, byte for byte")
    func encoder() throws {
        let example = try CompiledExample()
        defer { example.remove() }
        let lines = try example.run([]).split(separator: "\n")
        try #require(lines.count >= 9, "the example prints its frames")
        var made: [String: String] = [:]
        for line in lines {
            let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
            try #require(parts.count == 2, "\(line)")
            made[String(parts[0]), default: ""] += parts[1]
        }
        for (title, frames) in made {
            let vector = try #require(vectors.first { $0.vector.title == title }, "\(title)")
            #expect(frames == hexText(vector.bytes), "\(title)")
        }
    }

    @Test("The reader in C understands every reply in the vectors, and no damaged one")
    func reader() throws {
        let replies = vectors.flatMap(\.vector.steps).compactMap { step in
            if case .reply(let bytes) = step.action { bytes } else { nil }
        }
        try #require(!replies.isEmpty)
        let expected = try replies.map { reply in
            let message = try TocsinLink.parse(reply.span)
            var room = COBS.Room(repeating: 0)
            let count = try #require(TocsinLink.unpack(reply.span, into: &room))
            let (type, bodyCount) = (room.span.contentType, count - 14)
            let nonce = String(message.header.nonce, radix: 16)
            let padded = String(repeating: "0", count: 8 - nonce.count) + nonce
            let hexType = String(type, radix: 16)
            return "\(hexType) \(padded) \(message.header.sequence) \(bodyCount)"
        }
        let example = try CompiledExample()
        defer { example.remove() }
        #expect(try example.run(replies.map { hexText($0) }) == expected.lines)
        let damaged = replies.map { reply in
            var damaged = reply
            damaged[reply.count / 2] ^= 0x20
            return hexText(damaged)
        }
        #expect(try example.run(damaged) == replies.map { _ in "damage" }.lines)
    }

    @Test("The worked example of the specification stands in the vectors")
    func workedExample() throws {
        let folder = Repository.root.appendingPathComponent("protocol-spec/tocsin-link")
        let text = try String(contentsOf: folder.appendingPathComponent("SPEC.md"), encoding: .utf8)
        let frames = text.split(separator: "\n").filter { $0.hasPrefix("    wire 00 ") }
            .map { $0.dropFirst(9).filter { $0 != " " } }
        try #require(frames.count == 5, "HELLO, HELLO, HELLO, EVENT, ACK")
        let opening = try #require(
            try ProtocolDescriptor(TocsinLink.self).makeDecoder().opened(
                at: Moment(
                    wall: WallTime(microseconds: 0), monotonic: MonotonicTime(microseconds: 0))))
        let vector = try #require(
            vectors.first { $0.vector.title.hasPrefix("the worked example") })
        let steps = vector.vector.steps.compactMap { step in
            switch step.action {
            case .receive(let bytes), .reply(let bytes): hexText(bytes)
            default: nil
            }
        }
        #expect(frames == [hexText(opening.bytes)] + steps)
    }

    private var vectors: [CorpusCase] {
        VectorCorpus.cases.filter { $0.descriptor.id == TocsinLink.about.id }
    }
}

extension [String] {
    /// One a line, each ended.
    fileprivate var lines: String { map { $0 + "\n" }.joined() }
}

/// `encoder/example.c` and the encoder, compiled into a folder of its own.
private struct CompiledExample {
    private let folder: URL
    private var program: URL { folder.appendingPathComponent("example") }

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("tocsin-link-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let sources = Repository.root.appendingPathComponent("protocol-spec/tocsin-link/encoder")
        let compiler = try Self.run(
            URL(fileURLWithPath: "/usr/bin/env"),
            [
                "cc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O1", "-o",
                program.path, sources.appendingPathComponent("example.c").path,
                sources.appendingPathComponent("tocsin_link.c").path,
            ])
        try #require(
            compiler.status == 0,
            "cc made nothing of the encoder; is a C compiler installed? \(compiler.output)")
    }

    func run(_ arguments: [String]) throws -> String {
        let result = try Self.run(program, arguments)
        try #require(result.status == 0, "\(result.output)")
        return result.output
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }

    private static func run(
        _ program: URL, _ arguments: [String]
    ) throws -> (status: Int32, output: String) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = program
        process.arguments = arguments
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
