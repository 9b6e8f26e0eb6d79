import AlarmModel
import Foundation
import Testing

@testable import WireProtocols

extension EndToEnd {
    /// What people and machines do to a station that does not expect it.
    @Suite("Rudeness")
    struct RudenessTests {
        private func frame(
            _ protocolID: ProtocolID, _ kinds: [EventKind], serial: UInt32
        ) throws -> [UInt8] {
            let time = WallTime(microseconds: 1_795_253_158_000_000)
            return try #require(
                ProtocolRegistry.find(protocolID)?.sample(of: kinds, serial: serial, at: time))
        }

        /// Sends and waits for as many bytes as an answer has; false when none comes in time.
        private func answered(
            _ frame: [UInt8], on wire: Wire, within patience: Duration = .seconds(5)
        ) -> Bool {
            wire.send(frame)
            let end = ContinuousClock.now + patience
            while ContinuousClock.now < end {
                if !wire.receive().isEmpty { return true }
                Wire.wait(for: [wire], atMost: .milliseconds(50))
            }
            return false
        }

        @Test("The ledger goes under the daemon: no answers, loudest health, a copy, a way out")
        func deletedLedger() throws {
            let station = try Station(ports: [.init("line", "jt808")])
            let wire = try station.line(to: "line")
            try station.start()
            #expect(answered(try frame("jt808", [.sos], serial: 1), on: wire))
            let aside = station.ledgerFolder + "/aside"
            try FileManager.default.moveItem(atPath: station.ledgerPath, toPath: aside)
            #expect(try station.desk.waits { try station.desk.health().status == 503 })
            let health = try station.desk.health().form
            #expect(health.reasons.first?.contains("was removed") == true, "\(health.reasons)")
            #expect(health.reasons.first?.contains("put it back") == true, "\(health.reasons)")
            let press = try frame("jt808", [.sos], serial: 2)
            #expect(!answered(press, on: wire, within: .seconds(2)), "nobody would find it")
            let copies = try FileManager.default.contentsOfDirectory(atPath: station.ledgerFolder)
                .filter { $0.contains(".rescued-") }
            #expect(copies.count == 1)
            let verified = try station.tocsin(
                "audit", "verify", "--ledger", station.ledgerFolder + "/" + copies[0])
            #expect(verified.status == 0 && verified.output.hasPrefix("verified 1-1, seal 1:"))

            try FileManager.default.moveItem(atPath: aside, toPath: station.ledgerPath)
            #expect(answered([], on: wire, within: .seconds(5)), "stored and answered by itself")
            #expect(try station.desk.waits { try station.desk.health().status == 200 })
            #expect(station.stop() == 0)
            #expect(try station.storedEvents().events.count { $0.kind == .sos } == 2)
        }

        @Test("A device that has logged in is known after a reload, or is made to log in again")
        func reloadAndLogin() throws {
            let port = try freePort()
            let station = try Station(ports: [.init("locators", "gt06", listen: port)])
            try station.start()
            let wire = try Wire.connect(port: port)
            #expect(answered(try frame("gt06", [.checkIn], serial: 1), on: wire))
            func reload() throws {
                try station.writeConfiguration()
                station.process?.signal(SIGHUP)
                #expect(station.manager.wait(for: "RELOADING=1"))
                #expect(station.manager.wait(for: "READY=1"))
            }
            station.ports.append(.init("another", "jt808"))
            try reload()
            #expect(answered(try frame("gt06", [.sos], serial: 2), on: wire))
            station.ports[0].options = "{clockOffsetMinutes: 60}"
            try reload()
            #expect(
                try station.desk.waits {
                    _ = wire.receive()
                    return wire.hasEnded
                }, "what it said of itself went with the old options")
            let again = try Wire.connect(port: port)
            #expect(answered(try frame("gt06", [.checkIn], serial: 3), on: again))
            #expect(answered(try frame("gt06", [.sos], serial: 4), on: again))
            #expect(station.stop() == 0)
            let presses = try station.storedEvents().events.filter { $0.kind == .sos }
            #expect(presses.count == 2 && presses.allSatisfy { $0.device != nil })
            #expect(presses.allSatisfy { $0.wire.portID == "tcp-locators" })
            #expect(presses.allSatisfy { $0.wire.host == "127.0.0.1" })
        }

        @Test("A clock that no calendar has, with somebody looking on, costs nobody anything")
        func impossibleClock() throws {
            let station = try Station(ports: [.init("line", "tocsin-link")])
            let wire = try station.line(to: "line")
            try station.start()
            let stream = try station.desk.stream(after: 0)
            var kinds = TocsinLink.KindSet()
            for (code, kind) in TocsinLink.kinds where kind == .sos { kinds.insert(code: code) }
            for (number, clock) in [Int64.min, .min + 999, .max].enumerated() {
                var report = TocsinLink.Report(tick: 0, address: "P-1", kinds: kinds)
                report.fields.clock = WallTime(microseconds: clock)
                var bytes: [UInt8] = []
                let header = TocsinLink.Header(nonce: 7, sequence: UInt32(number) + 1)
                TocsinLink.emit(TocsinLink.Message(header, .event(report)), into: &bytes)
                #expect(answered(bytes, on: wire))
            }
            #expect(
                try station.desk.waits {
                    try stream.read()
                    return stream.lines.count { $0.kind == "sos" } == 3
                })
            #expect(stream.lines.count { $0.kind == "deviceFault" } == 3, "the defect is told too")
            #expect(station.stop() == 0)
        }

        @Test("A press after the end of its alert is a new one, and orders are told whose they are")
        func afterTheEnd() throws {
            let station = try Station(ports: [.init("line", "surgard")])
            let wire = try station.line(to: "line")
            try station.start()
            let line = Array("5011 181234E11001015\u{14}".utf8)
            #expect(answered(line, on: wire))
            func alerts() throws -> [String] {
                try station.order("alerts").output
                    .split(separator: "\n").map(String.init)
            }
            let first = try #require(try alerts().first)
            #expect(first.contains("zone 15") && first.contains("partition 1"), "\(first)")
            let id = try #require(first.split(separator: " ").first.map(String.init))
            let taken = try station.order("ack", id, "--by", "anna")
            #expect(taken.status == 0, "\(taken.complaints)")
            #expect(taken.output.hasPrefix(id))
            #expect(taken.output.hasSuffix(" is acknowledged, by anna\n"))
            let twice = try station.order("ack", id, "--by", "anna")
            #expect(twice.status == 0)
            let slower = try station.order("resolve", id, "--by", "bert")
            #expect(slower.status != 0 && slower.complaints.contains("by anna"))
            let ended = try station.order("resolve", id, "--by", "anna", "--outcome", "accidental")
            #expect(ended.status == 0, "\(ended.complaints)")
            #expect(ended.output.contains(" is resolved, by anna at 2"), "\(ended.output)")
            for name in ["anna", "bert"] {
                let late = try station.order("resolve", id, "--by", name)
                let said = late.output + late.complaints
                #expect(said.contains("by anna at 2") && said.contains(": accidental"), "\(said)")
            }
            #expect(answered(line, on: wire))
            let second = try #require(try alerts().first)
            #expect(!second.hasPrefix(id), "a new alert")
            let many = try station.order("resolve", "--priority", "emergency", "--by", "bert")
            #expect(many.status != 0 && many.complaints.contains("one by one"))
            #expect(station.stop() == 0)
            #expect(try station.storedEvents().events.count == 2)
            let shown = try station.tocsin("audit", "show", id, "--ledger", station.ledgerPath)
            let records = shown.output.split(separator: "\n")
            #expect(records.count == 3 && records[1].contains(#""change":"acknowledged""#))
            #expect(records[2].contains(#""outcome":"accidental""#))
        }

        @Test("What an alert list leaves out is said, and it is never the gravest or the oldest")
        func listedInOrder() throws {
            let station = try Station(ports: [.init("line", "surgard")])
            let wire = try station.line(to: "line")
            try station.start()
            #expect(answered(Array("5011 181234E11001001\u{14}".utf8), on: wire))
            for zone in 2...9 {
                #expect(answered(Array("5011 181234E1440100\(zone)\u{14}".utf8), on: wire))
            }
            let few = try station.order("alerts", "--limit", "2")
            let lines = few.output.split(separator: "\n")
            #expect(lines.count == 3 && lines[0].contains("zone 1") && lines[1].contains("zone 2"))
            #expect(lines[2] == "7 more")
            let many = try station.order("resolve", "--kind", "tamper", "--by", "anna")
            #expect(many.output == "8 resolved\n", "\(many)")
            #expect(station.stop() == 0)
        }
    }
}
