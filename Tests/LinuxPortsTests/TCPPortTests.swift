import AlarmModel
import Glibc
import Testing

@testable import LinuxPorts

@Suite("A TCP port")
struct TCPPortTests {
    private func listening(
        _ name: String = "locators", _ address: String = "127.0.0.1:0"
    ) throws -> PortDefinition {
        PortDefinition(
            name: name, protocolID: "jt808", way: .tcpListen(try #require(NetworkAddress(address))))
    }

    private func connecting(_ address: String) throws -> PortDefinition {
        PortDefinition(
            name: "moxa", protocolID: "surgard",
            way: .tcpConnect(try #require(NetworkAddress(address))))
    }

    /// A harness whose listener is open, and where.
    private func started(_ address: String = "127.0.0.1:0") throws -> (LoopHarness, String) {
        let harness = try LoopHarness([try listening("locators", address)])
        #expect(try harness.turn { harness.status("locators")?.state == .open })
        return (harness, try #require(harness.status("locators")?.path))
    }

    @Test("Ten connections of one listener each get their own bytes and answers")
    func connections() throws {
        let (harness, address) = try started()
        let clients = try (0..<10).map { _ in try #require(Client(address)) }
        for (index, client) in clients.enumerated() {
            client.send(Array("device \(index)".utf8))
        }
        harness.onRead = { handle, bytes in harness.write(bytes + [0x21], to: handle) }
        var answers = [[UInt8]](repeating: [], count: clients.count)
        #expect(
            try harness.turn {
                for (index, client) in clients.enumerated() { answers[index] += client.receive() }
                return answers.enumerated().allSatisfy { $1 == Array("device \($0)!".utf8) }
            })
        #expect(Set(harness.opened.map(\.path)).count == 10)
        #expect(harness.opened.allSatisfy { $0.id == "tcp-locators" && $0.isPeer })
        #expect(harness.status("locators")?.counter("connections") == 10)
        harness.onRead = { _, _ in }
    }

    @Test("A peer that has sent its last byte still gets its reply")
    func halfClosed() throws {
        let (harness, address) = try started()
        let client = try #require(Client(address))
        client.send([1, 2])
        client.endSending()
        let port = try #require(try harness.openPort("locators"))
        #expect(try harness.turn { harness.received[port.handle] == [1, 2] })
        // The reply follows the commit, some turns later.
        for _ in 0..<5 { try harness.loop.turn(until: Clock.monotonic() + .milliseconds(5)) }
        #expect(!harness.isClosed(port.handle))
        harness.write([6], to: port.handle)
        var answer: [UInt8] = []
        #expect(
            try harness.turn {
                answer += client.receive()
                return answer == [6]
            })
        let bound = 2 * Limits.halfClosedRest.microseconds / 1_000_000
        #expect(try harness.turn(within: bound) { harness.isClosed(port.handle) })
        #expect(harness.closed.first?.reason == .peerClosed)
    }

    @Test("A connection that breaks is closed at once, also when it was half closed before")
    func broken() throws {
        let (harness, address) = try started()
        var client = Client(address)
        client?.endSending()
        let port = try #require(try harness.openPort("locators"))
        try harness.loop.turn(until: Clock.monotonic() + .milliseconds(20))
        client?.breakOnClose()
        client = nil
        #expect(try harness.turn(within: 3) { harness.isClosed(port.handle) })
        #expect(harness.status("locators")?.counter("connections") == 0)
    }

    @Test("A stuck peer is closed alone, while the others are served")
    func stuck() throws {
        let (harness, address) = try started()
        let (stuckClient, client) = (try #require(Client(address)), try #require(Client(address)))
        stuckClient.send([1])
        client.send([2])
        #expect(try harness.turn { harness.received.values.flatMap { $0 }.count == 2 })
        let stuck = try #require(harness.received.first { $0.value == [1] }?.key)
        let fine = try #require(harness.received.first { $0.value == [2] }?.key)
        let chunk = [UInt8](repeating: 0x55, count: Limits.portOutputBytesMax)
        var chunks = 0
        #expect(
            try harness.turn {
                chunks += 1
                harness.write(chunk, to: stuck)
                return harness.isClosed(stuck)
            })
        #expect(harness.closed.map(\.reason) == [.stuck], "after \(chunks) chunks")
        harness.write([3], to: fine)
        var answer: [UInt8] = []
        #expect(
            try harness.turn {
                answer += client.receive()
                return answer == [3]
            })
    }

    @Test("One port reads no more in a turn than its share")
    func share() throws {
        let (harness, address) = try started()
        let client = try #require(Client(address))
        var sent = 0
        let chunk = [UInt8](repeating: 0x41, count: 65_536)
        while sent < 4 * Limits.readsPerTurnBytes {
            let count = send(client.descriptor, chunk, chunk.count, 0)
            sent += max(0, count)
            if count < 0 { break }
        }
        #expect(try harness.turn { harness.received.values.first?.count == sent })
        #expect(harness.largestRead == Limits.readsPerTurnBytes)
    }

    @Test("IPv6 peers are named in brackets, IPv4 peers of an IPv6 listener as IPv4")
    func families() throws {
        let (harness, address) = try started("[::]:0")
        let port = try #require(NetworkAddress(address)?.port)
        let clients = [
            try #require(Client("127.0.0.1:\(port)")), try #require(Client("[::1]:\(port)")),
        ]
        #expect(try harness.turn { harness.opened.count == clients.count })
        #expect(harness.opened.contains { $0.path.hasPrefix("127.0.0.1:") })
        #expect(harness.opened.contains { $0.path.hasPrefix("[::1]:") })
    }

    @Test("A listener whose address is taken is busy, and open when it is free")
    func addressInUse() throws {
        var (first, address): (LoopHarness?, String) = try started()
        let second = try LoopHarness([try listening("second", address)])
        try second.loop.turn(until: Clock.monotonic())
        #expect(second.status("second")?.state == .busy)
        #expect(second.status("second")?.remedy?.contains("ss -ltnp") == true)
        #expect(first?.status("locators")?.state == .open)
        first = nil
        #expect(try second.turn(within: 2) { second.status("second")?.state == .open })
    }

    @Test("A name is no address to listen on")
    func listenOnName() throws {
        let harness = try LoopHarness([try listening("named", "receiver.invalid:80")])
        try harness.loop.turn(until: Clock.monotonic())
        #expect(harness.status("named")?.state == .unusable)
    }

    @Test("A port that connects is open while the peer is there, and connects again after it")
    func connects() throws {
        let (server, address) = try started()
        let harness = try LoopHarness([try connecting(address)])
        let first = try #require(try harness.openPort("moxa"))
        #expect(first.id == "tcp-moxa" && first.path == address)
        harness.write([1, 2, 3], to: first.handle)
        let accepted = try #require(try server.openPort("locators"))
        #expect(try server.turn { server.received[accepted.handle] == [1, 2, 3] })
        server.write([4], to: accepted.handle)
        #expect(try harness.turn { harness.received[first.handle] == [4] })
        server.loop.close(accepted.handle)
        #expect(try harness.turn { harness.isClosed(first.handle) })
        #expect(harness.closed.first?.reason == .peerClosed)
        #expect(try harness.openPort("moxa", within: 2)?.id == "tcp-moxa")
    }

    @Test("A peer that refuses is absent and tried again, each time later, until it is there")
    func refused() throws {
        var (server, address): (LoopHarness?, String) = try started()
        server = nil
        let harness = try LoopHarness([try connecting(address)])
        #expect(
            try harness.turn { harness.status("moxa")?.reason?.contains("refused") == true })
        #expect(harness.status("moxa")?.state == .absent)
        let slot = try #require(harness.loop.slots.first)
        #expect(slot.rest == .seconds(2))
        #expect(try harness.turn { slot.rest == .seconds(4) })
        server = try LoopHarness([try listening("locators", address)])
        #expect(try server?.turn { server?.status("locators")?.state == .open } == true)
        #expect(try harness.openPort("moxa", within: 6) != nil)
        #expect(slot.rest == Limits.portRetry)
    }

    @Test("A name is looked up without holding up the loop")
    func name() throws {
        let (server, address) = try started()
        let port = try #require(NetworkAddress(address)?.port)
        let harness = try LoopHarness([
            try connecting("localhost:\(port)"),
            PortDefinition(
                name: "unknown", protocolID: "surgard",
                way: .tcpConnect(NetworkAddress(host: "receiver.invalid", port: 1))),
        ])
        #expect(try harness.openPort("moxa") != nil)
        #expect(try server.openPort("locators") != nil)
        #expect(harness.status("unknown")?.state == .absent)
    }
}
