import AlarmModel
import Captures
import Testing

@Suite("Damaged and foreign capture files")
struct PcapngDamageTests {
    @Test("No change of bytes makes the reader fail or go on for ever", arguments: 0..<20)
    func mutations(part: Int) {
        let seed = UInt64(part) + 1_000
        var random = SeededRandom(seed: seed)
        let file = shortFile(using: &random)
        for round in 0..<5_000 {
            let damaged = mutated(file, using: &random)
            var reader = PcapngReader()
            reader.append(damaged)
            reader.finish()
            // An item moves at least one byte on, and one block has at most three.
            var turnsLeft = damaged.count * 3 + 3
            while turnsLeft > 0, reader.next() != nil { turnsLeft -= 1 }
            #expect(turnsLeft > 0, "seed \(seed), round \(round): the reader does not end")
        }
    }

    /// Every kind of block and option in few bytes, so that few changes miss.
    private func shortFile(using random: inout SeededRandom) -> [UInt8] {
        var file: [UInt8] = []
        var writer = PcapngWriter(CaptureSection(application: "t"), into: &file)
        for protocolID: ProtocolID? in ["p", nil] {
            writer.append(
                CaptureRecord(
                    portName: "p", protocolID: protocolID, direction: .sent, at: .morning,
                    bytes: random.bytes(0...9), note: "n"),
                into: &file)
        }
        return file
    }

    private func mutated(_ file: [UInt8], using random: inout SeededRandom) -> [UInt8] {
        var bytes = file
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let index = Int.random(in: bytes.indices, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[index] = [0, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
            case 2: bytes.removeSubrange(index..<min(bytes.count, index + 9))
            case 3: bytes.insert(contentsOf: random.bytes(1...9), at: index)
            default: bytes.removeSubrange(index...)
            }
        }
        return bytes
    }

    @Test("Damage inside one block costs that block only", arguments: 0..<50)
    func damageCostsOneBlock(seed: Int) throws {
        let (file, items) = PcapngTests.sample(seed: UInt64(seed), count: 8)
        let starts = blockStarts(file)
        // Section, three ports, then the records; the sixth block is the third record.
        let damagedBlock = starts[5]..<starts[6]
        var random = SeededRandom(seed: UInt64(seed))
        var damaged = file
        damaged.replaceSubrange(damagedBlock, with: random.bytes(0...60))
        let read = PcapngReader.items(of: damaged)
        var expected = items.compactMap(\.record)
        expected.remove(at: 1)
        #expect(read.compactMap(\.record) == expected, "seed \(seed)")
    }

    /// Offsets of the blocks of a file in good order, and its end.
    private func blockStarts(_ file: [UInt8]) -> [Int] {
        var starts = [0]
        while let start = starts.last, start < file.count {
            let length = (0..<4).reduce(0) { $0 | Int(file[start + 4 + $1]) << (8 * $1) }
            starts.append(start + length)
        }
        return starts
    }

    @Test("A damaged stretch is one problem, at the offset of its block")
    func problemHasAnOffset() {
        var (file, _) = PcapngTests.sample(seed: 7, count: 4)
        let starts = blockStarts(file)
        file[starts[5] + 4] ^= 0xFF
        let problems = PcapngReader.items(of: file).compactMap(\.problem)
        #expect(problems == [CaptureProblem(offset: starts[5], reason: .badBlockLength)])
        #expect(problems.first?.description.hasPrefix("offset \(starts[5]): ") == true)
    }

    @Test("A file cut in the middle of a block gives all whole ones, and says so")
    func cutFile() {
        let (file, items) = PcapngTests.sample(seed: 8, count: 4)
        let read = PcapngReader.items(of: file.dropLast(5))
        #expect(read.dropLast() == items.dropLast())
        #expect(read.last?.problem?.reason == .cutOff)
    }

    @Test("A file of another kind is one problem")
    func otherKind() {
        let text = Array("time,port,bytes\n1,a,7e\n".utf8)
        #expect(
            PcapngReader.items(of: text) == [
                .problem(CaptureProblem(offset: 0, reason: .notPcapng))
            ])
        #expect(PcapngReader.items(of: []).isEmpty)
    }

    // MARK: files of other programs

    private func block(_ type: UInt32, bigEndian: Bool, _ body: [UInt8]) -> [UInt8] {
        let filled = body + Array(repeating: 0, count: (4 - body.count % 4) % 4)
        let length = UInt32(filled.count + 12)
        return [type, length].flatMap { word($0, bigEndian: bigEndian) } + filled
            + word(length, bigEndian: bigEndian)
    }

    private func word(_ value: UInt32, bigEndian: Bool) -> [UInt8] {
        let bytes = stride(from: 24, through: 0, by: -8).map {
            UInt8(truncatingIfNeeded: value >> $0)
        }
        return bigEndian ? bytes : bytes.reversed()
    }

    /// One section, one nameless interface with `interfaceOptions`, one packet of two bytes.
    private func foreignFile(
        major: UInt8 = 1, interfaceOptions: [UInt8], ticks: UInt64
    ) -> [UInt8] {
        let unknownLength = Array(repeating: UInt8(0xFF), count: 8)
        let time = [UInt32(truncatingIfNeeded: ticks >> 32), UInt32(truncatingIfNeeded: ticks)]
        let packet = ([0] + time + [2, 2]).flatMap { word($0, bigEndian: true) }
        // Flags: outbound, with the length of a frame check sequence, which does not matter here.
        let flags: [UInt8] = [0, 2, 0, 4, 0, 0, 0, 0x82, 0, 0, 0, 0]
        return block(
            0x0A0D_0D0A, bigEndian: true,
            [0x1A, 0x2B, 0x3C, 0x4D, 0, major, 0, 0] + unknownLength)
            + block(0x0BAD_F00D, bigEndian: true, [1, 2, 3])
            + block(1, bigEndian: true, [0, 1, 0, 0, 0, 0, 0, 0] + interfaceOptions)
            + block(6, bigEndian: true, packet + [0xCA, 0xFE, 0, 0] + flags)
    }

    @Test("The other byte order is read, and unknown blocks and options are skipped")
    func bigEndian() {
        let options: [UInt8] = [0x80, 0x01, 0, 1, 9, 0, 0, 0, 0, 0, 0, 0]
        let record = CaptureRecord(
            portName: "interface 0", direction: .sent, at: .morning, bytes: [0xCA, 0xFE])
        #expect(
            PcapngReader.items(
                of: foreignFile(
                    interfaceOptions: options, ticks: UInt64(WallTime.morning.microseconds)))
                == [
                    .section(CaptureSection()), .port(CapturePort(name: "interface 0")),
                    .record(record),
                ])
    }

    @Test(
        "Time stamps of any resolution and offset become microseconds",
        arguments: [
            (9, 0, 1_500_000_123_456_789, 1_500_000_123_456), (0, 0, 1_500, 1_500_000_000),
            (3, 0, 1_500, 1_500_000), (0x80 | 10, 0, 1_536, 1_500_000), (0x80, 0, 7, 7_000_000),
            (6, -1, 1_500_000, 500_000), (25, 0, UInt64.max, 1),
        ] as [(UInt8, Int64, UInt64, Int64)])
    func resolutions(resolution: UInt8, offset: Int64, ticks: UInt64, microseconds: Int64) {
        let items = PcapngReader.items(
            of: foreignFile(
                interfaceOptions: clockOptions(resolution: resolution, offset: offset),
                ticks: ticks))
        #expect(items.compactMap(\.record?.at.microseconds) == [microseconds])
        #expect(items.compactMap(\.problem).isEmpty)
    }

    @Test(
        "A time stamp that is no date keeps its bytes and is a problem",
        arguments: [
            (6, 0, UInt64.max), (0, 0, UInt64.max), (0x80 | 64, 0, 1), (26, 0, 1),
            (6, Int64.max, 0), (6, Int64.min, 0), (0x80, 0, UInt64.max),
        ] as [(UInt8, Int64, UInt64)])
    func impossibleTime(resolution: UInt8, offset: Int64, ticks: UInt64) {
        let items = PcapngReader.items(
            of: foreignFile(
                interfaceOptions: clockOptions(resolution: resolution, offset: offset),
                ticks: ticks))
        #expect(items.compactMap(\.record?.bytes) == [[0xCA, 0xFE]])
        #expect(items.compactMap(\.problem?.reason) == [.badTime])
    }

    private func clockOptions(resolution: UInt8, offset: Int64) -> [UInt8] {
        let seconds = stride(from: 56, through: 0, by: -8).map {
            UInt8(truncatingIfNeeded: offset >> $0)
        }
        return [0, 9, 0, 1, resolution, 0, 0, 0, 0, 14, 0, 8] + seconds
    }

    @Test("Another version is a problem, and its blocks are skipped")
    func otherVersion() {
        let items = PcapngReader.items(of: foreignFile(major: 2, interfaceOptions: [], ticks: 0))
        #expect(items.map(\.problem?.reason) == [.unsupportedVersion])
    }

    @Test("A broken option costs the options behind it, not the record")
    func brokenOption() {
        let items = PcapngReader.items(
            of: foreignFile(interfaceOptions: [0, 2, 0xFF, 0xFF, 0, 0, 0, 0], ticks: 1))
        #expect(items.compactMap(\.record?.bytes) == [[0xCA, 0xFE]])
        #expect(items.compactMap(\.problem?.reason) == [.badOption])
    }

    @Test("A packet longer than its block, and one of no interface, are problems")
    func brokenPackets() {
        let head = foreignFile(interfaceOptions: [], ticks: 0)
        let tooLong = [0, 0, 0, 0xFFFF_FFFF, 2].flatMap { word($0, bigEndian: true) }
        let nowhere = [1, 0, 0, 0, 0].flatMap { word($0, bigEndian: true) }
        let file =
            head + block(6, bigEndian: true, tooLong) + block(6, bigEndian: true, nowhere)
            + block(6, bigEndian: true, [0, 0])
        let problems = PcapngReader.items(of: file).compactMap(\.problem?.reason)
        #expect(problems == [.badBlock, .unknownInterface, .badBlock])
    }

    @Test("A broken port description keeps its number, so that later ports keep their records")
    func brokenInterface() {
        let file = foreignFile(interfaceOptions: [], ticks: 0)
        let packet = block(6, bigEndian: true, [0, 0, 0, 2] + Array(repeating: 0, count: 16))
        let named = block(
            1, bigEndian: true, [0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0x70, 0, 0, 0])
        let items = PcapngReader.items(of: file + block(1, bigEndian: true, []) + named + packet)
        #expect(items.compactMap(\.problem?.reason) == [.badBlock])
        #expect(items.last?.record?.portName == "p")
    }
}
