import AlarmModel
import Captures
import Testing
import WireProtocols

/// One protocol and two kinds of event that one message of it may carry.
struct KindPair: Sendable, CustomTestStringConvertible {
    var descriptor: ProtocolDescriptor
    var first: EventKind
    var second: EventKind
    var testDescription: String { "\(descriptor.id) \(first) \(second)" }

    static let all: [KindPair] = ProtocolRegistry.all.flatMap { descriptor in
        EventKind.allCases.flatMap { first in
            EventKind.allCases.compactMap { second in
                let isPair = first != second && !first.isTelemetry && !second.isTelemetry
                return isPair
                    ? KindPair(descriptor: descriptor, first: first, second: second) : nil
            }
        }
    }
}

extension ProtocolDescriptor: CustomTestStringConvertible {
    public var testDescription: String { id.rawValue }
}

@Suite("Samples and bytes at random")
struct SampleTests {
    static let time = WallTime(microseconds: 1_795_253_158_000_000)

    @Test("One message yields both of two alarms, whichever they are", arguments: KindPair.all)
    func pairs(_ pair: KindPair) throws {
        let frame = pair.descriptor.sample(
            of: [pair.first, pair.second], serial: 7, at: Self.time)
        guard let frame else { return }
        let kinds = try Transcript.of(pair.descriptor, [frame]).drafts.map(\.kind)
        #expect(kinds.contains(pair.first) && kinds.contains(pair.second))
    }

    @Test(
        "A protocol can raise an SOS, and every kind that it says it can",
        arguments: ProtocolRegistry.all)
    func kinds(_ descriptor: ProtocolDescriptor) throws {
        var seen: Set<EventKind> = []
        for kind in EventKind.allCases {
            guard let frame = descriptor.sample(of: [kind], serial: 1, at: Self.time) else {
                continue
            }
            let transcript = try Transcript.of(descriptor, [frame])
            #expect(transcript.frames.count == 1, "\(kind)")
            #expect(transcript.drafts.contains { $0.kind == kind }, "\(kind)")
            #expect(descriptor.about.kinds.contains(kind), "\(kind) is not announced")
            seen.insert(kind)
        }
        #expect(seen.contains(.sos) || !descriptor.about.kinds.contains(.sos))
    }

    @Test(
        "A new press has other bytes than the one before, or the protocol says that it cannot",
        arguments: ProtocolRegistry.all)
    func pressesDiffer(_ descriptor: ProtocolDescriptor) {
        guard case .sameBytes = descriptor.repeatRule else { return }
        let first = descriptor.sample(of: [.sos], serial: 1, at: Self.time)
        let second = descriptor.sample(of: [.sos], serial: 2, at: Self.time)
        #expect(first != second)
    }

    @Test(
        "Random bytes end, are all accounted for, and never raise an SOS by accident twice",
        arguments: ProtocolRegistry.all, [UInt64(1), 2, 3])
    func randomBytes(_ descriptor: ProtocolDescriptor, seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let bytes = (0..<200_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        let transcript = try Transcript.of(descriptor, [bytes])
        #expect(transcript.accountedBytes == bytes.count)
        #expect(transcript.drafts.count { $0.kind == .sos } <= 1)
    }

    @Test(
        "Damaged traffic is decoded the same however it is cut, and accounted for",
        arguments: ProtocolRegistry.all, 1...20)
    func damagedTraffic(_ descriptor: ProtocolDescriptor, seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let bytes = Self.traffic(of: descriptor, using: &random)
        let whole = try Transcript.of(descriptor, [bytes])
        var chunks: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Int.random(in: 1...40, using: &random)
            chunks.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        let cut = try Transcript.of(descriptor, chunks)
        #expect(cut.lines == whole.lines, "seed \(seed)")
        #expect(whole.accountedBytes == bytes.count, "seed \(seed)")
        #expect(cut.accountedBytes == bytes.count, "seed \(seed)")
    }

    /// Samples of all kinds with bytes lost, added and changed.
    private static func traffic(
        of descriptor: ProtocolDescriptor, using random: inout SplitMix64
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        for serial in UInt32(1)...60 {
            guard let kind = EventKind.allCases.randomElement(using: &random),
                var frame = descriptor.sample(of: [kind], serial: serial, at: time)
            else { continue }
            let place = Int.random(in: frame.indices, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: frame.remove(at: place)
            case 1: frame.insert(UInt8.random(in: 0...255, using: &random), at: place)
            case 2: frame[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 3: frame.removeSubrange(place...)
            default: break
            }
            bytes += frame
        }
        return bytes
    }
}
