import AlarmModel
import CLinux
import Glibc
import Testing

@testable import LinuxPorts

@Suite("The limits of a TCP listener")
struct ListenerLimitTests {
    /// A harness whose listener is open, and where. What begins with a 1 is a frame.
    private func started(
        _ address: String = "127.0.0.1:0", idle: TimeSpan = Limits.peerIdle,
        patience: TimeSpan = Limits.strangerPatience
    ) throws -> (LoopHarness, String) {
        let local = try #require(NetworkAddress(address))
        let harness = try LoopHarness([
            PortDefinition(
                name: "locators", protocolID: "jt808", way: .tcpListen(local, idle: idle))
        ])
        #expect(try harness.turn { harness.status("locators")?.state == .open })
        harness.loop.slots.first?.peers = PeerBook(idle: idle, patience: patience)
        harness.onRead = { [unowned harness] handle, bytes in
            if bytes.first == 1 { harness.loop.vouch(for: handle) }
        }
        return (harness, try #require(harness.status("locators")?.path))
    }

    /// A client that has been taken, and has sent `bytes`.
    private func join(
        _ harness: LoopHarness, _ address: String, sending bytes: [UInt8] = []
    ) throws -> (Client, PortHandle) {
        let count = harness.opened.count
        let client = try #require(Client(address))
        client.send(bytes)
        #expect(try harness.turn { harness.opened.count > count })
        let handle = try #require(harness.opened.last?.handle)
        if !bytes.isEmpty {
            #expect(try harness.turn { harness.received[handle] == bytes })
        }
        return (client, handle)
    }

    // MARK: silence

    @Test("Who never sends a byte is dropped early, who sent a frame much later")
    func idle() throws {
        let (harness, address) = try started(
            idle: .milliseconds(600), patience: .milliseconds(100))
        let device = try join(harness, address, sending: [1])
        let stranger = try join(harness, address)
        #expect(try harness.turn(within: 3) { harness.closed.count == 1 })
        #expect(harness.closed.first?.handle == stranger.1)
        #expect(try harness.turn(within: 3) { harness.closed.count == 2 })
        #expect(harness.closed.last?.handle == device.1)
        #expect(harness.closed.allSatisfy { $0.reason == .idle })
        #expect(harness.status("locators")?.counter("reapedIdle") == 2)
        #expect(harness.status("locators")?.counter("connections") == 0)
    }

    @Test("What waits in the kernel while the station is full keeps its peer from being dropped")
    func pausedIsNotIdle() throws {
        let (harness, address) = try started(idle: .milliseconds(50))
        let (client, device) = try join(harness, address, sending: [1])
        harness.loop.pauseReading()
        client.send([1, 2, 3])
        #expect(try !harness.turn(within: 1) { harness.isClosed(device) })
        harness.loop.resumeReading()
        #expect(try harness.turn { harness.received[device] == [1, 1, 2, 3] })
        #expect(try harness.turn(within: 3) { harness.isClosed(device) })
    }

    @Test(
        "A peer that vanished without a word is given up, whether something is sent to it or not",
        arguments: [[0x06], []])
    func halfOpen(reply: [UInt8]) throws {
        let (harness, address) = try started()
        let (client, device) = try join(harness, address, sending: [1])
        let channel = try #require(harness.loop.channel(device))
        #expect(channel.option(TCP_USER_TIMEOUT) == 120_000)
        #expect(channel.option(TCP_KEEPIDLE) == 60)
        // The same in seconds, and a peer whose kernel answers nothing from now on.
        Socket.set(channel.descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, 1_500)
        Socket.set(channel.descriptor, Int32(IPPROTO_TCP), TCP_KEEPIDLE, 1)
        Socket.set(channel.descriptor, Int32(IPPROTO_TCP), TCP_KEEPINTVL, 1)
        client.vanish()
        harness.write(reply, to: device)
        #expect(try harness.turn(within: 15) { harness.isClosed(device) })
        #expect(harness.closed.first?.reason == .failed(ETIMEDOUT))
        #expect(harness.status("locators")?.counter("reapedHalfOpen") == 1)
    }

    // MARK: the bound

    @Test("At the bound a newcomer takes the place of the stranger that is there longest")
    func replaced() throws {
        let (harness, address) = try started()
        harness.loop.places.bounds.perListener = 3
        harness.loop.places.bounds.newcomers = 2
        let device = try join(harness, address, sending: [1])
        let first = try join(harness, address, sending: [0])
        let second = try join(harness, address)
        // Bytes that are no frame count for nothing.
        first.0.send([0])
        #expect(try harness.turn { harness.received[first.1] == [0, 0] })
        let newcomer = try join(harness, address)
        #expect(try harness.turn { harness.closed.count == 1 })
        #expect(harness.closed.first?.handle == first.1)
        #expect(harness.closed.first?.reason == .replaced)
        #expect(harness.status("locators")?.counter("replaced") == 1)
        #expect([device, second, newcomer].allSatisfy { !harness.isClosed($0.1) })
    }

    @Test("Whoever sends bytes and never a frame is dropped as a stranger")
    func dripping() throws {
        let (harness, address) = try started(patience: .milliseconds(200))
        let (client, stranger) = try join(harness, address, sending: [0])
        let isDropped = try harness.turn(within: 5) {
            client.send([0])
            return harness.isClosed(stranger)
        }
        #expect(isDropped)
        #expect(harness.closed.first?.reason == .idle)
    }

    @Test("An alarm gets in where devices have all places: the fullest address makes room")
    func alarmGetsIn() throws {
        let (harness, address) = try started("[::]:0")
        harness.loop.places.bounds.perListener = 5
        harness.loop.places.bounds.newcomers = 1
        let port = try #require(NetworkAddress(address)?.port)
        let (here, there) = ("127.0.0.1:\(port)", "[::1]:\(port)")
        let quiet = try join(harness, there, sending: [1])
        let crowd = try (0..<3).map { _ in try join(harness, here, sending: [1]) }
        crowd[0].0.send([1])
        #expect(try harness.turn { harness.received[crowd[0].1] == [1, 1] })
        let alarm = try join(harness, here, sending: [1])
        #expect(try harness.turn { harness.closed.count == 1 })
        #expect(harness.closed.first?.handle == crowd[1].1)
        #expect(harness.closed.first?.reason == .replaced)
        #expect(harness.status("locators")?.counter("refused") == 0)
        #expect(harness.status("locators")?.state == .open)
        #expect(harness.status("locators")?.reason?.contains("silent longest") == true)
        #expect(!harness.isClosed(quiet.1) && !harness.isClosed(alarm.1))
    }

    @Test("Where all listeners together are full, the fullest makes room for the others")
    func overall() throws {
        let local = try #require(NetworkAddress("127.0.0.1:0"))
        let harness = try LoopHarness(
            ["full", "other"].map {
                PortDefinition(name: $0, protocolID: "jt808", way: .tcpListen(local))
            })
        #expect(try harness.turn { harness.loop.statuses.allSatisfy { $0.state == .open } })
        harness.onRead = { [unowned harness] in if $1 == [1] { harness.loop.vouch(for: $0) } }
        harness.loop.places.bounds.overall = 5
        harness.loop.places.bounds.newcomers = 1
        let (full, other) = (
            try #require(harness.status("full")?.path), try #require(harness.status("other")?.path)
        )
        let crowd = try (0..<4).map { _ in try join(harness, full, sending: [1]) }
        let first = try join(harness, other, sending: [1])
        let second = try join(harness, other, sending: [1])
        #expect(try harness.turn { harness.closed.count == 1 })
        #expect(harness.closed.first?.handle == crowd[0].1)
        let stranger = try join(harness, other)
        let newcomer = try join(harness, other)
        #expect(try harness.turn { harness.closed.count == 3 })
        // One stranger may have the place of a device; the next has that of the stranger.
        #expect(harness.closed.map(\.handle) == [crowd[0].1, crowd[1].1, stranger.1])
        #expect([first, second, newcomer].allSatisfy { !harness.isClosed($0.1) })
        #expect(PeerBounds().overall == Limits.connectionsMax)
        #expect(PeerBounds().newcomers == Limits.newcomersMax)
    }

    @Test("A stranger whose first bytes have not been read yet does not give way")
    func unreadIsHeard() throws {
        let (harness, address) = try started()
        harness.loop.places.bounds.perListener = 2
        harness.loop.places.bounds.newcomers = 1
        let clients = try (0..<3).map { _ in try #require(Client(address)) }
        clients[0].send([1])
        #expect(try harness.turn { clients[1].hasEnded })
        #expect(try harness.turn { harness.received.values.first == [1] })
        #expect(harness.opened.count == 3 && harness.closed.map(\.reason) == [.replaced])
    }

    @Test("Connections leave files for desk and ledger, and the status says so")
    func filesKept() throws {
        let (harness, address) = try started()
        let stranger = try join(harness, address)
        // As if no number were free below that of the stranger.
        harness.loop.places.bounds.files = Int(harness.loop.channel(stranger.1)?.descriptor ?? 0)
        let device = try join(harness, address, sending: [1])
        #expect(try harness.turn { harness.isClosed(stranger.1) })
        #expect(!harness.isClosed(device.1))
        #expect(harness.status("locators")?.reason?.contains("kept for desk") == true)
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let kept = Int(clamping: limit.rlim_cur) - OpenFiles.forPeers
        #expect(kept == min(Limits.otherFilesMax, Int(clamping: limit.rlim_cur) / 4))
    }

    @Test("A peer that the station has no room for is refused, counted, and not reported for ever")
    func noRoom() throws {
        let (harness, address) = try started()
        let (client, peer) = try join(harness, address)
        harness.roomPerRead = 0
        client.send([1])
        #expect(try harness.turn { harness.isClosed(peer) })
        #expect(harness.closed.first?.reason == .unread)
        #expect(harness.status("locators")?.counter("refused") == 1)
        harness.roomPerRead = 1_000
        #expect(try join(harness, address, sending: [1]).1 != peer)
    }

    @Test("One address can have only so many strangers, and any number of devices")
    func perAddress() throws {
        let (harness, address) = try started("[::]:0")
        harness.loop.places.bounds.strangersPerAddress = 2
        let port = try #require(NetworkAddress(address)?.port)
        let (here, there) = ("127.0.0.1:\(port)", "[::1]:\(port)")
        let devices = try (0..<4).map { _ in try join(harness, here, sending: [1]) }
        let elsewhere = try join(harness, there)
        let strangers = try (0..<3).map { _ in try join(harness, here) }
        #expect(try harness.turn { harness.closed.count == 1 })
        #expect(harness.closed.first?.handle == strangers[0].1)
        #expect((devices + [elsewhere]).allSatisfy { !harness.isClosed($0.1) })
    }

    @Test("Without a free file a stranger gives way, and a device is heard")
    func noFiles() async {
        // In a process of its own, because the limit is the process's.
        await #expect(processExitsWith: .success) {
            let (harness, address) = try ListenerLimitTests().started()
            let stranger = try ListenerLimitTests().join(harness, address)
            let device = try #require(Client(address))
            device.send([1])
            var limit = rlimit(rlim_cur: 0, rlim_max: 0)
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            // Nothing above the highest file that is open now.
            let highest = dup(0)
            close(highest)
            limit.rlim_cur = rlim_t(highest)
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            let isHeard = try harness.turn { harness.received.values.contains([1]) }
            let gaveWay = harness.isClosed(stranger.1)
            exit(isHeard && gaveWay ? EXIT_SUCCESS : EXIT_FAILURE)
        }
    }

    // MARK: floods and crowds

    @Test("One frame arrives within a few turns while three connections flood the listener")
    func flood() throws {
        let (harness, address) = try started()
        let floods = try (0..<3).map { _ in try join(harness, address, sending: [0]) }
        let device = try join(harness, address, sending: [1])
        let garbage = [UInt8](repeating: 0, count: 4 * Limits.readsPerTurnBytes)
        for round in 0..<50 {
            for flood in floods { flood.0.send(garbage) }
            device.0.send([1])
            var turns = 0
            while harness.received[device.1]?.count != round + 2, turns < 10 {
                turns += 1
                try harness.loop.turn(until: Clock.monotonic() + .milliseconds(20))
                for flood in floods { flood.0.send(garbage) }
            }
            #expect(turns <= 2, "round \(round)")
        }
        #expect(harness.largestRead <= Limits.readsPerTurnBytes)
    }

    @Test(
        "Two thousand connections are taken, and the bytes of each arrive", .timeLimit(.minutes(1)))
    func crowd() throws {
        let files = OpenFiles.raiseLimit()
        // The clients are in this process too.
        try #require(files >= 5_000, "raise the limit of open files: ulimit -Hn 8192")
        let (harness, address) = try started()
        var clients: [Client] = []
        for number in 0..<2_000 {
            let client = try #require(Client(address), "connection \(number)")
            client.send([1, UInt8(truncatingIfNeeded: number)])
            clients.append(client)
            // The kernel keeps so many for the listener, and drops what asks beyond that.
            if number % 100 == 0 { try harness.loop.turn(until: Clock.monotonic()) }
        }
        #expect(try harness.turn(within: 30) { harness.received.count == 2_000 })
        #expect(harness.received.values.allSatisfy { $0.count == 2 })
        #expect(harness.closed.isEmpty)
        #expect(harness.status("locators")?.counter("connections") == 2_000)
        for client in clients { client.breakOnClose() }
        clients.removeAll()
        #expect(try harness.turn(within: 30) { harness.closed.count == 2_000 })
    }

    @Test("The soft limit of open files is raised to the hard one")
    func openFiles() {
        let raised = OpenFiles.raiseLimit()
        var limit = rlimit(rlim_cur: 0, rlim_max: 0)
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #expect(limit.rlim_cur == limit.rlim_max)
        #expect(raised == Int(clamping: limit.rlim_max))
    }
}

extension Channel {
    fileprivate func option(_ name: Int32) -> Int32 {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, Int32(IPPROTO_TCP), name, &value, &length)
        return value
    }
}

extension Client {
    /// Nothing more will come.
    fileprivate var hasEnded: Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, 0) == 0
    }

    /// Has the kernel drop all that comes for this socket, unanswered, as if the machine were gone:
    /// a socket filter of one instruction, "return 0".
    fileprivate func vanish() {
        struct Instruction {
            var code: UInt16 = 0x06
            var jumps: UInt16 = 0
            var constant: UInt32 = 0
        }
        struct Program {
            var length: UInt16 = 1
            var instructions: UnsafeMutablePointer<Instruction>
        }
        var instruction = Instruction()
        withUnsafeMutablePointer(to: &instruction) { pointer in
            var program = Program(instructions: pointer)
            setsockopt(
                descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program,
                socklen_t(MemoryLayout<Program>.size))
        }
    }
}
