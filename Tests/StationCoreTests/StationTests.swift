import AlarmModel
import StationCore
import Testing
import WireProtocols

@Suite("Station")
struct StationTests {
    /// Those that answer a press. The links of one way are tested by themselves.
    static let everyProtocol = ProtocolRegistry.all.map(\.id).filter { id in
        guard ProtocolRegistry.find(id)?.about.kinds.contains(.sos) == true else { return false }
        let bench = Bench()
        bench.open(id)
        bench.receive(frame(id, [.sos], serial: 1))
        bench.commit()
        return !bench.sent.isEmpty
    }

    @Test("A device gets its reply only after its event is durable", arguments: everyProtocol)
    func replyAfterCommit(_ id: ProtocolID) {
        let bench = Bench()
        bench.open(id)
        bench.receive(frame(id, [.sos], serial: 1))
        #expect(bench.sent.isEmpty)
        #expect(bench.publishedEvents.allSatisfy { $0.kind.isTelemetry })
        #expect(bench.uncommitted.count == 1, "all of a message is one entry")
        bench.commit()
        #expect(bench.sent.count == 1)
        #expect(bench.publishedEvents.contains { $0.kind == .sos && $0.sequence == 1 })
    }

    @Test("Sequences have no gap, whatever the events are")
    func gapFree() {
        let bench = Bench(recovery: Recovery(lastSequence: 41))
        bench.open("jt808")
        for serial in UInt32(1)...50 {
            let kinds: [EventKind] = serial % 3 == 0 ? [.sos, .geofenceExit] : [.sos]
            bench.receive(frame("jt808", kinds, device: serial % 7, serial: serial))
        }
        bench.commit()
        let sequences = bench.storedEvents.map(\.sequence.rawValue)
        #expect(sequences == Array(42..<42 + Int64(sequences.count)))
    }

    @Test(
        "A resend is answered again and counted, and is no second event", arguments: everyProtocol)
    func resend(_ id: ProtocolID) throws {
        let bench = Bench()
        bench.open(id)
        let press = frame(id, [.sos], serial: 1)
        bench.receive(press)
        bench.commit()
        bench.pass(.milliseconds(4_000))
        bench.receive(press)
        bench.commit()
        #expect(bench.sent.count == 2)
        #expect(bench.storedEvents.count { $0.kind == .sos } == 1)
        let alert = try #require(bench.alerts.values.first { $0.kind == .sos })
        #expect(alert.eventCount == 1 && alert.version == 1)
        #expect(bench.counters(of: "port")?.repeats == 1)
    }

    @Test("A resend that comes before the commit is answered once, where it was asked for last")
    func resendWhilePending() {
        let bench = Bench()
        bench.open("jt808", key: 1, id: "locators", peer: "192.0.2.7:1000")
        bench.open("jt808", key: 2, id: "locators", peer: "192.0.2.7:1001")
        let press = frame("jt808", [.sos], serial: 1)
        bench.receive(press, on: 1)
        bench.pass(.seconds(5))
        bench.receive(press, on: 2)
        #expect(bench.sent.isEmpty)
        bench.commit()
        #expect(bench.sent.map(\.port) == [PortKey(2)])
        #expect(bench.storedEvents.count { $0.kind == .sos } == 1)
    }

    @Test(
        "A new press is a new event that joins the alert, never a repeat", arguments: everyProtocol)
    func newPress(_ id: ProtocolID) throws {
        let bench = Bench()
        bench.open(id)
        bench.receive(frame(id, [.sos], serial: 1))
        bench.commit()
        bench.pass(.seconds(60))
        // Where the wire has no number, the same button is the same bytes.
        let isNumbered =
            if case .sameBytes? = ProtocolRegistry.find(id)?.repeatRule { true } else { false }
        bench.receive(frame(id, [.sos], serial: isNumbered ? 2 : 1))
        bench.commit()
        #expect(bench.storedEvents.count { $0.kind == .sos } == 2)
        let alerts = bench.alerts.values.filter { $0.kind == .sos }
        #expect(alerts.count == 1)
        #expect(alerts.first?.eventCount == 2)
        #expect(bench.sent.count == 2)
    }

    @Test("A restoral annotates an alert; only a person ends it")
    func restoral() throws {
        let bench = Bench()
        bench.open("surgard")
        bench.receive(Array("5011 181234E10101001\u{14}".utf8))
        bench.receive(Array("5011 181234R10101001\u{14}".utf8))
        bench.commit()
        let alert = try #require(bench.alerts.values.first)
        #expect(alert.isRestored && alert.state == .open && alert.eventCount == 2)
        #expect(bench.storedChanges.map(\.draft) == [ChangeDraft(.restored)])
        bench.order(Order(.resolve, by: "desk 1"), on: alert.id)
        #expect(bench.alerts[alert.id]?.state == .resolved)
        bench.receive(Array("5011 181234E10101001\u{14}".utf8))
        bench.commit()
        #expect(bench.alerts.count == 2, "a press after the end opens an alert of its own")
    }

    @Test("Telemetry is answered at once, is no row, and updates the device", arguments: ["jt808"])
    func telemetry(_ id: ProtocolID) throws {
        let bench = Bench()
        bench.open(id)
        bench.receive(frame(id, [.position], serial: 1))
        #expect(bench.uncommitted.isEmpty)
        #expect(bench.sent.count == 1)
        let event = try #require(bench.publishedEvents.first { $0.kind == .position })
        let address = try #require(event.draft.address)
        let origin = Origin(id, Caller(address), on: WireID(portID: "port"), .global)
        #expect(bench.state(of: origin)?.position != nil)
    }

    @Test("A condition told in every report is one event when it rises and one when it ends")
    func heldCondition() {
        let bench = Bench()
        bench.open("jt808")
        for serial in UInt32(1)...5 {
            bench.receive(frame("jt808", [.batteryLow], serial: serial))
        }
        bench.receive(frame("jt808", [.position], serial: 6))
        bench.commit()
        let events = bench.storedEvents.filter { $0.kind == .batteryLow }
        #expect(events.map(\.draft.isRestored) == [false, true])
        #expect(bench.sent.count == 6, "every report is answered")
        #expect(bench.alerts.values.first?.isRestored == true)
    }

    @Test("A report that only repeats a condition is not answered before what it repeats")
    func heldWhilePending() {
        let bench = Bench()
        bench.open("jt808")
        bench.receive(frame("jt808", [.batteryLow], serial: 1))
        bench.receive(frame("jt808", [.batteryLow], serial: 2))
        #expect(bench.sent.isEmpty)
        bench.commit()
        #expect(bench.sent.count == 2)
    }

    @Test("A position is answered at once while an alarm waits for the disk")
    func positionBesidePending() {
        let bench = Bench()
        bench.open("jt808")
        bench.receive(frame("jt808", [.sos], device: 1, serial: 1))
        bench.receive(frame("jt808", [.position], device: 2, serial: 1))
        #expect(bench.sent.count == 1, "the alarm has not been answered, the position has")
        bench.commit()
        #expect(bench.sent.count == 2)
    }

    @Test("A held SOS does not hide behind a held condition")
    func sosBesideHeld() {
        let bench = Bench()
        bench.open("jt808")
        bench.receive(frame("jt808", [.batteryLow], serial: 1))
        bench.receive(frame("jt808", [.sos, .batteryLow], serial: 2))
        bench.commit()
        #expect(bench.storedEvents.map(\.kind) == [.batteryLow, .sos])
    }

    @Test("A ledger that cannot write stops the replies and is the loudest health")
    func ledgerTrouble() {
        let bench = Bench()
        bench.open("jt808")
        bench.receive(frame("jt808", [.sos], serial: 1))
        bench.handle(.ledgerRetrying("no space left"))
        #expect(bench.sent.isEmpty)
        #expect(bench.health.state == .critical)
        #expect(bench.health.pendingEvents > 0)
        bench.commit()
        #expect(bench.sent.count == 1)
        #expect(bench.health == StationHealth())
    }

    @Test("When too much waits for the ledger, reading stops and no alarm is dropped")
    func backPressure() {
        let bench = Bench()
        bench.open("jt808")
        var serial: UInt32 = 0
        while !bench.isPaused, serial < 20_000 {
            serial += 1
            bench.receive(frame("jt808", [.sos], device: serial, serial: serial))
        }
        #expect(bench.isPaused)
        bench.commit()
        #expect(!bench.isPaused)
        #expect(bench.storedEvents.count { $0.kind == .sos } == Int(serial))
    }

    @Test("The first damage on a port keeps a capture, the second does not")
    func dump() {
        let bench = Bench()
        bench.open("jt808")
        var broken = frame("jt808", [.sos], serial: 1)
        broken[10] ^= 0x40
        bench.receive(broken + broken)
        bench.receive(frame("jt808", [.sos], serial: 2))
        #expect(bench.dumps == ["badChecksum"])
    }

    @Test("Counters go on when a port comes back, and every byte is in one of them")
    func counters() throws {
        let bench = Bench()
        var received = 0
        for key in Int32(1)...3 {
            bench.open("jt808", key: key)
            let bytes = [0x00, 0x01] + frame("jt808", [.sos], serial: UInt32(key)) + [0x33]
            bench.receive(bytes, on: key)
            received += bytes.count
            bench.handle(.portClosed(PortKey(key)))
        }
        let counters = try #require(bench.counters(of: "port"))
        #expect(counters.frames == 3)
        #expect(counters.bytesIn == UInt64(received))
        // The byte behind the last frame of each connection was still in the ring when it ended.
        #expect(counters.skippedBytes[SkipReason.cutOff.index] == 3)
        #expect(counters.frameBytes + counters.skippedTotal == UInt64(received))
    }

    @Test("The counters of a listener are those of all its connections together")
    func listenerCounters() {
        let bench = Bench()
        bench.open("jt808", key: 1, id: "tcp-locators-a", name: "locators")
        bench.open("jt808", key: 2, id: "tcp-locators-b", name: "locators")
        bench.receive(frame("jt808", [.sos], device: 1, serial: 1), on: 1)
        bench.receive(frame("jt808", [.sos], device: 2, serial: 1), on: 2)
        bench.handle(.portClosed(PortKey(1)))
        #expect(bench.counters(of: "locators")?.frames == 2)
    }

    @Test("Bytes make a frame whole, or do not, each read for itself")
    func hasFrame() {
        let bench = Bench()
        bench.open("jt808")
        let press = frame("jt808", [.sos], device: 1, serial: 1)
        bench.receive([0, 1, 2] + press.dropLast())
        #expect(!bench.hasFrame(on: 1))
        bench.receive([press[press.count - 1]])
        #expect(bench.hasFrame(on: 1))
        bench.receive([0])
        #expect(!bench.hasFrame(on: 1))
        bench.receive(frame("jt808", [.sos], device: 1, serial: 2))
        #expect(bench.hasFrame(on: 1))
        bench.handle(.portClosed(PortKey(1)))
        #expect(!bench.hasFrame(on: 1))
        bench.open("jt808", key: 2)
        #expect(!bench.hasFrame(on: 2))
    }

    @Test("What a datagram leaves unfinished is counted, and the next one does not complete it")
    func datagrams() throws {
        let bench = Bench()
        bench.open("jt808", id: "udp-locators", peer: "192.0.2.7:1000")
        let press = frame("jt808", [.sos], serial: 1)
        for half in [press.prefix(20), press.dropFirst(20)] {
            bench.receive(Array(half))
            bench.handle(.datagramEnded(PortKey(1)))
        }
        bench.receive(press)
        bench.commit()
        #expect(bench.storedEvents.count { $0.kind == .sos } == 1)
        let counters = try #require(bench.counters(of: "udp-locators"))
        #expect(counters.frameBytes == UInt64(press.count))
        #expect(counters.skippedTotal == UInt64(press.count))
        #expect(counters.skippedBytes[SkipReason.cutOff.index] >= 20)
    }

    @Test("A reply for a port that has closed goes nowhere")
    func closedPort() {
        let bench = Bench()
        bench.open("jt808")
        bench.receive(frame("jt808", [.sos], serial: 1))
        bench.handle(.portClosed(PortKey(1)))
        bench.commit()
        #expect(bench.sent.isEmpty)
        #expect(bench.storedEvents.count { $0.kind == .sos } == 1)
    }

    @Test("A port whose options cannot be is refused with the reason, not left open and unread")
    func impossibleOptions() throws {
        let bench = Bench()
        bench.open("jt808", options: ["zone": "none"])
        #expect(bench.refused.map(\.port) == [PortKey(1)])
        let problem = try #require(bench.refused.first?.problem)
        #expect(problem.key == "zone" && !problem.message.isEmpty)
        bench.receive(frame("jt808", [.sos], serial: 1))
        bench.commit()
        #expect(bench.stored.isEmpty)
        bench.handle(.portClosed(PortKey(1)))
        bench.open("jt808", key: 2)
        bench.receive(frame("jt808", [.sos], serial: 1), on: 2)
        bench.commit()
        #expect(bench.storedEvents.map(\.kind) == [.sos] && bench.refused.count == 1)
    }
}
