import AlarmModel
import Foundation
import Testing

@testable import WireProtocols

extension EndToEnd {
    /// The commands that ask a station.
    @Suite("Commands at the desk")
    struct DeskCommandTests {
        /// Columns on a terminal: those of the test's texts are two for Chinese characters.
        private func columns(_ line: Substring) -> Int {
            line.unicodeScalars.reduce(0) { $0 + ($1.value >= 0x2E80 ? 2 : 1) }
        }

        @Test("Lines of watch have at most 80 columns, and each record its date, zone and alert")
        func width() throws {
            let station = try Station(ports: [.init("line", "tocsin-link")])
            let wire = try station.line(to: "line")
            try station.start()
            let texts = [
                "", "Room 3", String(repeating: "x", count: 128),
                String(repeating: "浴室三号 ", count: 9), String(repeating: "浴", count: 42),
                "a  b" + String(repeating: " word", count: 24),
            ]
            var number: UInt32 = 0
            for kind in Set(TocsinLink.kinds.map(\.kind)).sorted(by: { $0.rawValue < $1.rawValue })
            where !kind.isTelemetry {
                number += 1
                let text = texts[Int(number) % texts.count]
                try wire.exchange(WatchTests.frame(text, number: number, kind: kind))
            }
            let alerts = try station.order("alerts").output.split(separator: "\n")
            let id = try #require(alerts.first?.split(separator: " ").first.map(String.init))
            for note in texts.dropFirst() {
                #expect(try station.order("note", id, note, "--by", "anna").status == 0)
            }
            let file = station.folder.path("watch.out")
            let child = try ChildProcess(
                "/usr/bin/env",
                [
                    "TZ=Asia/Shanghai", Programs.path("tocsin"), "watch", "--after", "0", "--desk",
                    "unix:\(station.desk.socketPath)",
                ], output: file)
            let last = "#\(Int(number) + texts.count - 1)"
            var shown = ""
            #expect(
                try station.desk.waits {
                    let bytes = try Data(contentsOf: URL(filePath: file))
                    shown = String(decoding: bytes, as: UTF8.self)
                    return shown.contains(last) && shown.hasSuffix("\n")
                })
            child.kill()
            var records: [[Substring]] = []
            for line in shown.split(separator: "\n") {
                #expect(columns(line) <= 80, "\(line)")
                if line.hasPrefix("    ") {
                    records[records.count - 1].append(line)
                } else {
                    records.append([line])
                }
            }
            #expect(records.count == Int(number) + texts.count - 1)
            let start = #/^2\d{3}-\d\d-\d\d \d\d:\d\d:\d\d\+08:00 /#
            for record in records {
                #expect(record[0].contains(start), "\(record)")
                let whole = record.joined(separator: " ")
                // What only ends a condition, or is a test, may have none.
                let isAlert = !whole.contains("TEST") && !whole.contains(" ended")
                if isAlert, whole.contains("EMERGENCY") || whole.contains("by anna") {
                    #expect(whole.contains(#/alert +[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}( |$)/#))
                }
            }
            #expect(shown.replacing("\n    ", with: "").contains(texts[2]), "cut, and all there")
            #expect(station.stop() == 0)
        }

        @Test("As much of an id as the list shows stands for an alert, in every command")
        func shortIDs() throws {
            let station = try Station(ports: [.init("line", "surgard")])
            let wire = try station.line(to: "line")
            try station.start()
            for zone in 1...9 {
                try wire.exchange(Array("5011 181234E1100100\(zone)\u{14}".utf8))
            }
            let lines = try station.order("alerts").output.split(separator: "\n")
            let ids = lines.compactMap { $0.split(separator: " ").first.map(String.init) }
            #expect(ids.count == 9 && ids.allSatisfy { (13..<36).contains($0.count) }, "\(ids)")
            for (index, id) in ids.enumerated() {
                #expect(!ids.enumerated().contains { $0 != index && $1.hasPrefix(id) })
            }
            let (first, second) = (ids[0], ids[1])
            for words in [
                ["ack", first], ["note", first, "calling her"], ["release", first],
                ["park", first, "--until", soon], ["resolve", first, "--outcome", "help"],
            ] {
                let said = try order(station, words)
                #expect(said.status == 0 && said.output.hasPrefix(first), "\(words) \(said)")
            }
            let shown = try station.tocsin("audit", "show", first, "--ledger", station.ledgerPath)
            #expect(shown.output.split(separator: "\n").count == 6, "\(shown)")
            // The beginning of all of them names none.
            let several = try order(station, ["resolve", String(second.prefix(4))])
            #expect(several.status == 1 && several.complaints.contains("write more of it"))
            let again = try station.tocsin(
                "audit", "show", String(second.prefix(4)), "--ledger", station.ledgerPath)
            #expect(again.status == 1 && again.complaints.contains("write more of it"), "\(again)")
            #expect(try station.order("alerts").output.split(separator: "\n").count == 8)
            #expect(station.stop() == 0)
        }

        private var soon: String {
            let time = Int64(Date().timeIntervalSince1970) + 3_600
            return WallTime(microseconds: time * 1_000_000).rfc3339
        }

        private func order(_ station: Station, _ words: [String]) throws -> Said {
            let all = words + ["--desk", "unix:\(station.desk.socketPath)"]
            let run = try Programs.run(Programs.path("tocsin"), all)
            return (run.status, String(decoding: run.output, as: UTF8.self), run.complaints)
        }

        @Test("Who gives an order is said, or is TOCSIN_BY, or the user; a note begins as it likes")
        func names() throws {
            let station = try Station(ports: [.init("line", "surgard")])
            let wire = try station.line(to: "line")
            try station.start()
            try wire.exchange(Array("5011 181234E11001001\u{14}".utf8))
            let id = String(
                try #require(station.order("alerts").output.split(separator: " ").first))
            let desk = ["--desk", "unix:\(station.desk.socketPath)"]
            let notes = ["- fell in the bath", "--- asleep", "-5 degrees in her room", "-1"]
            for (index, note) in notes.enumerated() {
                let words = note.hasPrefix("---") ? ["--", note] : [note]
                let by = index % 2 == 0 ? ["TOCSIN_BY=desk 7"] : ["-u", "TOCSIN_BY"]
                let run = try Programs.run(
                    "/usr/bin/env",
                    by + [Programs.path("tocsin"), "note"] + desk + [id] + words)
                #expect(run.status == 0, "\(note): \(run.complaints)")
            }
            #expect(station.stop() == 0)
            let shown = try station.tocsin("audit", "show", id, "--ledger", station.ledgerPath)
            let changes = shown.output.split(separator: "\n").dropFirst()
            #expect(changes.count == notes.count)
            for (change, (index, note)) in zip(changes, notes.enumerated()) {
                let by = index % 2 == 0 ? "desk 7" : NSUserName()
                #expect(change.contains(#""by":"\#(by)","note":"\#(note)""#), "\(change)")
            }
        }

        @Test("A list of ports says what was last heard, how many peers there are, and the damage")
        func ports() throws {
            let (tcp, udp) = (try freePort(), try freePort())
            let station = try Station(ports: [
                .init("line", "surgard"), .init("quiet", "surgard"),
                .init("locators", "jt808", listen: tcp),
                .init("datagrams", "jt808", listen: udp, transport: "udp"),
            ])
            let wire = try station.line(to: "line")
            let quiet = try station.line(to: "quiet")
            try station.start()
            try wire.exchange(Array("5011 18garbage\u{14}".utf8))
            try wire.exchange(Array("5011 181234E11001001\u{14}".utf8))
            let locators = try (0..<2).map { _ in try Wire.connect(port: tcp) }
            let today = WallTime(microseconds: Int64(Date().timeIntervalSince1970) * 1_000_000)
            var shown: [String: String] = [:]
            let isShown = try station.desk.waits {
                shown = [:]
                var name = ""
                for line in try station.order("ports").output.split(separator: "\n") {
                    if !line.hasPrefix(" ") { name = String(line.prefix { $0 != " " }) }
                    shown[name, default: ""] += line + "\n"
                }
                return shown["line"]?.contains("last heard") == true
                    && shown["locators"]?.contains("2 connections") == true
            }
            #expect(isShown, "\(shown)")
            let line = try #require(shown["line"])
            #expect(line.contains("last heard \(today.rfc3339.prefix(4))"), "\(line)")
            #expect(line.contains("damage: ") && line.contains(" bytes skipped"), "\(line)")
            #expect(shown["quiet"]?.contains("nothing heard since the daemon started") == true)
            #expect(shown["quiet"]?.contains("damage") == false)
            #expect(shown["datagrams"]?.contains("0 peers") == true)
            #expect(locators.count == 2 && !quiet.hasEnded)
            #expect(station.stop() == 0)
        }

        @Test("A list of devices says who was heard when, and how they are, the newest first")
        func devices() throws {
            let port = try freePort()
            let station = try Station(ports: [
                .init("line", "surgard"), .init("locators", "jt808", listen: port),
            ])
            let line = try station.line(to: "line")
            try station.start()
            #expect(
                try station.order("devices").output
                    == "no device was heard since the daemon started\n")
            let wire = try Wire.connect(port: port)
            let checkIn = ProtocolRegistry.find("jt808")?.sample(
                of: [.checkIn], serial: 1, at: WallTime(microseconds: 1_795_253_158_000_000))
            try wire.exchange(try #require(checkIn))
            try line.exchange(Array("5011 181234E11001001\u{14}".utf8))
            var lines: [Substring] = []
            let isShown = try station.desk.waits {
                lines = try station.order("devices").output.split(separator: "\n")
                return lines.count == 2
            }
            #expect(isShown && lines[0].contains("surgard  1234") && lines[0].contains("on line"))
            #expect(lines[1].contains("jt808") && lines[1].contains("from 127.0.0.1:"))
            let silent = try station.order("devices", "--silent", "--limit", "1").output
            #expect(silent == "\(lines[1])\n1 more\n")
            #expect(try station.order("devices", "--limit", "0").status != 0)
            #expect(station.stop() == 0)
        }

        @Test("The commands find the station by its socket where that is")
        func defaultSocket() throws {
            let station = try Station(ports: [.init("line", "surgard")])
            try station.start()
            let script = """
                set -e
                socket=$1
                mount -t tmpfs none /run
                mkdir /run/tocsin
                ln -s "$socket" /run/tocsin/tocsin.sock
                exec "$0" ports
                """
            let run = try Programs.run(
                "/usr/bin/unshare",
                [
                    "--map-root-user", "--mount", "sh", "-c", script, Programs.path("tocsin"),
                    station.desk.socketPath,
                ])
            #expect(run.status == 0, "\(run.complaints)")
            #expect(String(decoding: run.output, as: UTF8.self).hasPrefix("line  "))
            #expect(station.stop() == 0)
        }
    }
}
