import AlarmModel
import CLinux
import Glibc
import Testing

@testable import LinuxPorts

@Suite("A UDP port")
struct UDPPortTests {
    /// A harness whose port is open, and where.
    private func started(
        _ address: String = "127.0.0.1:0", idle: TimeSpan = Limits.peerIdle
    ) throws -> (LoopHarness, String) {
        let local = try #require(NetworkAddress(address))
        let harness = try LoopHarness([
            PortDefinition(
                name: "alarms", protocolID: "dc09", way: .udpListen(local, idle: idle))
        ])
        #expect(try harness.turn { harness.status("alarms")?.state == .open })
        return (harness, try #require(harness.status("alarms")?.path))
    }

    @Test("Each sender is a peer of its own and gets its own answers")
    func peers() throws {
        let (harness, address) = try started()
        let senders = try (0..<10).map { _ in try #require(Sender(address)) }
        harness.onRead = { handle, bytes in harness.write(bytes + [0x21], to: handle) }
        var answers = [[UInt8]](repeating: [], count: senders.count)
        for _ in 0..<2 {
            for (index, sender) in senders.enumerated() {
                sender.send(Array("device \(index)".utf8))
                answers[index] = []
            }
            #expect(
                try harness.turn {
                    for (index, sender) in senders.enumerated() {
                        answers[index] += sender.receive()
                    }
                    return answers.enumerated().allSatisfy { $1 == Array("device \($0)!".utf8) }
                })
        }
        #expect(harness.opened.count == 10)
        #expect(harness.opened.allSatisfy { $0.id == "udp-alarms" && $0.isPeer })
        #expect(harness.status("alarms")?.counter("peers") == 10)
        harness.onRead = { _, _ in }
    }

    @Test("A datagram arrives as one read, the largest too, and an empty one as none")
    func wholeDatagrams() throws {
        let (harness, address) = try started()
        let sender = try #require(Sender(address))
        var reads: [Int] = []
        harness.onRead = { _, bytes in reads.append(bytes.count) }
        for size in [1, 0, 65_507, 2] { sender.send([UInt8](repeating: 0x41, count: size)) }
        #expect(try harness.turn { reads.count == 3 })
        #expect(reads == [1, 65_507, 2])
        harness.onRead = { _, _ in }
    }

    @Test("A datagram that the station has no room for is handed over in pieces")
    func pieces() throws {
        let (harness, address) = try started()
        harness.roomPerRead = 1_000
        let sender = try #require(Sender(address))
        let datagram = (0..<2_500).map { UInt8(truncatingIfNeeded: $0) }
        sender.send(datagram)
        #expect(try harness.turn { harness.received.values.first == datagram })
        #expect(harness.largestRead == 1_000)
    }

    @Test("IPv4 and IPv6 peers are answered from the address that they wrote to")
    func families() throws {
        let (harness, address) = try started("[::]:0")
        let port = try #require(NetworkAddress(address)?.port)
        harness.onRead = { handle, bytes in harness.write(bytes, to: handle) }
        // A connected socket hears only from the address that it is connected to; to 127.0.0.1,
        // answers leave by themselves from there and not from 127.0.0.9.
        let ways = [("127.0.0.1", "127.0.0.1"), ("127.0.0.9", "127.0.0.1"), ("[::1]", "[::1]")]
        for (local, remote) in ways {
            let sender = try #require(Sender("\(local):\(port)", from: "\(remote):0"))
            sender.send([7])
            var answer: [UInt8] = []
            #expect(
                try harness.turn {
                    answer += sender.receive()
                    return answer == [7]
                }, "\(local)")
        }
        harness.onRead = { _, _ in }
    }

    @Test("A peer that is silent for too long is forgotten, and new when it comes again")
    func idle() throws {
        let (harness, address) = try started(idle: .milliseconds(100))
        let sender = try #require(Sender(address))
        harness.onRead = { handle, _ in harness.loop.vouch(for: handle) }
        sender.send([1])
        #expect(try harness.turn(within: 3) { harness.closed.count == 1 })
        #expect(harness.closed.first?.reason == .idle)
        sender.send([2])
        #expect(try harness.turn { harness.opened.count == 2 })
        #expect(harness.status("alarms")?.counter("reapedIdle") == 1)
        harness.onRead = { _, _ in }
    }

    @Test("At the bound strangers give way first, then devices, the one silent longest")
    func bound() throws {
        let (harness, address) = try started()
        harness.loop.places.bounds.perListener = 3
        harness.loop.places.bounds.newcomers = 1
        harness.onRead = { handle, bytes in if bytes == [1] { harness.loop.vouch(for: handle) } }
        let senders = try (0..<5).map { _ in try #require(Sender(address)) }
        // Two devices, then a stranger, then two devices more.
        for (index, sender) in senders.enumerated() {
            sender.send(index == 2 ? [0] : [1])
            #expect(try harness.turn { harness.opened.count == index + 1 })
        }
        #expect(try harness.turn { harness.closed.count == 3 })
        let handles = harness.opened.map(\.handle)
        #expect(harness.closed.map(\.handle) == [handles[2], handles[0], handles[1]])
        #expect(harness.closed.allSatisfy { $0.reason == .replaced })
        #expect(harness.status("alarms")?.counter("replaced") == 3)
        #expect(harness.status("alarms")?.counter("peers") == 2)
        // The one that gave way is heard all the same.
        senders[0].send([1])
        #expect(try harness.turn { harness.opened.count == 6 })
        harness.onRead = { _, _ in }
    }

    @Test("A known peer is heard while new ones flood the port")
    func flood() throws {
        let (harness, address) = try started()
        harness.loop.places.bounds.perListener = 8
        harness.loop.places.bounds.newcomers = 4
        let device = try #require(Sender(address))
        harness.onRead = { handle, bytes in if bytes.first == 1 { harness.loop.vouch(for: handle) }
        }
        device.send([1, 0])
        let port = try #require(try harness.openPort("alarms"))
        for round in 1...20 {
            for _ in 0..<20 { Sender(address)?.send([0]) }
            device.send([1, UInt8(round)])
        }
        #expect(try harness.turn { harness.received[port.handle]?.last == 20 })
        #expect(!harness.isClosed(port.handle))
        #expect(harness.received[port.handle]?.count == 42)
        harness.onRead = { _, _ in }
    }

    @Test("While the station is full, datagrams wait in the kernel, and what it drops is counted")
    func paused() throws {
        let (harness, address) = try started()
        let sender = try #require(Sender(address))
        harness.loop.pauseReading()
        sender.send([1])
        try harness.loop.turn(until: Clock.monotonic() + .milliseconds(20))
        #expect(harness.opened.isEmpty)
        // More than any kernel keeps.
        let large = [UInt8](repeating: 2, count: 60_000)
        for _ in 0..<2 * Limits.datagramBufferBytes / large.count { sender.send(large) }
        harness.loop.resumeReading()
        #expect(try harness.turn { harness.status("alarms")?.counter("bytesIn") ?? 0 > 1 })
        #expect(harness.received.values.first?.first == 1)
        // The kernel tells with the next datagram.
        _ = try harness.turn(within: 1) {
            sender.send([3])
            return harness.status("alarms")?.counter("lostDatagrams") ?? 0 > 0
        }
        #expect(harness.status("alarms")?.counter("lostDatagrams") ?? 0 > 0)
    }

    @Test("A peer is closed by itself, and reconfiguring closes them all with their socket")
    func closing() throws {
        let (harness, address) = try started()
        let senders = try (0..<3).map { _ in try #require(Sender(address)) }
        for sender in senders { sender.send([1]) }
        #expect(try harness.turn { harness.opened.count == 3 })
        harness.loop.close(harness.opened[0].handle)
        #expect(try harness.turn { harness.closed.count == 1 })
        #expect(harness.status("alarms")?.state == .open)
        harness.loop.reconfigure([])
        #expect(try harness.turn { harness.closed.count == 3 })
        let again = try LoopHarness([
            PortDefinition(
                name: "again", protocolID: "dc09",
                way: .udpListen(try #require(NetworkAddress(address))))
        ])
        #expect(try again.turn { again.status("again")?.state == .open })
    }

    @Test("A port whose address is taken is busy")
    func addressInUse() throws {
        let (first, address) = try started()
        let second = try LoopHarness([
            PortDefinition(
                name: "second", protocolID: "dc09",
                way: .udpListen(try #require(NetworkAddress(address))))
        ])
        try second.loop.turn(until: Clock.monotonic())
        #expect(second.status("second")?.state == .busy)
        #expect(first.status("alarms")?.state == .open)
    }
}

/// A connected UDP socket that never blocks.
final class Sender {
    private let descriptor: Int32

    /// - Parameter local: the address that it sends from; the kernel's choice when nil.
    init?(_ address: String, from local: String? = nil) {
        guard let peer = Self.resolve(address), let socket = Socket.make(SOCK_DGRAM, for: peer)
        else { return nil }
        descriptor = socket
        if let local = local.flatMap(Self.resolve), !Socket.bind(socket, to: local) { return nil }
        Socket.set(socket, SOL_SOCKET, SO_SNDBUF, 1 << 20)
        let connected = peer.withPointer { connect(socket, $0, $1) }
        guard connected == 0 else { return nil }
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) { _ = Glibc.send(descriptor, bytes, bytes.count, 0) }

    private static func resolve(_ text: String) -> SocketAddress? {
        guard let address = NetworkAddress(text) else { return nil }
        let found = SocketAddress.resolve(address.host, address.port, numericOnly: true)
        return (try? found.get())?.first
    }

    func receive() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        return Array(bytes.prefix(max(0, count)))
    }
}
