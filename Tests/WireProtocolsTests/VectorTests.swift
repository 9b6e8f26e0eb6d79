import AlarmModel
import Captures
import Testing
import WireProtocols

@Suite("Vectors")
struct VectorTests {
    @Test("Every vector comes out as written, to every field", arguments: VectorCorpus.cases)
    func asWritten(_ test: CorpusCase) throws {
        let transcript = try test.run(test.chunks)
        #expect(transcript.lines == test.expected)
        #expect(transcript.pending == test.vector.pending)
    }

    @Test(
        "However the bytes are cut into reads, the outcome is the same",
        arguments: VectorCorpus.cases)
    func chunkInvariance(_ test: CorpusCase) throws {
        let bytes = test.bytes
        let whole = try test.run([bytes])
        let drip = try test.run(bytes.map { [$0] })
        #expect(drip.lines == whole.lines, "byte by byte")
        #expect(drip.pending == whole.pending)
        for cut in bytes.indices.dropFirst() {
            let parts = try test.run([Array(bytes[..<cut]), Array(bytes[cut...])])
            try #require(parts.lines == whole.lines, "cut at \(cut)")
            try #require(parts.pending == whole.pending, "cut at \(cut)")
        }
    }

    @Test(
        "Every byte is in exactly one of a frame, a counted skip, the ring",
        arguments: VectorCorpus.cases)
    func conservation(_ test: CorpusCase) throws {
        #expect(try test.run(test.chunks).accountedBytes == test.bytes.count)
    }

    @Test("A frame means the same after parse and emit", arguments: VectorCorpus.cases)
    func emitAndParse(_ test: CorpusCase) throws {
        for frame in try test.run(test.chunks).frames {
            guard let again = try? test.descriptor.emitAgain(frame) else { continue }
            #expect(again.same)
            // What we emit is a frame to us as well, and nothing else.
            let transcript = try test.run([again.frame])
            #expect(transcript.frameBytes + transcript.pending == again.frame.count)
            #expect(transcript.frames.count == 1)
        }
    }

    @Test(
        "One flipped bit never makes another message where a checksum can tell",
        arguments: VectorCorpus.cases.filter(\.descriptor.hasChecksum))
    func flippedBits(_ test: CorpusCase) throws {
        // Frames of one chunk stand alone, so that what is told of it is told of that frame.
        for frame in try test.run(test.chunks).frames {
            let honest = Set(try test.run([frame]).drafts.map(VectorEvent.describe))
            for bit in 0..<frame.count * 8 {
                var damaged = frame
                damaged[bit / 8] ^= 1 << UInt8(bit % 8)
                let told = try test.run([damaged]).drafts.map(VectorEvent.describe)
                try #require(
                    told.allSatisfy(honest.contains), "bit \(bit) of \(hexText(frame)): \(told)")
            }
        }
    }

    @Test(
        "A good frame behind noise, between noise and behind a broken frame is found",
        arguments: VectorCorpus.cases)
    func noise(_ test: CorpusCase) throws {
        let frames = try test.run(test.chunks).frames
        for (number, frame) in frames.enumerated() {
            var random = SplitMix64(seed: UInt64(number) &+ 0x70C5)
            let alone = try test.run([frame])
            let noise = (0..<40).map { _ in UInt8.random(in: 0...255, using: &random) }
            // Twice, because a frame that shares its first delimiter with noise may fall to it;
            // whoever sends it sends it again.
            let noisy = try test.run([noise + frame + frame + noise + frame + frame])
            for line in alone.lines where line.hasPrefix("event") {
                #expect(noisy.lines.contains(line), "noise \(hexText(noise))")
            }
            var broken = frame
            broken.remove(at: frame.count / 2)
            let behind = try test.run([broken + frame + frame])
            for line in alone.lines where line.hasPrefix("event") {
                #expect(behind.lines.contains(line), "behind a frame without its middle byte")
            }
        }
    }

    @Test("The gravest event of a message comes first", arguments: VectorCorpus.cases)
    func gravestFirst(_ test: CorpusCase) throws {
        for frame in try test.run(test.chunks).frames {
            let ranks = try test.run([frame]).drafts.map(\.kind.priority.rank)
            #expect(ranks == ranks.sorted())
        }
    }
}
