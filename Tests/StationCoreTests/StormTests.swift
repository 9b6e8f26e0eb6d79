import AlarmModel
import StationCore
import Testing
import WireProtocols

@Suite("Storms of presses")
struct StormTests {
    private let bench = Bench()
    private var serial: UInt32 = 0
    private let atOnce = Limits.pressesAtOnceMax

    private mutating func press(
        _ kinds: [EventKind] = [.sos], device: UInt32 = 1, on key: Int32 = 1, times: Int = 1
    ) {
        for _ in 0..<times {
            serial += 1
            bench.receive(frame("jt808", kinds, device: device, serial: serial % 9_999), on: key)
            bench.commit()
        }
    }

    private func rows(_ kind: EventKind = .sos) -> [UInt32] {
        bench.storedEvents.filter { $0.kind == kind }.map(\.count)
    }

    @Test("Beyond the pace of people presses share a row a second, which their answers wait for")
    mutating func storm() {
        bench.open("jt808", peer: "192.0.2.7:5000")
        press(times: atOnce)
        #expect(rows() == [UInt32](repeating: 1, count: atOnce))
        #expect(bench.sent.count == atOnce)
        press(times: 50)
        #expect(bench.sent.count == atOnce, "what is not durable is not answered")
        #expect(rows().count == atOnce)
        bench.passTime(Limits.stormRowEvery)
        #expect(bench.sent.count == atOnce, "nor what is on its way to the disk")
        bench.commit()
        #expect(rows().dropFirst(atOnce) == [50])
        #expect(bench.sent.count == atOnce + 50)
        #expect(bench.alerts.values.first { $0.kind == .sos }?.eventCount == atOnce + 50)
        #expect(bench.counters(of: "port")?.gathered == 50)
        // It goes on: a row a second, however long.
        for _ in 0..<20 {
            press(times: 30)
            bench.passTime(Limits.stormRowEvery)
            bench.commit()
        }
        #expect(rows().dropFirst(atOnce + 1) == [UInt32](repeating: 30, count: 20)[...])
        // A person presses again when it is over: a row at once.
        bench.pass(.seconds(20))
        let sent = bench.sent.count
        press()
        #expect(rows().last == 1 && bench.sent.count == sent + 1)
    }

    @Test("As fast as a person can press, and as much as a device has kept, is row by row")
    mutating func people() {
        bench.open("jt808", peer: "192.0.2.7:5000")
        press(times: atOnce)
        for _ in 0..<600 {
            bench.pass(.milliseconds(100))
            press()
        }
        #expect(rows() == [UInt32](repeating: 1, count: atOnce + 600))
        #expect(bench.health == StationHealth())
    }

    @Test("What opens or raises an alert, another kind and another person are rows of their own")
    mutating func news() throws {
        bench.open("jt808", key: 1, peer: "192.0.2.7:5000")
        bench.open("jt808", key: 2, peer: "192.0.2.8:5000")
        press(times: atOnce + 10)
        #expect(rows().count == atOnce)
        press([.geofenceExit])
        #expect(rows(.geofenceExit) == [1])
        let presses = bench.storedEvents.filter { $0.protocolID != .station }
        #expect(presses.suffix(2).map(\.count) == [10, 1], "in the order they came")
        press(device: 2)
        #expect(rows().last == 1)
        // Another peer under the same number.
        press(on: 2)
        #expect(rows().last == 1 && bench.sent.last?.port == PortKey(2))

        press(times: 5)
        let waiting = rows().count
        let alert = try #require(bench.alerts.values.first { $0.eventCount > 100 })
        #expect(bench.order(Order(.acknowledge, by: "desk 1"), on: alert.id) != nil)
        #expect(rows().count == waiting)
        press()
        #expect(rows().suffix(2) == [5, 1], "a press on an alert that somebody has taken")
        #expect(bench.alerts[alert.id]?.state == .open)
        #expect(bench.storedChanges.last?.draft.kind == .raisedAgain)
    }

    @Test("What was gathered is stored when its port closes, and answered nowhere else")
    mutating func closed() {
        bench.open("jt808", peer: "192.0.2.7:5000")
        press(times: atOnce + 7)
        bench.handle(.portClosed(PortKey(1)))
        bench.commit()
        #expect(rows().last == 7)
        bench.passTime(.seconds(2))
        #expect(bench.sent.count == atOnce)
    }

    @Test("What tells a gathered condition again is answered behind its row, not before")
    mutating func heldAgain() throws {
        bench.open("jt808", peer: "192.0.2.7:5000")
        // On and off, faster than any mains.
        for _ in 0..<2 * atOnce {
            press([.powerLost])
            press([.position])
        }
        press([.powerLost])
        let sent = bench.sent.count
        let again = try #require(bench.counters(of: "port")).heldAgain
        press([.powerLost])
        #expect(bench.counters(of: "port")?.heldAgain == again + 1)
        #expect(bench.sent.count == sent, "the condition is in no ledger yet")
        bench.passTime(Limits.stormRowEvery)
        bench.commit()
        #expect(bench.sent.count > sent)
    }

    @Test("A line that many people share is never made to wait for one of them")
    func sharedLine() {
        bench.open("surgard")
        for _ in 0..<10 * atOnce {
            bench.receive(frame("surgard", [.sos], serial: 1))
            bench.commit()
            bench.pass(.seconds(30))
        }
        for count in 1...(2 * atOnce) {
            bench.receive(frame("surgard", [.sos], serial: UInt32(count)))
            bench.commit()
            #expect(bench.sent.count == 10 * atOnce + count)
        }
    }

    @Test("A flood is told once, named in health, and over when it is over")
    mutating func flood() {
        bench.open("jt808", peer: "192.0.2.7:5000")
        func faults() -> [Event] {
            bench.storedEvents.filter { $0.kind == .communicationFault }
        }
        for device in 1...(10 * UInt32(Limits.eventsPerPortMax)) { press(device: device) }
        #expect(faults().isEmpty && bench.health == StationHealth())
        press(device: 5_000, times: 50)
        #expect(faults().count == 1 && faults()[0].protocolID == .station)
        #expect(faults()[0].draft.text?.hasPrefix("port: ") == true)
        #expect(bench.health.state == .degraded)
        #expect(bench.health.reasons == [faults()[0].draft.text])
        bench.passTime(Limits.floodRest)
        #expect(bench.health == StationHealth())
        press(device: 5_001, times: atOnce)
        press(device: 5_002, times: 3 * Limits.eventsPerPortMax * 60)
        #expect(faults().count == 1, "told once an hour")
    }

    @Test("Of a storm a bounded number is answered, and the rest counted")
    mutating func answers() {
        bench.open("jt808", peer: "192.0.2.7:5000")
        press(times: atOnce + Limits.stormRepliesMax + 9)
        bench.passTime(Limits.stormRowEvery)
        bench.commit()
        #expect(bench.sent.count == atOnce + Limits.stormRepliesMax)
        #expect(bench.counters(of: "port")?.answersWithheld == 9)
        #expect(rows().last == UInt32(Limits.stormRepliesMax) + 9)
    }
}
