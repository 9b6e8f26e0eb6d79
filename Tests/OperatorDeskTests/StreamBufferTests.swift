import AlarmModel
import Testing

@testable import OperatorDesk

@Suite("What a stream client is told next")
struct StreamBufferTests {
    private func item(_ sequence: Int64) -> StreamItem {
        StreamItem(sequence: Sequence(rawValue: sequence), json: [])
    }

    private func sequences(_ step: StreamBuffer.Step) -> [Int64]? {
        guard case .send(let items) = step else { return nil }
        return items.map { $0.sequence?.rawValue ?? 0 }
    }

    @Test("Without after, a stream begins with the next event")
    func beginsNow() {
        var buffer = StreamBuffer(after: nil, published: 41)
        #expect(buffer.next() == .rest)
        buffer.offer(item(42))
        #expect(sequences(buffer.next()) == [42])
        #expect(buffer.next() == .rest)
    }

    @Test("The past is read until it meets the present, and what was read is not sent again")
    func joinsPastAndPresent() {
        var buffer = StreamBuffer(after: 10, published: 12)
        buffer.offer(item(13))
        buffer.offer(item(14))
        #expect(buffer.next() == .page(after: 10))
        // The ledger had 13 already.
        #expect(buffer.advance(through: 13) == nil)
        #expect(sequences(buffer.next()) == [14])
        #expect(buffer.next() == .rest)
    }

    @Test("An event read from the ledger before it was published is not sent twice")
    func readAhead() {
        var buffer = StreamBuffer(after: 0, published: 2)
        #expect(buffer.next() == .page(after: 0))
        #expect(buffer.advance(through: 5) == nil)
        for sequence in 3...6 { buffer.offer(item(Int64(sequence))) }
        #expect(sequences(buffer.next()) == [6])
    }

    @Test("A live client that is too slow is told of one gap and goes on behind it")
    func overflowWhileLive() {
        var buffer = StreamBuffer(after: nil, published: 0)
        #expect(buffer.next() == .rest)
        let max = Int64(Limits.streamClientEventsMax)
        for sequence in 1...(max + 300) { buffer.offer(item(sequence)) }
        #expect(buffer.count == Limits.streamClientEventsMax)
        #expect(buffer.next() == .gap(1...300))
        #expect(sequences(buffer.next())?.first == 301)
    }

    @Test("A gap names only events that the client wanted")
    func filteredGap() {
        var buffer = StreamBuffer(after: nil, published: 0)
        #expect(buffer.next() == .rest)
        // The filter let every tenth event through.
        let max = Int64(Limits.streamClientEventsMax)
        for sequence in 1...(max + 2) { buffer.offer(item(sequence * 10)) }
        #expect(buffer.next() == .gap(10...20))
        #expect(sequences(buffer.next())?.first == 30)
    }

    @Test("A client that still reads the past repairs an overflow by reading on")
    func overflowWhileReadingPast() {
        var buffer = StreamBuffer(after: 0, published: 10)
        let max = Int64(Limits.streamClientEventsMax)
        for sequence in 11...(max + 50) { buffer.offer(item(sequence)) }
        #expect(buffer.next() == .page(after: 0))
        #expect(buffer.advance(through: 10) == nil)
        #expect(buffer.next() == .page(after: 10))
        #expect(buffer.advance(through: 50) == nil)
        #expect(sequences(buffer.next())?.first == 51)
    }

    @Test("A past that the ledger cannot give is a gap, never a silent hole")
    func missingPast() {
        var buffer = StreamBuffer(after: 3, published: 9)
        #expect(buffer.next() == .page(after: 3))
        #expect(buffer.advance(through: nil) == 4...9)
        #expect(buffer.next() == .rest)
    }

    @Test("Telemetry gives way first, is never a gap, and is sent behind events")
    func telemetry() {
        var buffer = StreamBuffer(after: nil, published: 0)
        for _ in 0..<5_000 { buffer.offer(StreamItem(sequence: nil, json: [])) }
        #expect(buffer.count == Limits.streamClientTelemetryMax)
        buffer.offer(item(1))
        #expect(sequences(buffer.next())?.prefix(2) == [1, 0])
        while case .send = buffer.next() {}
        #expect(buffer.next() == .rest)
    }

    @Test("A keep-alive is said only when there is nothing else to say")
    func keepAlive() {
        var buffer = StreamBuffer(after: nil, published: 0)
        buffer.askForKeepAlive()
        #expect(buffer.next() == .keepAlive)
        buffer.askForKeepAlive()
        buffer.offer(item(1))
        #expect(sequences(buffer.next()) == [1])
        #expect(buffer.next() == .rest)
    }

    @Test(
        "Whatever the order of things, each wanted event is sent once, in order, or is in a gap",
        arguments: 0..<UInt64(200))
    func everyOrder(seed: UInt64) {
        var numbers = SplitMix64(seed: seed)
        let wants = { (sequence: Int64) in seed % 2 == 0 || sequence % 3 == 0 }
        var stored = Int64.random(in: 0...2_000, using: &numbers)
        var published = Int64.random(in: 0...stored, using: &numbers)
        let after = Int64.random(in: 0...stored, using: &numbers)
        var buffer = StreamBuffer(
            after: Sequence(rawValue: after), published: Sequence(rawValue: published))
        var told = after
        var sent: [Int64] = []
        var missed: Set<Int64> = []
        func send(_ sequence: Int64) {
            #expect(sequence > told, "seed \(seed): \(sequence) after \(told)")
            told = sequence
            sent.append(sequence)
        }
        func gap(_ range: ClosedRange<Sequence>) {
            #expect(range.lowerBound.rawValue > told, "seed \(seed): \(range) after \(told)")
            told = range.upperBound.rawValue
            missed.formUnion(range.lowerBound.rawValue...told)
        }
        /// One step of the client; false when there is nothing to do.
        func step() -> Bool {
            switch buffer.next() {
            case .send(let items): for item in items { send(item.sequence?.rawValue ?? -1) }
            case .gap(let range): gap(range)
            case .page(let after):
                let page = Array((after.rawValue + 1)...max(after.rawValue + 1, stored))
                    .filter { $0 <= stored }.prefix(500)
                page.filter(wants).forEach(send)
                if let range = buffer.advance(through: page.last.map(Sequence.init(rawValue:))) {
                    gap(range)
                }
            case .keepAlive, .alive, .rest: return false
            }
            return true
        }
        for _ in 0..<60 {
            switch Int.random(in: 0...3, using: &numbers) {
            case 0: stored += Int64.random(in: 0...900, using: &numbers)
            case 1, 2:
                while published < stored {
                    published += 1
                    if wants(published) {
                        buffer.offer(item(published))
                    }
                    if UInt8.random(in: 0...200, using: &numbers) == 0 { break }
                }
            default: _ = step()
            }
        }
        while published < stored {
            published += 1
            if wants(published) { buffer.offer(item(published)) }
        }
        while step() {}
        let all = stored > after ? Set(((after + 1)...stored).filter(wants)) : []
        #expect(all.subtracting(sent).isSubset(of: missed), "seed \(seed): a silent hole")
        #expect(missed.isDisjoint(with: sent), "seed \(seed): a gap that was none")
    }
}
