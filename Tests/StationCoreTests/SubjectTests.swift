import AlarmModel
import StationCore
import Testing

@testable import WireProtocols

/// Two people are never one alert, one resend or one held condition.
@Suite("Subjects")
struct SubjectTests {
    private func line(
        _ account: String, event: String = "E110", partition: String = "01", zone: String
    ) -> [UInt8] {
        // Contact ID as a Sur-Gard receiver prints it.
        let event = event.first == "R" ? "R" + event.dropFirst() : event
        return Array("5011 18\(account)\(event)\(partition)\(zone)\u{14}".utf8)
    }

    private func bench(_ lines: [(Int32, [UInt8])]) -> Bench {
        let bench = Bench()
        bench.open("surgard", key: 1, id: "receiver-1")
        bench.open("surgard", key: 2, id: "receiver-2")
        for (key, line) in lines {
            bench.receive(line, on: key)
            bench.commit()
            bench.pass(.seconds(30))
        }
        return bench
    }

    @Test("Two zones, two partitions and two receivers of one account are people of their own")
    func account() throws {
        let bench = bench([
            (1, line("1234", zone: "001")), (1, line("1234", zone: "002")),
            (1, line("1234", partition: "02", zone: "001")), (2, line("1234", zone: "001")),
            (1, line("1234", zone: "001")),
        ])
        #expect(bench.alerts.count == 4)
        let first = try #require(
            bench.alerts.values.min { $0.reference.opened < $1.reference.opened })
        #expect(first.eventCount == 2 && first.zone == 1 && first.partition == 1)
        #expect(first.wire.portID == "receiver-1")
        bench.order(Order(.resolve, by: "desk 1"), on: first.id)
        #expect(bench.alerts.values.count { $0.state == .open } == 3)
    }

    /// Two presses and a third that is the first again: two subjects, two alerts.
    @Test("What a wire says between address and zone tells people apart", arguments: Told.all)
    func scopes(_ told: Told) {
        let bench = Bench()
        bench.open(told.id)
        for text in [told.first, told.second, told.first] {
            bench.receive(told.frame(text))
            bench.commit()
            bench.pass(.seconds(90))
        }
        #expect(bench.alerts.values.map(\.eventCount).sorted() == [1, 2])
    }

    @Test("A part of a long message is in somebody's hands, also when the rest never comes")
    func parts() throws {
        let bench = Bench()
        bench.open("jt808")
        let part = try bytes(
            hex: "7e07042028013800138000000a0002000100020100 1c00000001000000020261"
                + "13ef06f01448002d0024010e261121172000001c0000000000ba7e")
        bench.receive(part)
        bench.commit()
        #expect(bench.sent.count == 1)
        let alert = try #require(bench.alerts.values.first)
        #expect(alert.priority == .warning && alert.text == "part 1 of 2")
        bench.order(Order(.resolve, by: "desk 1"), on: alert.id)
        bench.handle(.portClosed(PortKey(1)))
        #expect(bench.alerts.count == 1)
    }

    @Test("A restoral marks the alert of its own zone and no other")
    func restoral() throws {
        let bench = bench([
            (1, line("1234", zone: "001")), (1, line("1234", zone: "002")),
            (1, line("1234", event: "R110", zone: "002")),
        ])
        let restored = bench.alerts.values.filter(\.isRestored)
        #expect(restored.map(\.zone) == [2])
    }

    @Test("A device with a number of its own is the same one wherever it is heard")
    func global() {
        let bench = Bench()
        bench.open("jt808", key: 1, id: "locators", peer: "192.0.2.7:1000")
        bench.open("jt808", key: 2, id: "others", peer: "198.51.100.9:77")
        bench.receive(frame("jt808", [.sos], serial: 1), on: 1)
        bench.receive(frame("jt808", [.sos], serial: 2), on: 2)
        bench.commit()
        #expect(bench.alerts.count == 1)
    }

    @Test(
        "Two subjects that a wire tells apart are two alerts, in every protocol with an SOS",
        arguments: ProtocolRegistry.all.map(\.id))
    func everyProtocol(_ id: ProtocolID) throws {
        let descriptor = try #require(ProtocolRegistry.find(id))
        guard descriptor.about.kinds.contains(.sos),
            let first = descriptor.sample(of: [.sos], device: 1, serial: 1, at: Bench.start.wall),
            let second = descriptor.sample(of: [.sos], device: 2, serial: 1, at: Bench.start.wall)
        else { return }
        let bench = Bench()
        bench.open(id, key: 1, id: "a")
        bench.open(id, key: 2, id: "b")
        bench.receive(first, on: 1)
        // Where the wire names nobody, the port is all that tells two people apart.
        let namesDevice = bench.uncommitted.flatMap(\.records)
            .contains { $0.event?.device != nil }
        bench.receive(second, on: namesDevice ? 1 : 2)
        bench.commit()
        let alerts = bench.alerts.values.filter { $0.kind == .sos }
        #expect(alerts.count == 2)
        #expect(alerts.allSatisfy { $0.eventCount == 1 })
    }

    @Test("A test-marked alarm opens an alert of priority information, apart from a real one")
    func testMark() {
        let bench = Bench()
        bench.open("tocsin-link")
        var draft = EventDraft(.sos, address: "P-1")
        draft.isTest = true
        #expect(WordedDraft(draft).priority == .information)
        let frames = TestMarked.frames
        bench.receive(frames.test)
        bench.receive(frames.real)
        bench.commit()
        let alerts = bench.alerts.values.sorted { $0.reference.opened < $1.reference.opened }
        #expect(alerts.map(\.isTest) == [true, false])
        #expect(alerts.map(\.priority) == [.information, .emergency])
        #expect(bench.storedEvents.map(\.priority) == [.information, .emergency])
    }
}

/// Two presses that differ in one place, as their wire has them.
struct Told: Sendable, CustomTestStringConvertible {
    var id: ProtocolID
    var place: String
    var first: String
    var second: String

    var testDescription: String { "\(id): \(place)" }

    static let all = [
        Told(
            id: "surgard", place: "line", first: "5011 181234E10101001\u{14}",
            second: "5012 181234E10101001\u{14}"),
        Told(
            id: "surgard", place: "receiver", first: "S011[#1234|NQA3]\u{14}",
            second: "S021[#1234|NQA3]\u{14}"),
        Told(
            id: "surgard", place: "words of a SIA code", first: "S011[#1234|NQA^BATHROOM^]\u{14}",
            second: "S011[#1234|NQA^KITCHEN^]\u{14}"),
        Told(
            id: "surgard", place: "user", first: "S011[#1234|Nid5/QA]\u{14}",
            second: "S011[#1234|Nid6/QA]\u{14}"),
        Told(
            id: "surgard", place: "words beside a zone", first: "S011[#1234|NPA1^BATH^]\u{14}",
            second: "S011[#1234|NPA1^KITCHEN^]\u{14}"),
        Told(
            id: "ademco685", place: "contact and user", first: "\n12 1234 18 E101 01 C007\r",
            second: "\n12 1234 18 E101 01 U007\r"),
        Told(
            id: "ademco685", place: "group", first: "\n12 1234 18 E101 01 C001\r",
            second: "\n13 1234 18 E101 01 C001\r"),
        Told(
            id: "fbii", place: "receiver", first: "\n12 1234 18 E101 01 C001\r",
            second: "\nK2 1234 18 E101 01 C001\r"),
        Told(
            id: "radionics6500", place: "line", first: " a011 123418E10101001\u{14}",
            second: " a012 123418E10101001\u{14}"),
        Told(
            id: "dc09", place: "receiver", first: "0002R1L0#1234[#1234|1101 00 001]",
            second: "0002R2L0#1234[#1234|1101 00 001]"),
        Told(
            id: "dc09", place: "account inside", first: "0002L0#1234[#5678|1101 00 001]",
            second: "0002L0#1234[#5679|1101 00 001]"),
        Told(
            id: "rtl433", place: "model",
            first: "{\"model\":\"Some-Detector\",\"id\":7,\"smoke\":1}\n",
            second: "{\"model\":\"Other-Detector\",\"id\":7,\"smoke\":1}\n"),
    ]

    func frame(_ text: String) -> [UInt8] {
        guard id == "dc09" else { return Array(text.utf8) }
        let body = Array("\"ADM-CID\"\(text)".utf8)
        let digits = [Checksums.crc16arc(body.span), UInt16(body.count)].map { number in
            let text = String(number, radix: 16, uppercase: true)
            return String(repeating: "0", count: 4 - text.count) + text
        }
        return [0x0A] + Array(digits.joined().utf8) + body + [0x0D]
    }
}

/// The same press of the open link, marked as a test and not.
private enum TestMarked {
    static var frames: (test: [UInt8], real: [UInt8]) {
        (frame(test: true, sequence: 1), frame(test: false, sequence: 2))
    }

    private static func frame(test: Bool, sequence: UInt32) -> [UInt8] {
        var kinds = TocsinLink.KindSet()
        for (code, kind) in TocsinLink.kinds where kind == .sos { kinds.insert(code: code) }
        var report = TocsinLink.Report(tick: 0, address: "P-1", kinds: kinds)
        report.isTest = test
        let message = TocsinLink.Message(
            TocsinLink.Header(nonce: 7, sequence: sequence), .event(report))
        var bytes: [UInt8] = []
        TocsinLink.emit(message, into: &bytes)
        return bytes
    }
}
