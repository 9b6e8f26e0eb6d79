import AlarmModel
import Testing

@testable import WireProtocols

extension ByteRing {
    /// Copies as much of `bytes` as fits and returns that count.
    mutating func receive(copying bytes: Span<UInt8>) -> Int {
        let free = lend()
        let count = min(bytes.count, free.count)
        bytes.extracting(first: count).withUnsafeBytes { free.copyMemory(from: $0) }
        received(count)
        return count
    }
}

@Suite("Ring and fields")
struct FramingTests {
    @Test("What is unread is one run of bytes, also where the ring wraps")
    func wrapsContiguously() {
        var ring = ByteRing(minimumCapacity: 4_096)
        var next: UInt8 = 0
        var expected: [UInt8] = []
        var random = SplitMix64(seed: 11)
        for _ in 0..<2_000 {
            let count = Int.random(in: 0...min(700, ring.freeCount), using: &random)
            let bytes = (0..<count).map { _ -> UInt8 in
                next &+= 1
                return next
            }
            #expect(ring.receive(copying: bytes.span) == count)
            expected += bytes
            ring.withUnread { unread in
                #expect(unread.array() == expected)
            }
            let done = Int.random(in: 0...ring.unreadCount, using: &random)
            ring.advance(by: done)
            expected.removeFirst(done)
        }
        #expect(ring.received > UInt64(ring.capacity) * 10)
    }

    @Test("A full ring takes nothing, and takes again when bytes are done with")
    func fullRing() {
        var ring = ByteRing(minimumCapacity: 1)
        let bytes = [UInt8](repeating: 7, count: ring.capacity + 1)
        #expect(ring.receive(copying: bytes.span) == ring.capacity)
        #expect(ring.receive(copying: bytes.span) == 0)
        ring.advance(by: 5)
        #expect(ring.receive(copying: bytes.span) == 5)
    }

    @Test("What is lent and not filled is given back, and nothing unread is lost by it")
    func lentForNothing() {
        var ring = ByteRing(minimumCapacity: 4_096)
        #expect(ring.lend().count == ring.capacity)
        ring.received(0)
        #expect(ring.unreadCount == 0 && ring.received == 0)
        #expect(ring.receive(copying: [1, 2, 3].span) == 3)
        #expect(ring.lend().count == ring.capacity - 3)
        ring.received(0)
        ring.withUnread { unread in
            #expect(unread.array() == [1, 2, 3])
        }
    }

    @Test("More bytes received than lent is a broken invariant and stops the process")
    func overfill() async {
        await #expect(processExitsWith: .failure) {
            var ring = ByteRing(minimumCapacity: 4_096)
            _ = ring.lend()
            ring.received(ring.capacity + 1)
        }
        await #expect(processExitsWith: .failure) {
            var ring = ByteRing(minimumCapacity: 4_096)
            ring.received(1)
        }
    }

    @Test("More bytes consumed than unread is a broken invariant and stops the process")
    func overrun() async {
        await #expect(processExitsWith: .failure) {
            var ring = ByteRing(minimumCapacity: 4_096)
            ring.advance(by: 1)
        }
    }

    @Test("Every checksum gives its catalogue's check value")
    func checkValues() {
        let bytes = Array("123456789".utf8)
        #expect(Checksums.crc16x25(bytes.span) == 0x906E)
        #expect(Checksums.crc16arc(bytes.span) == 0xBB3D)
        #expect(Checksums.crc16xmodem(bytes.span) == 0x31C3)
        #expect(Checksums.crc32c(bytes.span) == 0xE306_9283)
        #expect(Checksums.crc8(bytes.span) == 0xF4)
        #expect(Checksums.xor8(bytes.span) == 0x31)
        let word = Checksums.crc16x25(bigEndian: 0x3132_3334)
        #expect(word == Checksums.crc16x25(bytes.span.extracting(0..<4)))
    }

    @Test("XOR and sum by words agree with those by bytes at every length and offset")
    func folds() {
        let bytes = (0..<100).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
        for start in 0..<20 {
            for end in start...bytes.count {
                let slow = bytes[start..<end].reduce(0, ^)
                #expect(bytes.span.xor(start..<end) == slow)
                for kept: UInt8 in [0xFF, 0x7F] {
                    let slow = bytes[start..<end].reduce(0) { $0 + UInt64($1 & kept) }
                    #expect(bytes.span.sum(start..<end, keeping: kept) == slow)
                }
            }
        }
    }

    @Test("A search finds the first byte at or behind its start, and nothing else")
    func search() {
        let bytes: [UInt8] = [1, 2, 3, 2, 1]
        #expect(bytes.span.firstIndex(of: 2) == 1)
        #expect(bytes.span.firstIndex(of: 2, from: 2) == 3)
        #expect(bytes.span.firstIndex(of: 2, from: 4) == nil)
        #expect(bytes.span.firstIndex(of: 2, from: 99) == nil)
        #expect([UInt8]().span.firstIndex(of: 2) == nil)
        #expect([UInt8]().span.firstIndex(of: 2, near: 0) == nil)
        for count in 0..<80 {
            let behind = [UInt8](repeating: 1, count: count) + [2]
            for start in 0...behind.count {
                let hit = start <= count ? count : nil
                #expect(behind.span.firstIndex(of: 2, near: start) == hit)
                #expect(behind.span.firstIndex(of: 3, near: start) == nil)
            }
        }
    }

    @Test("A search for a pair finds the first two in a row at every length and offset")
    func pairSearch() {
        var random = SplitMix64(seed: 5)
        for count in 0...70 {
            for _ in 0..<40 {
                let bytes = (0..<count).map { _ in UInt8.random(in: 0x74...0x7B, using: &random) }
                let start = Int.random(in: 0...count, using: &random)
                let slow = (start..<max(start, count - 1)).first {
                    bytes[$0] == bytes[$0 + 1] && (0x78...0x79).contains(bytes[$0])
                }
                #expect(bytes.span.firstPair(of: 0x78, from: start) == slow)
            }
        }
    }

    @Test("A search by words finds what a search by bytes finds in every range")
    func searchByWords() {
        let bytes = Array("Room 12\u{1E}bed 3".utf8) + [0x7F, 0xE4, 0x1F, 0x20, 0x00]
        for start in bytes.indices {
            for end in start...bytes.count {
                let (range, part) = (start..<end, bytes[start..<end])
                #expect(
                    bytes.span.firstIndex(in: range, where: { $0.marks(of: 0x1E) })
                        == part.firstIndex(of: 0x1E))
                #expect(
                    bytes.span.firstIndex(in: range, where: { $0.marks(below: 0x1F) })
                        == part.firstIndex { $0 < 0x1F })
                #expect(
                    bytes.span.firstIndex(in: range, where: { $0.controlMarks })
                        == part.firstIndex { $0 < 0x20 || $0 == 0x7F })
                #expect(
                    bytes.span.firstIndex(in: range, where: { $0.unprintableMarks })
                        == part.firstIndex { $0 < 0x20 || $0 > 0x7E })
            }
        }
    }

    @Test("Each of eight bytes is marked by itself, whatever the others are")
    func marks() {
        for byte in UInt8.min...UInt8.max {
            for other: UInt8 in [0x00, 0x1F, 0x20, 0x7E, 0x7F, 0x80, 0xFF] {
                for place in 0..<8 {
                    var bytes = [UInt8](repeating: other, count: 8)
                    bytes[place] = byte
                    let word = bytes.span.word(at: 0)
                    func expect(_ marks: UInt64, _ isMarked: (UInt8) -> Bool) {
                        let slow = bytes.reversed().reduce(UInt64(0)) {
                            $0 << 8 | (isMarked($1) ? 0x80 : 0)
                        }
                        #expect(marks == slow, "\(byte) at \(place) of \(other)")
                    }
                    expect(word.marks(of: 0x0D)) { $0 == 0x0D }
                    expect(word.marks(below: 0x1E)) { $0 < 0x1E }
                    expect(word.controlMarks) { $0 < 0x20 || $0 == 0x7F }
                    expect(word.unprintableMarks) { $0 < 0x20 || $0 > 0x7E }
                }
            }
        }
    }

    @Test("Fixed words stand in a reply behind what it says already")
    func replyWords() {
        var reply = Reply([0x06])
        reply.append(ascii: "211 Page accepted\r\u{06}\r")
        #expect(reply.bytes == [0x06] + Array("211 Page accepted\r\u{06}\r".utf8))
    }

    @Test("BCD takes digits only, decimal fields nothing else than digits")
    func digits() {
        #expect([0x59 as UInt8].span.bcd(at: 0) == 59)
        #expect([0x5A as UInt8].span.bcd(at: 0) == nil)
        #expect([0xA5 as UInt8].span.bcd(at: 0) == nil)
        #expect(Array("0042".utf8).span.decimal(0..<4) == 42)
        #expect(Array("00 2".utf8).span.decimal(0..<4) == nil)
        #expect(Array("1234567890".utf8).span.decimal(0..<10) == nil)
    }
}
