import AlarmModel
import StationCore
import Testing
import WireProtocols

/// What is on a line that speaks no protocol.
enum Noise: String, CaseIterable, Sendable {
    /// The level changes at random, at a random speed: what a receiver hears of it, it hears with
    /// framing errors and without.
    case levels
    /// Random bytes, every one of them whole.
    case bytes
    /// Lines of printable characters.
    case text
    /// The same few bytes over and over.
    case repeated
    /// Frames of registered protocols, each of them cut or changed.
    case damagedFrames

    /// Nearly ten seconds of it, with pauses.
    func line(using random: inout SplitMix64) -> SerialLine {
        var line = SerialLine()
        let baud = SerialGuess.usualBauds.randomElement(using: &random) ?? 9_600
        let setting = SerialGuess(
            baud: baud,
            format: SerialGuess.Format.allCases.randomElement(using: &random) ?? .eightNone)
        let piece = pieces(using: &random)
        while line.end < 9_000_000_000 {
            let start = line.end + Int64.random(in: 0...1_500_000_000, using: &random)
            guard self == .levels else {
                line.send(piece(&random), at: start, setting)
                continue
            }
            let count = Int.random(in: 10...1_200, using: &random)
            let bits = (0..<count).map { _ in Bool.random(using: &random) }
            line.disturb(bits, at: start, baud: baud)
        }
        return line
    }

    /// What is said between two pauses, made anew with each call.
    func pieces(using random: inout SplitMix64) -> (inout SplitMix64) -> [UInt8] {
        let pattern = Self.randomBytes(Int.random(in: 1...6, using: &random), using: &random)
        return { random in
            let count = Int.random(in: 1...120, using: &random)
            switch self {
            case .levels, .bytes: return Self.randomBytes(count, using: &random)
            case .text:
                let text = (0..<count).map { _ in UInt8.random(in: 0x20...0x7E, using: &random) }
                return text + [0x0D, 0x0A]
            case .repeated: return (0..<count).flatMap { _ in pattern }
            case .damagedFrames: return Self.damagedFrame(using: &random)
            }
        }
    }

    private static func randomBytes(_ count: Int, using random: inout SplitMix64) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    /// Where only the grammar tells, a changed byte may leave a frame, so those are cut.
    private static func damagedFrame(using random: inout SplitMix64) -> [UInt8] {
        guard let descriptor = ProtocolRegistry.all.randomElement(using: &random),
            let kind = EventKind.allCases.randomElement(using: &random),
            var frame = descriptor.sample(of: [kind], serial: 7, at: .start), frame.count > 3
        else { return [] }
        let place = Int.random(in: 1..<frame.count - 1, using: &random)
        if descriptor.hasChecksum {
            frame[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        } else {
            frame.removeSubrange(place...)
        }
        return frame
    }
}

extension SerialGuess {
    static let usualBauds: [UInt32] = [
        300, 1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 57_600, 115_200,
    ]
}

@Suite("Noise")
struct NoiseTests {
    @Test("A thousand runs of noise are found to be nothing", arguments: Noise.allCases, 0..<8)
    func nothing(_ noise: Noise, _ part: UInt64) {
        for seed in part * 25..<(part + 1) * 25 {
            var random = SplitMix64(seed: seed)
            let line = noise.line(using: &random)
            let sniffed = SniffedLine(line: line, resyncsAtOnce: seed.isMultiple(of: 2))
            let outcome = sniffed.sniff(until: .seconds(10))
            #expect(outcome.verdict == nil, "\(noise), seed \(seed)")
        }
    }

    @Test(
        "Noise on a line without a speed, such as a pty, is found to be nothing",
        arguments: [Noise.bytes, .text, .repeated, .damagedFrames], 0..<4)
    func nothingOnPseudoTerminal(_ noise: Noise, _ part: UInt64) {
        for seed in part * 25..<(part + 1) * 25 {
            var random = SplitMix64(seed: seed)
            let piece = noise.pieces(using: &random)
            let sniffer = Sniffer()
            var time: Int64 = 0
            while time < 10_000_000 {
                time += Int64.random(in: 0...1_500_000, using: &random)
                while let deadline = sniffer.deadline, deadline.microseconds <= time {
                    if case .found(let verdict) = sniffer.passTime(at: deadline) {
                        Issue.record("\(noise), seed \(seed): \(verdict)")
                        return
                    }
                }
                let now = Moment(wall: .start, monotonic: MonotonicTime(microseconds: time))
                let bytes = piece(&random)
                if case .found(let verdict) = sniffer.heard(bytes, lineErrors: 0, at: now) {
                    Issue.record("\(noise), seed \(seed): \(verdict)")
                    return
                }
            }
        }
    }
}
