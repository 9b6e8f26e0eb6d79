import AlarmModel
import Foundation
import Testing

extension EndToEnd {
    @Suite("Conversations on a real line")
    struct ConversationPtyTests {
        @Test("Every call that a nurse call got an ACK for is stored once, across a power cut")
        func nurseCall() throws {
            let station = try Station(ports: [.init("nurse", "espa444")])
            let peer = NurseCall(TurnTaker(try station.line(to: "nurse")))
            try station.start()
            for number in 1...20 {
                // What a bad line adds in front: noise, a broken-off block, a wrong check.
                if number % 4 == 0 { peer.line.send([0xFF, 0x00]) }
                if number % 5 == 0 { peer.line.send(peer.block(99).prefix(12)) }
                #expect(peer.call(number, isDamagedAtFirst: number % 3 == 0), "call \(number)")
                if number == 10 {
                    station.kill()
                    peer.line.wire.loseUnread()
                    try station.start()
                }
            }
            #expect(station.stop() == 0)
            try expectEach(Array(1...20), in: station)
        }

        @Test("A station that is polled gets its calls through, beside one that is dead")
        func control() throws {
            let station = try Station(ports: [
                .init("nurse", "espa444", options: "{role: control, addresses: \"3,4\"}")
            ])
            let line = TurnTaker(try station.line(to: "nurse"))
            let peer = NurseCall(line)
            try station.start()
            for number in 1...5 {
                #expect(peer.answerPoll(of: 4, with: number), "call \(number)")
            }
            #expect(station.stop() == 0)
            try expectEach(Array(1...5), in: station)
        }

        @Test("Every page that a host got an ACK for is stored once, whole, in one session")
        func paging() throws {
            let station = try Station(ports: [.init("pager", "tap")])
            let host = PagingHost(TurnTaker(try station.line(to: "pager")))
            try station.start()
            #expect(host.logIn())
            for number in 1...10 {
                #expect(host.page(number, isDamagedAtFirst: number % 3 == 0), "page \(number)")
            }
            host.line.send([0x04, 0x0D])
            #expect(host.line.hears(oneOf: [0x04], within: .seconds(5)) != nil)
            #expect(station.stop() == 0)
            try expectEach(Array(1...10), in: station)
        }

        private func expectEach(_ numbers: [Int], in station: Station) throws {
            let events = try station.storedEvents().events
            for number in numbers {
                let texts = events.filter { $0.draft.address == ShortText(decimal: 100 + number) }
                    .map(\.draft.text)
                #expect(texts == ["ROOM \(number)"], "call \(number)")
            }
            #expect(events.allSatisfy { $0.draft.kind == .sos })
        }
    }
}

/// A peer's end of a line on which both ends take turns.
private final class TurnTaker {
    let wire: Wire
    private var heard: [UInt8] = []

    init(_ wire: Wire) { self.wire = wire }

    func send(_ bytes: some Swift.Sequence<UInt8>) { wire.send(bytes) }

    /// Forgets what has arrived, as a peer does before it speaks.
    func flush() {
        _ = wire.receive()
        heard = []
    }

    func hear(within patience: Duration) -> UInt8? {
        let end = ContinuousClock.now + patience
        while heard.isEmpty {
            heard += wire.receive()
            let rest = end - .now
            guard heard.isEmpty else { break }
            guard rest > .zero else { return nil }
            Wire.wait(for: [wire], atMost: rest)
        }
        return heard.removeFirst()
    }

    /// The next of `wanted`; nil when none comes within `patience`.
    func hears(oneOf wanted: [UInt8], within patience: Duration) -> UInt8? {
        let end = ContinuousClock.now + patience
        while let byte = hear(within: end - .now) {
            if wanted.contains(byte) { return byte }
        }
        return nil
    }
}

/// Speaks ESPA 4.4.4.
private struct NurseCall {
    let line: TurnTaker
    init(_ line: TurnTaker) { self.line = line }

    func block(_ number: Int) -> [UInt8] {
        let text = "1\u{02}1\u{1F}\(100 + number)\u{1E}2\u{1F}ROOM \(number)\u{1E}6\u{1F}1\u{03}"
        return [0x01] + Array(text.utf8) + [text.utf8.reduce(0, ^)]
    }

    /// Takes the line, as often as a real one tries.
    func call(_ number: Int, isDamagedAtFirst: Bool) -> Bool {
        for _ in 0..<3 {
            line.flush()
            line.send([0x31, 0x05, 0x32, 0x05])
            if transfer(number, isDamagedAtFirst: isDamagedAtFirst) { return true }
        }
        return false
    }

    /// Waits for a poll and calls; polls of others are left unanswered.
    func answerPoll(of address: UInt8, with number: Int) -> Bool {
        while line.hears(oneOf: [0x30 + address], within: .seconds(20)) != nil {
            guard line.hear(within: .seconds(1)) == 0x05 else { continue }
            line.send([0x32, 0x05])
            return transfer(number, isDamagedAtFirst: false)
        }
        return false
    }

    private func transfer(_ number: Int, isDamagedAtFirst: Bool) -> Bool {
        defer { line.send([0x04]) }
        guard line.hears(oneOf: [0x06], within: .seconds(3)) != nil else { return false }
        var block = block(number)
        if isDamagedAtFirst {
            block[block.count - 1] ^= 0x20
            line.send(block)
            guard line.hears(oneOf: [0x06, 0x15], within: .seconds(5)) == 0x15
            else { return false }
            block[block.count - 1] ^= 0x20
        }
        line.send(block)
        return line.hears(oneOf: [0x06, 0x15], within: .seconds(5)) == 0x06
    }
}

/// Speaks TAP 1.8.
private struct PagingHost {
    let line: TurnTaker
    init(_ line: TurnTaker) { self.line = line }

    func logIn() -> Bool {
        for _ in 0..<3 {
            line.send([0x0D])
            guard line.hears(oneOf: Array("=".utf8), within: .seconds(2)) != nil
            else { continue }
            line.send([0x1B] + Array("PG1\r".utf8))
            return line.hears(oneOf: Array("p".utf8), within: .seconds(5)) != nil
        }
        return false
    }

    func page(_ number: Int, isDamagedAtFirst: Bool) -> Bool {
        let content = "\u{02}\(100 + number)\rROOM \(number)\r\u{03}"
        let sum = content.utf8.reduce(0) { $0 + Int($1) }
        func send(_ sum: Int) -> UInt8? {
            line.send(
                Array(content.utf8) + [8, 4, 0].map { 0x30 + UInt8(sum >> $0 & 15) } + [0x0D])
            return line.hears(oneOf: [0x06, 0x15, 0x1E], within: .seconds(10))
        }
        if isDamagedAtFirst, send(sum + 1) != 0x15 { return false }
        return send(sum) == 0x06
    }
}
