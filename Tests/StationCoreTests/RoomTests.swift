import AlarmModel
import Testing

@testable import StationCore

/// The small rooms, each by itself.
@Suite("Rooms")
struct RoomTests {
    private func time(_ microseconds: Int64) -> MonotonicTime {
        MonotonicTime(microseconds: microseconds)
    }

    // MARK: - Deadlines

    @Test("Deadlines come in the order of their time, each key once, moved and removed ones not")
    func deadlines() {
        var random = SplitMix64(seed: 4)
        var deadlines = Deadlines<Int>()
        var expected: [Int: Int64] = [:]
        for _ in 0..<5_000 {
            let key = Int(random.next() % 200)
            switch random.next() % 3 {
            case 0:
                deadlines[key] = nil
                expected[key] = nil
            default:
                let due = Int64(random.next() % 1_000)
                deadlines[key] = time(due)
                expected[key] = due
            }
            #expect(deadlines.next?.microseconds == expected.values.min())
            #expect(deadlines.count == expected.count)
        }
        var last: Int64 = -1
        while let next = deadlines.next {
            guard let key = deadlines.popDue(by: next) else { break }
            #expect(expected.removeValue(forKey: key) == next.microseconds)
            #expect(next.microseconds >= last)
            last = next.microseconds
        }
        #expect(expected.isEmpty && deadlines.popDue(by: time(.max)) == nil)
    }

    @Test("Nothing is due before its time")
    func notYet() {
        var deadlines = Deadlines<String>()
        deadlines["a"] = time(10)
        #expect(deadlines.popDue(by: time(9)) == nil)
        #expect(deadlines.popDue(by: time(10)) == "a")
    }

    // MARK: - Commitments

    @Test("A reply is let go with its own entry, once, to where it was asked for last")
    func commitments() throws {
        var commitments = Commitments()
        let ticket = commitments.append(
            .init(reply: Commitments.PendingReply([1], to: PortKey(1))))
        let other = commitments.append(
            .init(reply: Commitments.PendingReply([2], to: PortKey(2))))
        let isRedirected = commitments.redirectReply(
            of: ticket, to: Commitments.PendingReply([1], to: PortKey(3)))
        #expect(isRedirected)
        let later = Commitments.PendingReply([3], to: PortKey(3))
        let held = try #require(later)
        let isHeld = commitments.holdBack(held)
        #expect(isHeld)
        let first = commitments.popDurable()
        #expect(first?.reply?.key == PortKey(3) && first?.laterReplies.isEmpty == true)
        let isTooLate = !commitments.redirectReply(of: ticket, to: nil)
        #expect(isTooLate, "it is durable")
        commitments.withdrawReplies(to: PortKey(3))
        let second = commitments.popDurable()
        #expect(second?.reply?.bytes == [2] && second?.laterReplies.isEmpty == true)
        #expect(commitments.durableTicket == other + 1)
        let isFree = !commitments.holdBack(held)
        #expect(isFree, "nothing waits")
    }

    // MARK: - Makers

    @Test("Records are numbered in one sequence; telemetry has none; the station has no port")
    func maker() {
        var maker = EventMaker(seed: 1, after: 41, boot: UUIDv7(high: 1, low: 2))
        let wire = Wire("port", portName: "port", peer: "192.0.2.7:1")
        let source = EventMaker.Source.frame(protocolID: "tap", wire: wire, raw: [1, 2])
        let press = maker.event(WordedDraft(.sos), from: source, at: Bench.start)
        let telemetry = maker.telemetry(WordedDraft(.position), from: source, at: Bench.start)
        let change = maker.change(
            ChangeDraft(.raisedAgain), of: Alert(openedBy: press), at: Bench.start)
        let own = maker.event(WordedDraft(.supervisionLost), from: .station, at: Bench.start)
        #expect(
            [press.sequence, telemetry.sequence, change.sequence, own.sequence] == [42, 0, 43, 44])
        #expect(Set([press.id, telemetry.id, change.id, own.id]).count == 4)
        #expect(press.wire == wire && press.raw == [1, 2] && press.boot == maker.boot)
        #expect(own.wire == .station && own.raw.isEmpty && own.device == nil)
    }

    // MARK: - Books

    @Test("A value that is renewed is changed in place and makes its key the newest")
    func renewal() {
        var book = RecencyBook<Int, Int>()
        for key in 1...3 { book[key] = key * 10 }
        let isThere = book.renew(1) { $0 += 1 }
        #expect(isThere && book[1] == 11 && book.newest?.key == 1 && book.oldest?.key == 2)
        let isNewest = book.renew(1) { $0 += 1 }
        #expect(isNewest && book[1] == 12 && book.newest?.key == 1 && book.count == 3)
        let isNowhere = book.renew(4) { $0 = 1 }
        #expect(!isNowhere && book.count == 3)
        for key in [2, 3, 1] {
            let oldest = book.removeOldest()
            #expect(oldest?.key == key)
        }
    }

    @Test("Of a book that is full the one that was silent longest gives way")
    func recency() {
        var random = SplitMix64(seed: 9)
        var book = RecencyBook<Int, Int>()
        var order: [Int] = []
        for step in 0..<20_000 {
            let key = Int(random.next() % 64)
            switch random.next() % 5 {
            case 0:
                book.remove(key)
                order.removeAll { $0 == key }
            case 1: #expect(book.update(key) { $0 = step } == order.contains(key))
            case 2: #expect(book.removeOldest()?.key == (order.isEmpty ? nil : order.removeFirst()))
            default:
                book[key] = step
                order.removeAll { $0 == key }
                order.append(key)
            }
            #expect(book.count == order.count)
            #expect(book.oldest?.key == order.first && book.newest?.key == order.last)
        }
    }

    @Test("At its bound the book of devices forgets the one that was silent longest")
    func devices() {
        var book = DeviceBook()
        let wire = Wire("port")
        func origin(_ number: Int) -> Origin {
            Origin("jt808", Caller(ShortText(decimal: number)), on: wire.id, .global)
        }
        for number in 0...Limits.devicesMax {
            book.update(
                origin(number), with: WordedDraft(.checkIn), from: wire, at: Bench.start)
        }
        #expect(book.count == Limits.devicesMax)
        #expect(book[origin(0)] == nil && book[origin(1)] != nil)
        book.update(origin(1), with: WordedDraft(.checkIn), from: wire, at: Bench.start)
        let newest = book.list(silentFirst: false, limit: 2)
        #expect(newest.devices.map(\.origin) == [origin(1), origin(Limits.devicesMax)])
        #expect(newest.more == Limits.devicesMax - 2)
        let silent = book.list(silentFirst: true, limit: 2)
        #expect(silent.devices.map(\.origin) == [origin(2), origin(3)])
    }
}
