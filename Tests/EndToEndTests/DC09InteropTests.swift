import AlarmModel
import Foundation
import Testing
import WireProtocols

extension EndToEnd {
    /// The PyPI packages siadc09 and pysiaalarm as senders and as judges, by
    /// Tests/interop/dc09_peer.py. A machine without them fails these tests and says what to run;
    /// they are never skipped.
    @Suite("DC-09 with other people's programs")
    struct DC09InteropTests {
        @Test(
            "What they send, plain and encrypted, is stored and answered as they expect",
            arguments: ["tcp", "udp"])
        func senders(_ transport: String) throws {
            let keys = try Peer.tell([String: String].self, ["keys"])[0]
                .map { "\"\($0.key)\": \"\($0.value)\"" }
            let port = try freePort()
            let station = try Station(ports: [
                .init(
                    "panels", "dc09", listen: port, transport: transport,
                    options: "{key: {\(keys.sorted().joined(separator: ", "))}}")
            ])
            try station.start()
            let exchanges = try Peer.tell(Exchange.self, ["send", transport, "\(port)"])
            #expect(station.stop() == 0)

            let events = try station.storedEvents().events
            #expect(exchanges.count > 40)
            for exchange in exchanges {
                #expect(exchange.complaint == nil, "\(exchange.sent)")
                let stored = events.filter { hexText($0.raw) == exchange.sent }
                #expect(stored.map(\.kind.rawValue) == exchange.kinds, "\(exchange.sent)")
            }
        }

        @Test("What we emit, they read as we mean it")
        func judges() throws {
            let time = WallTime(microseconds: 1_795_253_158_000_000)
            let messages = EventKind.allCases.enumerated().compactMap { index, kind in
                DC09.sample(of: [kind], device: 0x1234, serial: UInt32(index), at: time)
            }
            let verdicts = try judge(messages)
            try #require(verdicts.count == messages.count)
            for (message, verdict) in zip(messages, verdicts) where message.said != nil {
                #expect(verdict.answer == "ACK")
                #expect(verdict.account == "1234")
                #expect(verdict.contactID == message.said?.code)
                #expect(verdict.zone == message.said?.zone)
                #expect(verdict.siadc09 == message.said?.data)
                #expect(verdict.time == "2026-11-21T09:25:58+00:00")
            }
            #expect(messages.count { $0.said != nil } > 20)
        }

        @Test("Our positions are positions to them, and several codes are one SIA message")
        func judgesOfExtendedData() throws {
            let time = WallTime(microseconds: 1_795_253_158_000_000)
            let kinds: [[EventKind]] = [[.sos, .position], [.position], [.batteryLow, .sos]]
            let verdicts = try judge(
                kinds.compactMap { DC09.sample(of: $0, device: 0x1234, serial: 6, at: time) })
            let place = ["X120E00.000", "Y30N00.000", "Z45.0M"]
            #expect(verdicts.map(\.extended) == [place, place, []])
            // pysiaalarm reads one extended field of Contact ID at most, and no XNM.
            #expect(verdicts.map(\.answer) == ["NAK", "NAK", "ACK"])
            #expect(
                verdicts.map(\.siadc09) == ["#1234|1101 01 665", nil, "#1234|Nri1/XT665/QA665"])
        }

        private func judge(_ messages: [DC09.Message]) throws -> [Verdict] {
            let frames = messages.map { message in
                var frame: [UInt8] = []
                DC09.emit(message, into: &frame)
                return hexText(frame)
            }
            let folder = try TemporaryFolder()
            let path = folder.path("frames")
            try frames.joined(separator: "\n").write(
                toFile: path, atomically: false, encoding: .utf8)
            return try Peer.tell(Verdict.self, ["judge", path])
        }
    }
}

/// One message of a peer, and what the station has to make of it.
private struct Exchange: Decodable {
    var sent: String
    var kinds: [String]
    /// What the peer has against the answer.
    var complaint: String?
}

/// What the peers make of one of our frames.
private struct Verdict: Decodable {
    var answer: String
    var account: String?
    var contactID: String
    var zone: String?
    var siadc09: String?
    var extended: [String]
    var time: String?

    enum CodingKeys: String, CodingKey {
        case answer, account, zone, siadc09, extended, time
        case contactID = "contact_id"
    }
}

private enum Peer {
    /// Runs the script and reads what it tells, one JSON object a line.
    static func tell<Line: Decodable>(
        _ line: Line.Type, _ arguments: [String]
    ) throws -> [Line] {
        let tests = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent()
        let python = tests.deletingLastPathComponent().appending(path: ".peers/bin/python3").path
        try #require(
            FileManager.default.isExecutableFile(atPath: python),
            "the Python peers are not installed; run scripts/install-python.sh")
        let script = tests.appending(path: "interop/dc09_peer.py").path
        let outcome = try Programs.run(python, [script] + arguments)
        try #require(
            outcome.status == 0,
            """
            dc09_peer.py failed; a missing package is installed by scripts/install-python.sh
            \(outcome.complaints)
            """)
        return try outcome.output.split(separator: UInt8(ascii: "\n")).map {
            try JSONDecoder().decode(line, from: $0)
        }
    }
}

extension DC09.Message {
    /// A Contact ID event as the peers write it; nil for another message.
    fileprivate var said: (code: String, zone: String, data: String)? {
        guard case .plain(let body) = content, case .contactID(let event) = body.report
        else { return nil }
        func digits(_ value: some BinaryInteger, _ count: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: count - text.count) + text
        }
        let code = "\(event.qualifier.rawValue)\(digits(event.code, 3))"
        let zone = digits(event.zone, 3)
        let data = "#\(body.account)|\(code) \(digits(event.partition, 2)) \(zone)"
        return (code, zone, data)
    }
}
