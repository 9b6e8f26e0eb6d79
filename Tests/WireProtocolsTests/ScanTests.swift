import AlarmModel
import Testing

@testable import WireProtocols

/// What every scan promises, over the registry: see ``WireProtocol/scan(_:searched:)``.
@Suite("Scans")
struct ScanTests {
    @Test(
        "A scan's answer stays the same when more bytes follow",
        arguments: ProtocolRegistry.all.map(\.id))
    func prefixStable(_ id: ProtocolID) throws {
        let descriptor = try #require(ProtocolRegistry.find(id))
        let frames = try VectorCorpus.frames(of: id)
        for seed in UInt64(1)...150 {
            var random = SplitMix64(seed: seed)
            let bytes = Self.traffic(of: frames, using: &random)
            try check(descriptor.type, bytes, seed)
        }
    }

    private func check<P: WireProtocol>(_: P.Type, _ bytes: [UInt8], _ seed: UInt64) throws {
        var answer = FrameScan.needMore(searched: 0)
        for count in 1...min(bytes.count, P.frameLengthMax * 2 - 1) {
            let prefix = Array(bytes.prefix(count))
            let fresh = decided(P.self, prefix, searched: 0)
            let label: Comment = "seed \(seed), \(count) bytes"
            switch (answer, fresh) {
            case (.needMore(let searched), _):
                answer = decided(P.self, prefix, searched: searched)
                try #require(answer == fresh, label)
            case (.skip(let skipped, let reason), .skip(let more, let again)):
                // More noise may be skipped in one go, and never less.
                try #require(more >= skipped && again == reason, label)
            default:
                try #require(fresh == answer, label)
            }
        }
    }

    /// What the reader makes of a scan: likely frames are frames if they parse.
    private func decided<P: WireProtocol>(
        _: P.Type, _ bytes: [UInt8], searched: Int
    ) -> FrameScan {
        let scan = P.scan(bytes.span, searched: searched)
        guard case .likelyFrame(let length) = scan else { return scan }
        let parses = (try? P.parse(bytes.span.extracting(0..<length))) != nil
        return parses ? .frame(length: length) : P.rescan(bytes.span)
    }

    /// Some hundred bytes: whole frames, fronts and ends of frames, frames with one byte that is
    /// wrong, and bytes at random.
    private static func traffic(of frames: [[UInt8]], using random: inout SplitMix64) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < 400 {
            guard var piece = frames.randomElement(using: &random) else { continue }
            let place = Int.random(in: 0..<piece.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0, 1: break
            case 2: piece.removeLast(place)
            case 3: piece.removeFirst(place)
            case 4: piece[place] = UInt8.random(in: 0...255, using: &random)
            default: piece = (0...place % 8).map { _ in UInt8.random(in: 0...255, using: &random) }
            }
            bytes += piece
        }
        return bytes
    }
}
