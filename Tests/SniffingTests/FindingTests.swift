import AlarmModel
import StationCore
import Testing
import WireProtocols

/// A protocol as a device speaks it on a line.
struct SpokenProtocol: Sendable, CustomTestStringConvertible {
    var descriptor: ProtocolDescriptor
    var setting: SerialGuess
    var testDescription: String { "\(descriptor.id) \(setting)" }

    /// Slow, usual and fast; 8N1, and the other format that such devices are sold with.
    static let all: [SpokenProtocol] = ProtocolRegistry.all.filter(\.isSerial).flatMap { one in
        [1_200, 9_600, 115_200].flatMap { baud in
            [.eightNone, one.isText ? .sevenEven : .eightEven].map {
                SpokenProtocol(descriptor: one, setting: SerialGuess(baud: baud, format: $0))
            }
        }
    }

    /// Its first words are understood, or said again.
    var isHeard: Bool {
        guard let frame = descriptor.sample(of: [.sos], serial: 1, at: .start) else { return false }
        return setting.format != .eightEven || !Expectation(descriptor, frame).reply.isEmpty
    }

    /// A locator that reports places has no button.
    var hasSOS: Bool { descriptor.sample(of: [.sos], serial: 1, at: .start) != nil }

    /// What such a device sends in ten seconds: a message, at times an alarm, sent again while
    /// nobody answers, and a pause of up to a second and a half.
    func traffic(seed: UInt64) -> SerialLine {
        var random = SplitMix64(seed: seed)
        var line = SerialLine()
        let kinds = EventKind.allCases.filter {
            descriptor.sample(of: [$0], serial: 1, at: .start) != nil
        }
        var time = Int64.random(in: 0...500_000_000, using: &random)
        var serial: UInt32 = 0
        while time < 10_000_000_000 {
            serial += 1
            let kind = serial % 3 == 1 ? .sos : kinds.randomElement(using: &random) ?? .sos
            guard let frame = descriptor.sample(of: [kind], serial: serial, at: .start)
            else { continue }
            for _ in 0..<2 {
                line.send(frame, at: time, setting)
                time = line.end + Int64.random(in: 200_000_000...1_500_000_000, using: &random)
            }
        }
        return line
    }
}

extension ProtocolDescriptor: CustomTestStringConvertible {
    public var testDescription: String { id.rawValue }

    /// All of its bytes fit in seven bits.
    var isText: Bool {
        EventKind.allCases.allSatisfy { kind in
            (sample(of: [kind], serial: 0xABCD, at: .start) ?? []).allSatisfy { $0 < 0x80 }
        }
    }
}

@Suite("Finding what a line speaks")
struct FindingTests {
    @Test(
        "A protocol is found within ten seconds of its usual traffic, whatever the line is set to",
        arguments: SpokenProtocol.all)
    func found(_ spoken: SpokenProtocol) throws {
        for seed in UInt64(1)...8 {
            let line = SniffedLine(
                line: spoken.traffic(seed: seed), resyncsAtOnce: seed.isMultiple(of: 2))
            let sniffer = Sniffer()
            let outcome = line.sniff(sniffer, until: .seconds(10))
            guard let verdict = outcome.verdict else {
                Issue.record(
                    "seed \(seed): nothing found; \(sniffer.settingsTried) \(sniffer.evidence)")
                continue
            }
            #expect(verdict.guess == spoken.setting, "seed \(seed)")
            let named = [verdict.protocolID] + verdict.alternatives
            #expect(named.contains(spoken.descriptor.id), "seed \(seed): \(verdict)")
        }
    }

    @Test(
        "A line is found although the listening begins in the middle of a message",
        arguments: SpokenProtocol.all.filter { $0.setting.format == .eightNone && $0.hasSOS })
    func foundFromTheMiddle(_ spoken: SpokenProtocol) throws {
        let frame = try #require(spoken.descriptor.sample(of: [.sos], serial: 1, at: .start))
        for cut in 1..<min(frame.count, 8) {
            var line = SerialLine()
            line.send(Array(frame[cut...]), at: 0, spoken.setting)
            for attempt in 1..<7 {
                line.send(frame, at: Int64(attempt) * 1_400_000_000, spoken.setting)
            }
            let outcome = SniffedLine(line: line).sniff(until: .seconds(10))
            #expect(outcome.verdict?.guess == spoken.setting, "cut at \(cut)")
        }
    }

    /// A ninth bit cannot be heard at 8N1, so what comes before the line is set to 8E1 is garbage,
    /// and is left to devices that say it again.
    @Test(
        "An SOS that is pressed while its line is sniffed is one event, with its reply",
        arguments: SpokenProtocol.all.filter { $0.setting.baud == 9_600 && $0.hasSOS && $0.isHeard }
    )
    func sosIsOneEvent(_ spoken: SpokenProtocol) throws {
        let descriptor = spoken.descriptor
        let frame = try #require(descriptor.sample(of: [.sos], serial: 1, at: .start))
        var line = SerialLine()
        line.send(frame, at: 300_000_000, spoken.setting)
        // Nobody answers, so the device says it again; one that wants no answer says other things.
        let wantsReply = !Expectation(descriptor, frame).reply.isEmpty
        let others = EventKind.allCases.filter { $0 != .sos }.compactMap {
            descriptor.sample(of: [$0], serial: 2, at: .start)
        }
        for attempt in 1..<6 {
            let next = wantsReply ? frame : others[attempt % others.count]
            line.send(next, at: 300_000_000 + Int64(attempt) * 1_500_000_000, spoken.setting)
        }
        let outcome = SniffedLine(line: line).sniff(until: .seconds(10))
        let verdict = try #require(outcome.verdict)
        let found = try #require(ProtocolRegistry.find(verdict.protocolID))

        let expected = Expectation(found, frame)
        let now = Moment(wall: .start, monotonic: MonotonicTime(microseconds: 10_000_000))
        var station = Station(recovery: Recovery(), seed: 1, start: now)
        let key = PortKey(1)
        let profile = PortProfile(wire: Wire("pty"), name: "pty", descriptor: found)
        station.handle(.portOpened(key, profile), at: now)
        station.receive(verdict.heard, from: key, at: now)
        var replies: [[UInt8]] = []
        var presses = 0
        var isCommitted = false
        while true {
            guard let action = station.nextAction() else {
                if isCommitted { break }
                isCommitted = true
                station.handle(.committed(count: station.health.pendingEvents), at: now)
                continue
            }
            switch action {
            case .store(let entry): presses += entry.records.count { $0.event?.kind == .sos }
            case .send(let bytes, _): replies.append(bytes)
            default: break
            }
        }
        #expect(expected.presses == 1)
        #expect(presses == 1, "\(verdict)")
        #expect(expected.reply.isEmpty || replies.contains(expected.reply), "\(verdict)")
    }
}

/// What one frame is to a decoder that knows its protocol.
final class Expectation: FrameHandler {
    private(set) var presses = 0
    private(set) var reply: [UInt8] = []

    init(_ descriptor: ProtocolDescriptor, _ frame: [UInt8]) {
        guard let decoder = try? descriptor.makeDecoder() else { return }
        decoder.receive(frame.span, into: self)
    }

    func event(_ draft: EventDraft, text: String?) { presses += draft.kind == .sos ? 1 : 0 }

    func frame(_ bytes: Span<UInt8>, reply: Span<UInt8>, error: DecodeError?) {
        self.reply += reply.array()
    }

    func skipped(_ count: Int, _ reason: SkipReason) {}
    func answerDamage(_ reply: Reply) {}
}
