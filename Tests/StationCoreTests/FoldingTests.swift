import AlarmModel
import Testing
import WireProtocols

@testable import StationCore

/// What may be taken for a resend, over all protocols that answer a press. In doubt it is a new
/// press.
@Suite("Folding resends")
struct FoldingTests {
    static let everyProtocol = StationTests.everyProtocol

    static func window(of id: ProtocolID) -> TimeSpan {
        switch ProtocolRegistry.find(id)?.repeatRule {
        case .sameBytes(let window)?: window
        case .afterAnswer(let patience, let most)?:
            TimeSpan(microseconds: patience.microseconds * Int64(most))
        case .never?, nil: .seconds(0)
        }
    }

    private func pressed(_ id: ProtocolID) -> (bench: Bench, press: [UInt8], alert: Alert?) {
        let bench = Bench()
        bench.open(id)
        let press = frame(id, [.sos], serial: 1)
        bench.receive(press)
        bench.commit()
        return (bench, press, bench.alerts.values.first { $0.kind == .sos })
    }

    private func presses(_ bench: Bench) -> Int { bench.storedEvents.count { $0.kind == .sos } }

    @Test(
        "A press after the end of its alert is stored, and opens another", arguments: everyProtocol)
    func afterResolve(_ id: ProtocolID) throws {
        let (bench, press, alert) = pressed(id)
        bench.pass(.milliseconds(1_500))
        bench.order(Order(.resolve, by: "desk 1"), on: try #require(alert).id)
        bench.pass(.milliseconds(1_500))
        bench.receive(press)
        bench.commit()
        #expect(presses(bench) == 2)
        #expect(bench.alerts.values.count { $0.state == .open && $0.kind == .sos } == 1)
    }

    @Test("A copy after an acknowledgement raises the alert again", arguments: everyProtocol)
    func afterAcknowledgement(_ id: ProtocolID) throws {
        let (bench, press, alert) = pressed(id)
        let alertID = try #require(alert).id
        bench.pass(.milliseconds(1_500))
        bench.order(Order(.acknowledge, by: "desk 1"), on: alertID)
        bench.pass(.milliseconds(1_500))
        bench.receive(press)
        bench.commit()
        #expect(presses(bench) == 2)
        let raised = try #require(bench.alerts[alertID])
        #expect(raised.state == .open && raised.owner == nil && raised.eventCount == 2)
        #expect(bench.storedChanges.last?.draft == ChangeDraft(.raisedAgain))
        #expect(bench.sent.count == 2)
    }

    @Test(
        "The window runs from the first copy: who repeats for ever is heard again",
        arguments: everyProtocol)
    func windowDoesNotSlide(_ id: ProtocolID) {
        let (bench, press, _) = pressed(id)
        let window = Self.window(of: id)
        let pace = TimeSpan(microseconds: min(window.microseconds / 7, 5_000_000))
        var passed = TimeSpan.seconds(0)
        while passed <= window {
            bench.pass(pace)
            passed.microseconds += pace.microseconds
            bench.receive(press)
            bench.commit()
        }
        #expect(presses(bench) >= 2)
    }

    @Test("Whoever echoes what the station says does not keep it talking", arguments: everyProtocol)
    func echo(_ id: ProtocolID) {
        let bench = Bench()
        bench.open(id)
        bench.receive(frame(id, [.sos], serial: 1))
        bench.receive([0x31, 0x0D, 0x0A, 0x14, 0xB3, 0x7E, 0x31, 0x14])
        bench.commit()
        var heard = 0
        for _ in 0..<500 {
            let said = bench.sent[heard...].flatMap(\.reply)
            heard = bench.sent.count
            bench.receive(said)
            bench.pass(.milliseconds(1))
            bench.commit()
            if bench.sent.count == heard { break }
        }
        #expect(bench.sent.count < 10)
    }

    @Test("Beyond a rate that no device reaches only presses are answered")
    func manyAnswers() {
        let bench = Bench()
        bench.open("jt808")
        let press = frame("jt808", [.sos], serial: 1)
        bench.receive(press)
        bench.commit()
        for _ in 0..<Limits.answersPerSecondMax + 500 { bench.receive(press) }
        #expect(bench.sent.count == 1 + Limits.answersPerSecondMax)
        #expect(bench.counters(of: "port")?.answersWithheld == 500)
        bench.receive(frame("jt808", [.sos], serial: 2))
        bench.commit()
        #expect(bench.sent.count == 2 + Limits.answersPerSecondMax, "a press is answered")
        bench.pass(.milliseconds(100))
        for _ in 0..<Limits.answersPerSecondMax { bench.receive(press) }
        #expect(bench.sent.count == 2 + Limits.answersPerSecondMax * 11 / 10)
    }

    /// A disk that stalls, and a sender that asks again all the while, with or without a heartbeat
    /// and another press in between.
    @Test(
        "One press has one answer, whatever came meanwhile", arguments: everyProtocol,
        [[EventKind](), [.checkIn], [.position], [.batteryLow]])
    func oneAnswer(_ id: ProtocolID, _ between: [EventKind]) throws {
        let bench = Bench()
        bench.open(id)
        let press = frame(id, [.sos], serial: 1)
        let other =
            between.isEmpty
            ? nil
            : ProtocolRegistry.find(id)?.sample(
                of: between, device: 1, serial: 2, at: Bench.start.wall)
        // A device that logs in says who it is before anything else.
        if let other { bench.receive(other) }
        bench.commit()
        let before = bench.sent.count
        for copy in 0..<7 {
            bench.receive(press)
            bench.pass(.milliseconds(1_200))
            if copy == 4, let other { bench.receive(other) }
            bench.pass(.milliseconds(1_200))
        }
        bench.commit()
        let answers = bench.sent.dropFirst(before)
        let lone = Bench()
        lone.open(id)
        lone.receive(press)
        lone.commit()
        let answer = try #require(lone.sent.first).reply
        #expect(presses(bench) == 1)
        // Where an answer does not say what it is for, the other one's looks the same.
        #expect(answers.count { $0.reply == answer } <= (other == nil ? 1 : 2), "\(answers)")
    }

    @Test("What another peer tells is news, and is answered to it alone", arguments: everyProtocol)
    func otherPeer(_ id: ProtocolID) {
        let bench = Bench()
        bench.open(id, key: 1, id: "listener", peer: "192.0.2.7:1000")
        bench.open(id, key: 2, id: "listener", peer: "192.0.2.8:1000")
        let press = frame(id, [.sos], serial: 1)
        bench.receive(press, on: 1)
        bench.receive(press, on: 2)
        bench.commit()
        #expect(presses(bench) == 2)
        #expect(Set(bench.sent.map(\.port)) == [PortKey(1), PortKey(2)])
    }

    @Test("What another port brings is news", arguments: everyProtocol)
    func otherPort(_ id: ProtocolID) {
        let bench = Bench()
        bench.open(id, key: 1, id: "receiver-1")
        bench.open(id, key: 2, id: "receiver-2")
        let press = frame(id, [.sos], serial: 1)
        bench.receive(press, on: 1)
        bench.commit()
        bench.receive(press, on: 2)
        bench.commit()
        #expect(presses(bench) == 2)
    }

    enum Restart: CaseIterable { case inside, behind, newBoot, newBootLater }

    @Test(
        "Across a restart a copy is folded inside its window and in this boot, and never otherwise",
        arguments: everyProtocol, Restart.allCases)
    func restart(_ id: ProtocolID, _ restart: Restart) {
        let (before, press, _) = pressed(id)
        let window = Self.window(of: id)
        let rest: TimeSpan =
            switch restart {
            case .inside: .milliseconds(1_500)
            case .behind: TimeSpan(microseconds: window.microseconds + 1_000_000)
            case .newBoot: .milliseconds(1_500)
            case .newBootLater: .seconds(40 * 24 * 3_600)
            }
        let after = before.restarted(
            after: rest, newBoot: restart == .newBoot || restart == .newBootLater)
        after.open(id)
        after.receive(press)
        after.commit()
        // Where only the next line of a port can be a copy, nobody knows what came in between.
        let isNumbered =
            if case .sameBytes? = ProtocolRegistry.find(id)?.repeatRule { true } else { false }
        #expect(presses(after) == (restart == .inside && isNumbered ? 0 : 1))
        #expect(after.sent.count == 1, "answered in any case")
    }

    @Test("Equal frames without number and time are one press until the answer, and soon after it")
    func surgard() {
        let bench = Bench()
        bench.open("surgard")
        let line = frame("surgard", [.sos], serial: 1)
        for _ in 1...6 {
            bench.receive(line)
            bench.pass(.seconds(4))
        }
        bench.commit()
        #expect(presses(bench) == 1 && bench.sent.count == 1, "one answer for what is one press")
        bench.pass(.seconds(25))
        bench.receive(line)
        bench.commit()
        #expect(presses(bench) == 2)
        bench.pass(.milliseconds(5_900))
        bench.receive(line)
        bench.commit()
        #expect(presses(bench) == 2, "the answer may not have been heard")
        bench.pass(.milliseconds(6_100))
        bench.receive(line)
        bench.commit()
        #expect(presses(bench) == 3)
        // Another line in between: the receiver has gone on, so it was answered.
        bench.receive(Array("5011 189999E11001001\u{14}".utf8))
        bench.receive(line)
        bench.commit()
        #expect(presses(bench) == 4)
    }

    @Test("DC-09 with sequence 0000 is told by its time-out, with a number by a minute")
    func dc09() throws {
        let vectors = [
            "0000": Array("\n00000029\"ADM-CID\"0000R0L0#1234[#1234|1101 01 003]\r".utf8),
            "0040": Array("\n00000029\"ADM-CID\"0040R0L0#1234[#1234|1101 01 003]\r".utf8),
        ]
        for (number, line) in vectors {
            let line = Self.sealed(line)
            let bench = Bench()
            bench.open("dc09")
            func heard(after span: TimeSpan) -> Int {
                bench.pass(span)
                bench.receive(line)
                bench.commit()
                return presses(bench)
            }
            #expect(heard(after: .seconds(0)) == 1, "\(number)")
            #expect(heard(after: .seconds(19)) == 1, "\(number)")
            #expect(heard(after: .seconds(21)) == (number == "0000" ? 2 : 1), "\(number)")
            #expect(heard(after: .seconds(61)) == (number == "0000" ? 3 : 2), "\(number)")
        }
    }

    /// The line with the checksum that it should have.
    private static func sealed(_ line: [UInt8]) -> [UInt8] {
        var crc: UInt16 = 0
        for byte in line[9..<line.count - 1] {
            crc ^= UInt16(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xA001 : crc >> 1 }
        }
        let digits = String(crc, radix: 16, uppercase: true)
        let padded = String(repeating: "0", count: 4 - digits.count) + digits
        return [line[0]] + Array(padded.utf8) + line[5...]
    }

    @Test("Bytes decide, and nothing made from them")
    func bytesDecide() {
        var memory = RepeatMemory()
        let source = RepeatMemory.Source(
            wire: WireID(portID: "p"),
            origin: Origin("tap", Caller("1"), on: WireID(portID: "p"), .port))
        let time = MonotonicTime(microseconds: 0)
        memory.remember([1, 2, 3], from: source, ticket: 0, alerts: [], at: time)
        let now = RepeatMemory.Circumstances(
            now: time, isNextOnPort: true, lastSent: nil, durableTicket: 1)
        func match(_ bytes: [UInt8]) -> Bool {
            memory.match(
                bytes[...], from: source, rule: .sameBytes(within: .seconds(60)), now,
                isOpen: { _ in true }) != nil
        }
        #expect(match([1, 2, 3]))
        for other in [[1, 2], [1, 2, 3, 0], [3, 2, 1], [1, 2, 4], []] as [[UInt8]] {
            #expect(!match(other))
        }
    }
}
