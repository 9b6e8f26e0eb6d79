import AlarmModel
import Foundation
import Testing

@testable import WireProtocols

/// What every port's decoder promises, over the registry.
@Suite("Decoders")
struct DecoderTests {
    @Test(
        "What waits for its end when the connection closes is told by its number, and forgotten",
        arguments: ProtocolRegistry.all.map(\.id))
    func closing(_ id: ProtocolID) throws {
        let descriptor = try #require(ProtocolRegistry.find(id))
        for frame in try VectorCorpus.frames(of: id) {
            for count in Set([1, frame.count / 2, frame.count - 1]) where count < frame.count {
                let cut = Array(frame.prefix(count))
                let (before, after) = (Transcript(), Transcript())
                let decoder = try descriptor.makeDecoder()
                decoder.receive(cut.span, into: before)
                let waiting = decoder.pending
                #expect(before.frameBytes + before.skippedBytes + waiting == count)
                #expect(decoder.close() == waiting)
                #expect(decoder.pending == 0 && decoder.close() == 0)
                decoder.receive(frame.span, into: after)
                #expect(after.frames == (try Transcript.of(descriptor, [frame])).frames)
            }
        }
    }

    @Test("A read that brings nothing changes nothing", arguments: ProtocolRegistry.all.map(\.id))
    func emptyReads(_ id: ProtocolID) throws {
        let descriptor = try #require(ProtocolRegistry.find(id))
        for frame in try VectorCorpus.frames(of: id) {
            let transcript = Transcript()
            let decoder = try descriptor.makeDecoder()
            for half in [
                Array(frame.prefix(frame.count / 2)), Array(frame.suffix((frame.count + 1) / 2)),
            ] {
                decoder.receive(half.span, into: transcript)
                _ = decoder.lend()
                decoder.received(0, into: transcript)
            }
            #expect(transcript.frames == (try Transcript.of(descriptor, [frame])).frames)
        }
    }

    /// Four times the bytes may cost four times the work, not sixteen times. Both are measured in
    /// the same run, in time of this thread alone, and again when a ratio is doubtful. Where scans
    /// look no farther than this, work is bounded for each byte.
    @Test(
        "What begins like a frame, again and again, costs work linear in its bytes",
        arguments: ProtocolRegistry.all.map(\.id))
    func linearWork(_ id: ProtocolID) throws {
        let descriptor = try #require(ProtocolRegistry.find(id))
        let frames = try VectorCorpus.frames(of: id)
        let bytes = (UInt8.min...UInt8.max).map { [$0] }.filter { isStart(descriptor.type, $0) }
        let starts = Set(bytes + frames.map { Array($0.prefix(2)) })
        let end = try #require(frames.first)
        for start in starts {
            for end in [[], end.suffix(1), end] {
                var ratios: [Double] = []
                repeat {
                    let few = try seconds(descriptor, start, 1_024, end)
                    ratios.append(try seconds(descriptor, start, 4_096, end) / few)
                } while ratios.count < 5 && ratios.allSatisfy { $0 >= 10 }
                #expect(ratios.contains { $0 < 10 }, "\(start), then \(end): \(ratios)")
            }
        }
    }

    /// What is skipped at sight costs the same wherever it stands.
    private func isStart<P: WireProtocol>(_: P.Type, _ byte: [UInt8]) -> Bool {
        if case .skip(_, .noise) = P.scan(byte.span, searched: 0) { false } else { true }
    }

    private func seconds(
        _ descriptor: ProtocolDescriptor, _ start: [UInt8], _ count: Int, _ end: [UInt8]
    ) throws -> Double {
        var bytes: [UInt8] = []
        while bytes.count < count { bytes += start }
        bytes += end
        // All of it is unread at once, as it is where a protocol waits for the end of a frame.
        let decoder = try descriptor.makeDecoder()
        let transcript = Transcript()
        let began = processorTime()
        decoder.receive(bytes.span, into: transcript)
        return processorTime() - began
    }

    /// Seconds that this thread had of a processor.
    private func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
