import AlarmModel
import StationCore
import Testing
import WireProtocols

@Suite("Conditions that last")
struct HeldConditionTests {
    private func power(_ bench: Bench) -> [Event] {
        bench.storedEvents.filter { $0.kind == .batteryLow }
    }

    @Test("What a stranger holds or lets go is not the device's")
    func strangers() throws {
        let bench = Bench()
        bench.open("jt808", key: 1, id: "locators", peer: "192.0.2.7:1000")
        bench.open("jt808", key: 2, id: "locators", peer: "198.51.100.66:1000")
        bench.receive(frame("jt808", [.batteryLow], serial: 1), on: 2)
        bench.receive(frame("jt808", [.batteryLow], serial: 2), on: 1)
        bench.commit()
        #expect(power(bench).count == 2, "a stranger's bit does not hide the device's own")
        bench.receive(frame("jt808", [.position], serial: 3), on: 2)
        bench.receive(frame("jt808", [.batteryLow], serial: 4), on: 1)
        bench.commit()
        // It only casts doubt: what the device tells again may be another one.
        #expect(power(bench).map(\.draft.isRestored) == [false, false, true, false])
        bench.receive(frame("jt808", [.batteryLow], serial: 5), on: 1)
        bench.commit()
        #expect(power(bench).count == 4)
    }

    @Test("A condition told again raises nothing again, and its end is told")
    func told() throws {
        let bench = Bench()
        bench.open("jt808")
        bench.receive(frame("jt808", [.batteryLow], serial: 1))
        bench.commit()
        let alert = try #require(bench.alerts.values.first)
        bench.order(Order(.acknowledge, by: "desk 1"), on: alert.id)
        for serial in UInt32(2)...20 {
            bench.receive(frame("jt808", [.batteryLow], serial: serial))
            bench.commit()
        }
        #expect(bench.alerts[alert.id]?.state == .acknowledged)
        bench.receive(frame("jt808", [.position], serial: 21))
        bench.commit()
        #expect(bench.alerts[alert.id]?.isRestored == true)
        #expect(power(bench).count == 2)
    }

    @Test("A receiver's own conditions, which have no address, last and end like any other")
    func withoutAddress() throws {
        let bench = Bench()
        bench.open("tocsin-link")
        func keepAlive(_ state: UInt16, _ sequence: UInt32) -> [UInt8] {
            var bytes: [UInt8] = []
            TocsinLink.emit(
                TocsinLink.Message(
                    TocsinLink.Header(nonce: 7, sequence: sequence),
                    .keepAlive(TocsinLink.KeepAlive(state: state))), into: &bytes)
            return bytes
        }
        let mains: UInt16 = 1 << 1
        for sequence in UInt32(1)...10 {
            bench.receive(keepAlive(mains, sequence))
            bench.commit()
        }
        #expect(bench.storedEvents.map(\.kind) == [.powerLost])
        let alert = try #require(bench.alerts.values.first)
        bench.order(Order(.acknowledge, by: "desk 1"), on: alert.id)
        bench.receive(keepAlive(mains, 11))
        bench.commit()
        #expect(bench.alerts[alert.id]?.state == .acknowledged)
        bench.receive(keepAlive(0, 12))
        bench.commit()
        #expect(bench.storedEvents.map(\.draft.isRestored) == [false, true])
        #expect(bench.alerts[alert.id]?.isRestored == true)
        #expect(bench.sent.count == 12, "each is answered")
    }

    @Test("After a restart a condition is no news, in an earlier boot it may have ended and risen")
    func restart() {
        let bench = Bench()
        bench.open("jt808")
        bench.receive(frame("jt808", [.batteryLow], serial: 1))
        bench.commit()
        for (newBoot, events) in [(false, 0), (true, 1)] {
            let after = bench.restarted(after: .seconds(3), newBoot: newBoot)
            after.open("jt808")
            after.receive(frame("jt808", [.batteryLow], serial: 2))
            after.commit()
            #expect(power(after).count == events)
            after.receive(frame("jt808", [.position], serial: 3))
            after.commit()
            #expect(power(after).last?.draft.isRestored == true, "its end is told in any case")
        }
    }
}
