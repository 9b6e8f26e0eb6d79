import AlarmModel
import Foundation
import StationLedger
import Testing

extension EndToEnd {
    @Suite("Starting with a ledger in trouble")
    struct LedgerStartTests {
        @Test("A ledger that another program holds is waited for, and its presses wait unanswered")
        func lockedLedger() throws {
            let station = try Station(ports: [.init("line", "tocsin-link")])
            let presser = try Presser("tocsin-link", on: station.line(to: "line"))
            try station.start()
            #expect(try work([presser]) { presser.answered.count >= 5 })
            presser.isPressing = false
            #expect(try work([presser]) { presser.unanswered.isEmpty })
            #expect(station.stop() == 0)
            let before = presser.answered.count

            let holder = try ChildProcess(
                "/usr/bin/python3",
                [
                    "-c",
                    """
                    import sqlite3, sys, time
                    db = sqlite3.connect(sys.argv[1], isolation_level=None)
                    db.execute("BEGIN EXCLUSIVE")
                    print("held", flush=True)
                    time.sleep(600)
                    """, station.ledgerPath,
                ], output: station.folder.path("held"))
            #expect(
                try station.desk.waits {
                    try String(contentsOfFile: station.folder.path("held"), encoding: .utf8)
                        .contains("held")
                })
            presser.surviveOutage()
            try station.start()
            try expectWaiting(station, for: "fuser")
            try presser.press()
            #expect(try !work([presser], within: .seconds(2)) { presser.answered.count > before })
            holder.kill()
            #expect(try work([presser], within: .seconds(20)) { presser.unanswered.isEmpty })
            #expect(station.tells("the ledger is open"))
            #expect(try station.desk.waits { try station.desk.health().status == 200 })
            #expect(station.stop() == 0)
            let stored = try station.storedEvents().events.map(\.raw)
            #expect(Set(presser.answered).isSubset(of: Set(stored)))
        }

        @Test("A log whose ledger is gone is told, in health and as the first event")
        func orphanedLog() throws {
            let station = try Station(ports: [.init("line", "tocsin-link")])
            let presser = try Presser("tocsin-link", on: station.line(to: "line"))
            try station.start()
            #expect(try work([presser]) { presser.answered.count >= 5 })
            presser.isPressing = false
            station.kill()
            try FileManager.default.removeItem(atPath: station.ledgerPath)
            presser.surviveOutage()
            try station.start()
            #expect(try work([presser], within: .seconds(20)) { presser.unanswered.isEmpty })
            let names = try FileManager.default.contentsOfDirectory(atPath: station.ledgerFolder)
            let log = try #require(names.first { $0.contains(".damaged-") && $0.hasSuffix("-wal") })
            let health = try station.desk.health().form
            #expect(health.state == "degraded")
            #expect(health.reasons.contains { $0.contains(log) }, "\(health.reasons)")
            #expect(try station.desk.events(1...1).first?.kind == "deviceFault")
            #expect(station.stop() == 0)
        }

        @Test("A full disk at the start stores nothing and answers no device, until there is space")
        func fullDisk() throws {
            let station = try Station(.onFullDisk, ports: [.init("line", "tocsin-link")])
            let presser = try Presser("tocsin-link", on: station.line(to: "line"))
            presser.isPressing = false
            try station.start()
            try expectWaiting(station, for: "its file system is full")
            try presser.press()
            #expect(try !work([presser], within: .seconds(2)) { presser.unanswered.isEmpty })
            try FileManager.default.removeItem(
                atPath: station.pathInside(station.ledgerFolder + "/filler"))
            #expect(try work([presser], within: .seconds(20)) { presser.unanswered.isEmpty })
            #expect(try station.desk.waits { try station.desk.health().status == 200 })
            #expect(try station.desk.events(1...10).first?.kind == "sos")
            #expect(station.stop() == 0)
        }

        @Test(
            "A damaged ledger is moved aside and kept, and that is the first event of the new one",
            arguments: [
                Data(repeating: 0, count: 65_536),
                // Nothing is left to know it by.
                Data((0..<65_536).map { UInt8(truncatingIfNeeded: $0 &* $0 &* 37 >> 3) | 1 }),
            ])
        func damagedLedger(_ damaged: Data) throws {
            let station = try Station(ports: [.init("line", "tocsin-link")])
            let presser = try Presser("tocsin-link", on: station.line(to: "line"))
            try station.writeConfiguration()
            try damaged.write(to: URL(filePath: station.ledgerPath))
            try station.start()
            #expect(try work([presser]) { presser.answered.count >= 5 })
            #expect(station.tells("the ledger is damaged; it was moved aside"))
            let names = try FileManager.default.contentsOfDirectory(atPath: station.ledgerFolder)
            let aside = try #require(names.first { $0.contains(".damaged-") })
            let kept = try Data(contentsOf: URL(filePath: "\(station.ledgerFolder)/\(aside)"))
            #expect(kept == damaged)
            let health = try station.desk.health()
            #expect(health.form.state == "degraded")
            #expect(health.form.reasons.contains { $0.contains(aside) && $0.contains("salvage") })
            #expect(try station.desk.events(1...10).first?.kind == "deviceFault")
            #expect(try station.order("alerts").output.contains("damaged"))
            #expect(station.stop() == 0)
            let first = try #require(try station.storedEvents().events.first)
            #expect(first.draft.text?.contains(aside) == true && first.protocolID == .station)
        }

        /// The desk answers, and says what the station waits for.
        private func expectWaiting(_ station: Station, for words: String) throws {
            #expect(station.tells("waiting for the ledger"))
            #expect(
                try station.desk.waits {
                    let health = try station.desk.health()
                    return health.status == 503
                        && health.form.reasons.contains { $0.contains(words) }
                })
            let alerts = try station.order("alerts")
            #expect(alerts.status != 0 && alerts.complaints.contains("ledger"))
            #expect(try station.desk.ports()["line"]?.state == "open")
        }
    }
}
