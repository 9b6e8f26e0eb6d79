import AlarmModel
import Foundation
import Testing

extension EndToEnd {
    @Suite("Starting and stopping the daemon")
    struct LifecycleTests {
        @Test("SIGTERM ends it with 0 within 2 s, and what waits is stored, or comes again")
        func orderlyEnd() throws {
            let protocols: [ProtocolID] = ["surgard", "jt808", "tocsin-link"]
            let station = try Station(ports: protocols.map { .init($0.rawValue, $0) })
            let pressers = try protocols.map {
                try Presser($0, on: station.line(to: $0.rawValue))
            }
            try station.start()
            // An idle client must not keep the daemon.
            let stream = try station.desk.stream(after: 0)
            try work(pressers) { pressers.allSatisfy { $0.answered.count >= 20 } }
            let start = ContinuousClock.now
            #expect(station.stop() == 0)
            #expect(ContinuousClock.now - start < .seconds(2))
            #expect(station.manager.wait(for: "STOPPING=1"))
            #expect(stream.wire.receive().isEmpty == false)
            for presser in pressers { presser.surviveOutage() }

            let (events, recovery) = try station.storedEvents()
            let stored = Set(events.map(\.raw))
            #expect(pressers.flatMap(\.answered).allSatisfy(stored.contains))
            #expect(!recovery.findings.contains { $0.contains("good order") })

            try station.start()
            for presser in pressers {
                presser.isPressing = false
                presser.sendAgain()
            }
            #expect(try work(pressers) { pressers.allSatisfy(\.unanswered.isEmpty) })
            #expect(station.stop() == 0)
            let all = Set(try station.storedEvents().events.map(\.raw))
            #expect(pressers.flatMap(\.answered).allSatisfy(all.contains))
        }

        @Test("A second daemon on the same ledger is refused with 74, a reason and a remedy")
        func secondDaemon() throws {
            let first = try Station(ports: [])
            try first.start()
            let second = try Station(ports: [])
            second.ledgerPath = first.ledgerPath
            try second.startUnawaited()
            #expect(second.process?.waitForExit(within: .seconds(10)) == 74)
            #expect(second.complaints.contains("another tocsind writes it"))
            #expect(second.complaints.contains("stop the other tocsind"))
            #expect(try first.desk.health().status == 200)
            #expect(first.stop() == 0)
        }

        @Test("A wrong configuration is refused with 78, and every mistake is told with its line")
        func wrongConfiguration() throws {
            let station = try Station(ports: [
                .init("a", "no-such-protocol"), .init("b", "surgard", listen: 0),
            ])
            try station.startUnawaited()
            #expect(station.process?.waitForExit(within: .seconds(10)) == 78)
            #expect(station.complaints.contains("tocsin.yaml:6:"))
            #expect(station.complaints.contains("'no-such-protocol' is not a protocol"))
            #expect(station.complaints.contains("tocsin.yaml:7:"))
        }

        @Test("systemd hears READY, a fed watchdog while alarms are stored, and STOPPING")
        func serviceManager() throws {
            let station = try Station(ports: [.init("line", "tocsin-link")])
            let presser = try Presser("tocsin-link", on: station.line(to: "line"))
            try station.start(environment: Self.watchdog)
            for count in 1...3 {
                try work([presser]) { presser.answered.count >= count * 50 }
                #expect(station.manager.wait(for: "WATCHDOG=1", within: Self.allowed))
            }
            #expect(station.stop() == 0)
            #expect(station.manager.wait(for: "STOPPING=1"))
        }

        @Test("The watchdog starves when the ledger hangs, so that systemd starts anew")
        func starvedWatchdog() throws {
            let station = try Station(.planted("hang"), ports: [.init("line", "tocsin-link")])
            let presser = try Presser("tocsin-link", on: station.line(to: "line"))
            try station.start(environment: Self.watchdog)
            for _ in 1...3 {
                #expect(station.manager.wait(for: "WATCHDOG=1", within: Self.allowed))
            }
            try presser.press()
            var feeds = 0
            while feeds < 20, station.manager.wait(for: "WATCHDOG=1", within: Self.allowed) {
                feeds += 1
            }
            #expect(feeds < 5, "a daemon that stores nothing feeds its watchdog")
            #expect(presser.answered.isEmpty)
        }

        /// What a unit with `WatchdogSec=1.5` sets, and the time in which it wants a word.
        private static let watchdog = ["WATCHDOG_USEC": "1500000"]
        private static let allowed = Duration.milliseconds(1_500)
    }
}
