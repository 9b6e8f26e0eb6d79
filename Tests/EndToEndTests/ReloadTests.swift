import Foundation
import Testing

extension EndToEnd {
    @Suite("Reading the configuration again")
    struct ReloadTests {
        @Test("SIGHUP opens what is new, closes what is gone, and leaves the others open")
        func changedConfiguration() throws {
            let (station, stays) = try running()
            let removed = try station.line(to: "goes")
            let added = try Presser("jt808", on: station.line(to: "comes"))
            station.ports = [.init("stays", "tocsin-link"), .init("comes", "jt808")]
            try reload(station)
            #expect(
                try station.desk.waits {
                    let ports = try station.desk.ports()
                    return ports["comes"]?.state == "open" && ports["goes"] == nil
                })
            let before = stays.answered.count
            #expect(
                try work([stays, added]) {
                    stays.answered.count > before + 10 && added.answered.count > 10
                })
            #expect(try station.desk.ports()["stays"]?.counters["opens"] == 1)
            #expect(!station.complaints.contains("port closed port=stays"))
            #expect(station.tells("port closed port=goes"))
            #expect(station.stop() == 0)
            withExtendedLifetime(removed) {}
        }

        @Test("Changed options of a port hold from then on, and it stays open")
        func changedOptions() throws {
            let station = try Station(ports: [.init("line", "jt808")])
            let presser = try Presser(
                "jt808", on: station.line(to: "line"), kinds: [.helpNeeded], window: 1)
            try station.start()
            try work([presser]) { presser.answered.count >= 5 }
            presser.isPressing = false
            try work([presser]) { presser.unanswered.isEmpty }
            let before = presser.answered.count
            station.ports[0].options = "{alarm: {3: fall}}"
            try reload(station)
            try presser.press()
            #expect(try work([presser]) { presser.unanswered.isEmpty })
            let kinds = try station.desk.events(1...before + 1).map(\.kind)
            #expect(kinds == Array(repeating: "helpNeeded", count: before) + ["fall"])
            #expect(!station.complaints.contains("port closed"))
            #expect(station.stop() == 0)
        }

        @Test("A wrong configuration is told, and changes nothing")
        func wrongConfiguration() throws {
            let (station, stays) = try running()
            let before = try station.desk.ports()
            station.ports = [.init("stays", "tocsin-lynx"), .init("comes", "jt808")]
            try station.writeConfiguration()
            station.process?.signal(SIGHUP)
            #expect(station.manager.wait(for: "RELOADING=1"))
            #expect(station.manager.wait(for: "READY=1"))
            #expect(station.tells("tocsin.yaml:6:"))
            #expect(station.tells("'tocsin-lynx' is not a protocol"))
            #expect(station.tells("going on with the old one"))
            let answered = stays.answered.count
            #expect(try work([stays]) { stays.answered.count > answered + 10 })
            let after = try station.desk.ports()
            #expect(after.keys.sorted() == before.keys.sorted())
            #expect(after.values.allSatisfy { $0.state == "open" && $0.counters["opens"] == 1 })
            #expect(station.stop() == 0)
        }

        /// A station with the ports `stays` and `goes`, and a device that presses on the first.
        private func running() throws -> (Station, Presser) {
            let station = try Station(ports: [
                .init("stays", "tocsin-link"), .init("goes", "surgard"),
            ])
            let stays = try Presser("tocsin-link", on: station.line(to: "stays"))
            let goes = try Presser("surgard", on: station.line(to: "goes"))
            try station.start()
            #expect(
                try work([stays, goes]) { stays.answered.count > 10 && goes.answered.count > 0 })
            return (station, stays)
        }

        private func reload(_ station: Station) throws {
            try station.writeConfiguration()
            station.process?.signal(SIGHUP)
            #expect(station.manager.wait(for: "RELOADING=1"))
            #expect(station.manager.wait(for: "READY=1"))
        }
    }
}
