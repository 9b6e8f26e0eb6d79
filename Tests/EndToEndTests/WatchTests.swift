import AlarmModel
import Foundation
import Testing

@testable import WireProtocols

extension EndToEnd {
    @Suite("tocsin watch")
    struct WatchTests {
        private func watch(
            _ station: Station, to output: String, _ options: String...
        ) throws -> ChildProcess {
            let desk = ["watch", "--desk", "unix:\(station.desk.socketPath)"]
            return try ChildProcess(Programs.path("tocsin"), desk + options, output: output)
        }

        private func text(_ file: String) throws -> String {
            String(decoding: try Data(contentsOf: URL(filePath: file)), as: UTF8.self)
        }

        /// The sequences that are shown, in the order in which they are.
        private func sequences(_ file: String) throws -> [Int] {
            try text(file).split(whereSeparator: \.isWhitespace)
                .filter { $0.hasPrefix("#") }.compactMap { Int($0.dropFirst()) }
        }

        /// Any text that somebody's device may send, in a frame with an alarm.
        static func frame(_ text: String, number: UInt32, kind: EventKind = .sos) -> [UInt8] {
            var kinds = TocsinLink.KindSet()
            for (code, each) in TocsinLink.kinds where each == kind { kinds.insert(code: code) }
            var report = TocsinLink.Report(tick: number, address: "P-1", kinds: kinds)
            report.fields.text = text
            var bytes: [UInt8] = []
            let header = TocsinLink.Header(nonce: 7, sequence: number)
            TocsinLink.emit(TocsinLink.Message(header, .event(report)), into: &bytes)
            return bytes
        }

        @Test("Nothing that a device or a name says does anything to a terminal or a journal")
        func neutral() throws {
            let name = "line\u{202E}"
            let station = try Station(ports: [.init(name, "tocsin-link")])
            let wire = try station.line(to: name)
            try station.start()
            let file = station.folder.path("watch.out")
            let json = station.folder.path("watch.json")
            let children = [
                try watch(station, to: file, "--after", "0"),
                try watch(station, to: json, "--after", "0", "--json"),
            ]
            let hostile = "\u{1B}[2J\u{9B}2J\u{7}\r\n\u{202E}\u{2066}\u{7F}\u{2028}Room 3"
            let frame = Self.frame(hostile, number: 1)
            try wire.exchange(frame)
            #expect(try station.desk.waits { try text(file).contains("Room") })
            #expect(try station.desk.waits { try text(json).contains("Room") })
            for child in children { child.kill() }
            let alerts = try station.order("alerts")
            let id = try #require(alerts.output.split(separator: " ").first.map(String.init))
            let note = try station.order("note", id, "a note", "--by", "ann\u{202E}a")
            #expect(note.status == 0, "\(note.complaints)")
            let ports = try station.order("ports")
            let refused = try station.order("ack", "\u{202E}\u{1B}[2J")
            let bytes = station.folder.path("bytes")
            try Data(frame).write(to: URL(filePath: bytes))
            let decoded = try station.tocsin(
                "decode", "--protocol", "tocsin-link", "--input", "binary", bytes)
            #expect(decoded.output.contains("Room 3"))
            #expect(station.stop() == 0)
            let shown = try station.tocsin("audit", "show", id, "--ledger", station.ledgerPath)
            #expect(shown.output.contains("Room 3"), "\(shown.complaints)")
            for said in [
                try text(file), try text(json), alerts.output, note.output, ports.output,
                refused.complaints, decoded.output, shown.output, station.complaints,
            ] {
                for line in said.split(separator: "\n") {
                    #expect(plainText(line) == line, "\(line.debugDescription)")
                }
            }
            let event = try text(json).split(separator: "\n").first { $0.contains("Room 3") }
            let form = try JSONDecoder().decode(
                [String: JSONText].self, from: Data(#require(event).utf8))
            #expect(form["text"]?.text == hostile, "to a program it says what it said")
        }

        /// A field that is text, or is passed over.
        private struct JSONText: Decodable {
            var text: String?

            init(from decoder: any Decoder) throws {
                text = try? decoder.singleValueContainer().decode(String.self)
            }
        }

        @Test("After a cut it says so, comes back by itself, and shows what came meanwhile, once")
        func resumes() throws {
            let station = try Station(ports: [.init("line", "tocsin-link")])
            let wire = try station.line(to: "line")
            try station.start()
            let file = station.folder.path("watch.out")
            let child = try watch(station, to: file)
            #expect(
                try station.desk.waits {
                    String(decoding: try station.desk.get("/metrics").body, as: UTF8.self)
                        .contains("tocsin_stream_clients 1")
                })
            // Before it has shown anything, and again behind records.
            for round in 0..<2 {
                if round == 0 {
                    station.kill()
                } else {
                    #expect(station.stop() == 0)
                }
                #expect(child.standardError.wait(for: "LOST THE STATION"))
                // What happens while nobody can watch.
                try station.start()
                try wire.exchange(Self.frame("meanwhile", number: UInt32(round * 2 + 1)))
                #expect(child.standardError.wait(for: "is back after", within: .seconds(30)))
                try wire.exchange(Self.frame("afterwards", number: UInt32(round * 2 + 2)))
                let wanted = Array(1...round * 2 + 2)
                #expect(try station.desk.waits { try sequences(file).count >= wanted.count })
                #expect(try sequences(file) == wanted)
            }
            #expect(station.stop() == 0)
            #expect(child.waitForExit(within: .milliseconds(500)) == nil, "it goes on")
            #expect(child.kill() != 0)
        }

        @Test("It is loud while nothing lives, again and again, also where the station hangs")
        func silence() throws {
            var desk: SilentDesk? = try SilentDesk(answering: SilentDesk.stream)
            let port = try #require(desk?.port)
            let child = try ChildProcess(
                Programs.path("tocsin"), ["watch", "--desk", "127.0.0.1:\(port)"])
            let silence = Limits.watchSilence.microseconds / 1_000_000
            let patience = Duration.seconds(4 * silence)
            #expect(
                child.standardError.wait(
                    for: "LOST THE STATION: nothing was heard from the desk for \(silence) s",
                    within: patience))
            desk = nil
            #expect(child.standardError.wait(for: "STILL NO STATION", within: patience))
            #expect(child.waitForExit(within: .milliseconds(100)) == nil, "it goes on")
            child.kill()
            #expect(desk == nil)
        }

        @Test("What will never be is no outage: a wrong question and a wrong address end it")
        func refused() throws {
            let station = try Station(ports: [])
            try station.start()
            let wrong = try station.order("watch", "--kind", "sos,nonsense")
            #expect(wrong.status == 1 && wrong.complaints.contains("nonsense"), "\(wrong)")
            #expect(station.stop() == 0)
            let gone = try station.order("watch")
            #expect(gone.status == 69 && gone.complaints.contains("is tocsind running"), "\(gone)")
        }
    }
}
