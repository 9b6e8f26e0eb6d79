import AlarmModel
import Glibc
import Testing

@testable import LinuxPorts

/// What one port does holds up no other: counted in turns and bytes, not in time.
@Suite("No port holds up another")
struct FairnessTests {
    private func listen(_ name: String, idle: TimeSpan = Limits.peerIdle) throws -> PortDefinition {
        let local = try #require(NetworkAddress("127.0.0.1:0"))
        return PortDefinition(name: name, protocolID: "jt808", way: .tcpListen(local, idle: idle))
    }

    private func serial(_ name: String, _ path: String) -> PortDefinition {
        PortDefinition(
            name: name, protocolID: "surgard",
            way: .serial(DeviceMatch(path: path), SerialSettings()))
    }

    @Test("A press is heard in the next turn, however many connections of a listener flood")
    func floodedListener() throws {
        let receiver = PseudoTerminal()
        let harness = try LoopHarness([try listen("flooded"), serial("receiver", receiver.path)])
        let port = try #require(try harness.openPort("receiver"))
        let address = try #require(harness.status("flooded")?.path)
        let count = 3 * Limits.readyPerTurnMax
        let clients = try (0..<count).map { _ in try #require(Client(address)) }
        #expect(try harness.turn { harness.opened.count == count + 1 })
        let garbage = [UInt8](repeating: 0, count: 16_384)
        for round in 1...20 {
            for client in clients { client.send(garbage) }
            receiver.send([UInt8(round)])
            #expect(harness.waitForBytes(on: port.handle))
            let before = harness.bytesReceived
            try harness.loop.turn(until: Clock.monotonic())
            #expect(harness.received[port.handle]?.count == round)
            #expect(harness.bytesReceived - before <= Limits.bytesPerTurnMax)
        }
    }

    @Test("Every connection of a flooded listener gets its turn")
    func roundRobin() throws {
        let harness = try LoopHarness([try listen("flooded")])
        #expect(try harness.turn { harness.status("flooded")?.state == .open })
        let address = try #require(harness.status("flooded")?.path)
        let count = 3 * Limits.readyPerTurnMax
        let clients = try (0..<count).map { _ in try #require(Client(address)) }
        #expect(try harness.turn { harness.opened.count == count })
        let garbage = [UInt8](repeating: 0, count: 16_384)
        for client in clients { client.send(garbage) }
        for _ in 0..<4 { try harness.loop.turn(until: Clock.monotonic()) }
        #expect(harness.received.count == count)
        // The first to be served are not served twice before the last.
        let lengths = harness.received.values.map(\.count)
        #expect(lengths.max() ?? 0 <= 2 * Limits.readShareBytesMin)
    }

    @Test("Datagrams of one port are read up to its share, and a press beside them at once")
    func floodedDatagrams() throws {
        let receiver = PseudoTerminal()
        let local = try #require(NetworkAddress("127.0.0.1:0"))
        let harness = try LoopHarness([
            PortDefinition(name: "flooded", protocolID: "dc09", way: .udpListen(local)),
            serial("receiver", receiver.path),
        ])
        let port = try #require(try harness.openPort("receiver"))
        let address = try #require(harness.status("flooded")?.path)
        let sender = try #require(Sender(address))
        for round in 1...20 {
            for _ in 0..<40 { sender.send([UInt8](repeating: 0, count: 8_000)) }
            receiver.send([UInt8(round)])
            #expect(harness.waitForBytes(on: port.handle))
            let before = harness.bytesReceived
            try harness.loop.turn(until: Clock.monotonic())
            #expect(harness.received[port.handle]?.count == round)
            // The last one begins within the share.
            #expect(harness.bytesReceived - before <= Limits.bytesPerTurnMax + 8_000)
        }
    }

    @Test("Every port that floods gets its turn, and none the whole of it")
    func floodedLines() throws {
        let lines = (0..<4).map { _ in PseudoTerminal() }
        let harness = try LoopHarness(
            lines.enumerated().map { serial("line \($0)", $1.path) })
        #expect(try harness.turn { harness.opened.count == 4 })
        for line in lines { line.send([UInt8](repeating: 0, count: 4_000)) }
        #expect(harness.opened.allSatisfy { harness.waitForBytes(on: $0.handle) })
        try harness.loop.turn(until: Clock.monotonic())
        #expect(harness.received.count == 4)
        #expect(harness.bytesReceived <= Limits.bytesPerTurnMax)
    }

    @Test("A port that nobody reads is closed and told, not reported without end")
    func unread() throws {
        let line = PseudoTerminal()
        let harness = try LoopHarness([serial("receiver", line.path)])
        let port = try #require(try harness.openPort("receiver"))
        harness.reads = false
        line.send([1])
        #expect(try harness.turn { harness.isClosed(port.handle) })
        #expect(harness.closed.map(\.reason) == [.unread])
        #expect(harness.status("receiver")?.state == .unusable)
        #expect(harness.status("receiver")?.remedy?.contains("options") == true)
        let slot = try #require(harness.loop.slots.first)
        let rest = try #require(slot.retryAt) - Clock.monotonic()
        #expect(rest > Limits.portRetry && rest <= Limits.unreadRetry)
    }

    @Test("A port that cannot be decoded is closed with its reason, and tried again seldom")
    func refused() throws {
        let line = PseudoTerminal()
        let local = try #require(NetworkAddress("127.0.0.1:0"))
        let harness = try LoopHarness([
            serial("receiver", line.path), try listen("locators"),
            PortDefinition(name: "panels", protocolID: "dc09", way: .udpListen(local)),
        ])
        harness.onOpen = { harness.loop.refuse($0.handle, because: "option zone: not a number") }
        defer { harness.onOpen = { _ in } }
        try harness.tryPorts()
        let client = Client(harness.status("locators")?.path)
        let sender = try Sender(#require(harness.status("panels")?.path))
        sender?.send([1])
        #expect(client != nil && sender != nil)
        #expect(try harness.turn { harness.closed.count == 3 })
        let reason = "option zone: not a number"
        #expect(harness.closed.allSatisfy { $0.reason == .refused(reason) })
        for slot in harness.loop.slots {
            let status = try #require(harness.status(slot.definition.name))
            #expect(status.state == .unusable && status.reason?.hasSuffix(reason) == true)
            let rest = try #require(slot.retryAt) - Clock.monotonic()
            #expect(rest > Limits.portRetry && rest <= Limits.unreadRetry)
            slot.retryAt = Clock.monotonic()
        }
        harness.onOpen = { _ in }
        #expect(try harness.turn { harness.loop.statuses.allSatisfy { $0.state == .open } })
        #expect(harness.opened.count == 4, "the line is open again, and the listeners have nobody")
        #expect(harness.received.isEmpty)
    }

    @Test("Ports are tried so many a turn, so that a thousand that are missing delay nobody")
    func missingPorts() throws {
        let count = 4 * Limits.duesPerTurnMax
        let harness = try LoopHarness((0..<count).map { serial("\($0)", "/dev/tocsin-none-\($0)") })
        try harness.loop.turn(until: Clock.monotonic())
        let tried = harness.loop.slots.count { $0.problem != nil }
        #expect(tried > 0 && tried <= Limits.duesPerTurnMax)
        #expect(try harness.turn { harness.loop.slots.allSatisfy { $0.problem != nil } })
    }

    @Test("Peers are given up so many a turn")
    func reaping() throws {
        let harness = try LoopHarness([try listen("locators", idle: .milliseconds(1))])
        #expect(try harness.turn { harness.status("locators")?.state == .open })
        let address = try #require(harness.status("locators")?.path)
        let slot = try #require(harness.loop.slots.first)
        slot.peers = PeerBook(idle: .seconds(60))
        let count = 3 * Limits.reapedPerTurnMax
        let clients = try (0..<count).map { _ in try #require(Client(address)) }
        #expect(try harness.turn { harness.opened.count == count })
        harness.loop.reapIdle(slot, Clock.monotonic() + .seconds(61))
        #expect(slot.peers?.count == count - Limits.reapedPerTurnMax)
        #expect(clients.count == count)
    }

    @Test("Devices that come and go without end are looked through so often and no more")
    func scans() throws {
        let harness = try LoopHarness([])
        try harness.loop.turn(until: Clock.monotonic())
        let scanned = harness.loop.devices.scannedAt
        for _ in 0..<10 { harness.loop.devices.lookSoon() }
        #expect(harness.loop.timetable[.scan] == scanned + Limits.deviceScanRest)
    }

    /// What a turn costs that has nothing to do, with so many ports that wait for their address.
    private func cost(ofTurnsWith ports: Int) throws -> Double {
        let harness = try LoopHarness(
            try (0..<ports).map { number in
                let local = try #require(NetworkAddress("127.0.0.1:0"))
                return PortDefinition(
                    name: "\(number)", protocolID: "dc09", way: .udpListen(local))
            })
        #expect(try harness.turn { harness.loop.statuses.allSatisfy { $0.state == .open } })
        let start = processorTime()
        for _ in 0..<500 { try harness.loop.turn(until: Clock.monotonic()) }
        return processorTime() - start
    }

    @Test("A turn costs the same with ten ports and with hundreds")
    func turns() throws {
        _ = OpenFiles.raiseLimit()
        let few = try (0..<3).map { _ in try cost(ofTurnsWith: 8) }.min() ?? 0
        let many = try (0..<3).map { _ in try cost(ofTurnsWith: 800) }.min() ?? 0
        #expect(many < 5 * few)
    }
}
