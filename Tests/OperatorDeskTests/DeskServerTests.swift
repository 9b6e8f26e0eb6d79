import AlarmModel
import Glibc
import Logging
import NIOCore
import NIOPosix
import StationLedger
import Synchronization
import Testing

@testable import OperatorDesk

@Suite("Addresses to listen on")
struct ListenAddressTests {
    @Test(
        "An address is written as it is read",
        arguments: [
            ("127.0.0.1:8119", ListenAddress.tcp(host: "127.0.0.1", port: 8119)),
            ("[::1]:0", .tcp(host: "::1", port: 0)),
            ("localhost:65535", .tcp(host: "localhost", port: 65535)),
            ("unix:/run/tocsin/tocsin.sock", .unix(path: "/run/tocsin/tocsin.sock")),
        ])
    func roundTrip(text: String, address: ListenAddress) throws {
        #expect(try ListenAddress.parse(text) == address)
        #expect(address.description == text)
    }

    @Test(
        "What is no address is refused with what is wrong and what would be right",
        arguments: [
            ("", "no port"), ("8119", "no port"), (":8119", "no port"), ("a:", "port \"\""),
            ("a:65536", "65536"), ("a:+80", "+80"), ("a:-1", "-1"), ("::1:80", "brackets"),
            ("[]:80", "no host"), ("[::1:80", "brackets"), ("a b:80", "no host"),
            ("http://a:80", "brackets"), ("unix:", "whole path"), ("unix:run/x", "whole path"),
            ("unix:/", "whole path"),
            ("unix:/" + String(repeating: "x", count: 107), "107 bytes"),
        ])
    func refused(text: String, problem: String) {
        let error = #expect(throws: ListenAddress.ParseError.self) {
            try ListenAddress.parse(text)
        }
        let sentence = error?.description ?? ""
        #expect(sentence.contains(problem) && sentence.contains("127.0.0.1:8119"), "\(sentence)")
    }
}

@Suite("The server of the desk", .serialized, .timeLimit(.minutes(1)))
struct DeskServerTests {
    private func server(
        _ address: ListenAddress,
        onListening: @escaping @Sendable (ListenAddress) -> Void = { _ in },
        onChange: @escaping @Sendable (DeskAddress) -> Void = { _ in }
    ) -> DeskServer {
        DeskServer(
            listen: [address], ledger: FakeLedger(), feed: EventFeed(lastSequence: 0),
            station: FakeStation(), logger: Logger(label: "desk"), onListening: onListening,
            onChange: onChange)
    }

    /// Runs a desk on an address until it is doing as `isEnough` says, and returns how it was.
    private func changes(
        of address: ListenAddress, until isEnough: (DeskAddress) async throws -> Bool
    ) async throws -> [DeskAddress] {
        let (told, source) = AsyncStream<DeskAddress>.makeStream()
        let server = server(address, onChange: { source.yield($0) })
        let running = Task { try await server.run() }
        var changes: [DeskAddress] = []
        for await change in told {
            changes.append(change)
            if try await isEnough(change) { break }
        }
        running.cancel()
        try await running.value
        return changes
    }

    @Test("The socket is open to the daemon's user and group only")
    func socketMode() async throws {
        try await withDesk { desk in
            guard case .unix(let path) = desk.unix else { return }
            var status = stat()
            #expect(stat(path, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o660)
        }
    }

    @Test("A socket at which somebody listens is not taken away, and the desk waits for it")
    func socketInUse() async throws {
        try await withDesk { desk in
            let changes = try await changes(of: desk.unix) { $0.state != .open }
            #expect(changes.map(\.state) == [.busy])
            #expect(changes.first?.remedy?.contains("tocsind running already") == true)
            let answer = try await StreamClient(desk.unix).get("/healthz")
            #expect(answer.status == 200)
        }
    }

    @Test("A port in use is told once, and had as soon as it is free, while other addresses serve")
    func portInUse() async throws {
        let other = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let taken = ListenAddress.tcp(
            host: "127.0.0.1", port: try #require(other.localAddress?.port))
        let socket = ListenAddress.unix(path: SocketNumber.path())
        let (told, source) = AsyncStream<DeskAddress>.makeStream()
        let tries = Atomic<Int>(0)
        let server = DeskServer(
            listen: [taken, socket], ledger: FakeLedger(), feed: EventFeed(lastSequence: 0),
            station: FakeStation(), logger: Logger(label: "desk"),
            onChange: { change in
                tries.add(1, ordering: .relaxed)
                source.yield(change)
            })
        let running = Task { try await server.run() }
        var first: [ListenAddress: DeskAddress] = [:]
        var changes = told.makeAsyncIterator()
        while first.count < 2, let change = await changes.next() { first[change.address] = change }
        #expect(first[taken]?.state == .busy)
        #expect(first[taken]?.remedy?.contains("ss -ltnp") == true)
        let client = StreamClient(socket)
        let health = text(try await client.get("/healthz").body)
        #expect(health.contains(#""state":"degraded","reasons":["desk address \#(taken) is busy"#))
        #expect(health.contains("another program listens there; find it with"))
        let shown = text(try await client.get("/v1/addresses").body)
        #expect(shown.hasPrefix(#"[{"address":"\#(taken)","state":"busy","reason":"another"#))
        #expect(shown.hasSuffix(#"{"address":"\#(socket)","state":"open"}]"#))

        try await other.close()
        #expect(await changes.next() == DeskAddress(address: taken, state: .open))
        #expect(tries.load(ordering: .relaxed) == 3)
        #expect(try await StreamClient(taken).get("/healthz").status == 200)
        #expect(text(try await client.get("/healthz").body).contains(#""state":"ok""#))
        let metrics = text(try await client.get("/metrics").body)
        #expect(metrics.contains(#"tocsin_desk_address_open{address="\#(taken)"} 1"#))
        running.cancel()
        try await running.value
    }

    @Test("An attempt that is as vain as the one before is no news")
    func toldOnce() {
        let address = ListenAddress.tcp(host: "192.0.2.1", port: 8119)
        let told = Mutex<[PortStatus.State]>([])
        let addresses = DeskAddresses([address]) { change in
            told.withLock { $0.append(change.state) }
        }
        #expect(addresses.adding(to: StationHealth()) == StationHealth())
        for state in [PortStatus.State.absent, .absent, .busy, .busy, .open, .open, .busy] {
            let reason = state == .open ? nil : "because"
            addresses.set(DeskAddress(address: address, state: state, reason: reason))
        }
        let all = told.withLock { $0 }
        #expect(all == [.absent, .busy, .open, .busy])
        let critical = addresses.adding(to: StationHealth(state: .critical, reasons: ["disk"]))
        #expect(critical.state == .critical && critical.reasons.first == "disk")
    }

    @Test(
        "What is in the way of an address is named with a remedy",
        arguments: [
            (
                ListenAddress.tcp(host: "192.0.2.1", port: 8119), PortStatus.State.absent,
                "does not have the address"
            ),
            (.tcp(host: "nowhere.invalid", port: 8119), .absent, "no address of that name"),
            (.unix(path: "/tmp/tocsin-no-such-directory/desk.sock"), .absent, "directory"),
        ])
    func inTheWay(address: ListenAddress, state: PortStatus.State, words: String) async throws {
        let changes = try await changes(of: address) { _ in true }
        #expect(changes.map(\.state) == [state])
        #expect(changes.first?.reason?.contains(words) == true, "\(changes)")
        #expect(changes.first?.remedy?.isEmpty == false)
    }

    @Test("A socket file that a killed daemon left is replaced")
    func staleSocket() async throws {
        let (path, bound) = (SocketNumber.path(), SocketNumber.path())
        let left = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(unixDomainSocketPath: bound).get()
        // Closing in good order would remove the file, if it were still there.
        #expect(rename(bound, path) == 0)
        try await left.close()
        #expect(access(path, F_OK) == 0)
        try await runs(.unix(path: path))
        unlink(path)
    }

    @Test("A file that is no socket is left alone")
    func notASocket() async throws {
        let path = SocketNumber.path()
        let file = open(path, O_CREAT | O_WRONLY, 0o600)
        #expect(file >= 0)
        close(file)
        let changes = try await changes(of: .unix(path: path)) { _ in true }
        #expect(changes.map(\.state) == [.unusable])
        #expect(access(path, F_OK) == 0)
        unlink(path)
    }

    private func runs(_ address: ListenAddress) async throws {
        let (listening, source) = AsyncStream<ListenAddress>.makeStream()
        let server = server(address, onListening: { source.yield($0) })
        let running = Task { try await server.run() }
        for await address in listening {
            #expect(try await StreamClient(address).get("/").status == 200)
            break
        }
        running.cancel()
        try await running.value
    }

    @Test("Cancelled, the server ends its streams properly and soon")
    func endsStreams() async throws {
        let start = ContinuousClock.now
        let rest = try await withDesk(stored: 1) { desk in
            let (connected, source) = AsyncStream<Void>.makeStream()
            let reading = Task {
                try await RawConnection.open(desk.tcp) { connection in
                    _ = try await connection.get("/v1/events")
                    source.yield()
                    return try await connection.rest()
                }
            }
            for await _ in connected { break }
            return reading
        }
        #expect(try await rest.value == "d\r\nretry: 2000\n\n\r\n0\r\n\r\n")
        #expect(start.duration(to: .now) < .seconds(5))
    }

    @Test("A client that reads nothing cannot keep the server from ending")
    func stuckClients() async throws {
        let end = Mutex<ContinuousClock.Instant?>(nil)
        let (release, hold) = AsyncStream<Void>.makeStream()
        let (ready, readySource) = AsyncStream<Void>.makeStream()
        let stuck = try await withDesk { desk in
            let raw = [UInt8](repeating: 0, count: 400)
            let alerts = (1...9_900).map { number in
                StoredAlert(alert: Alert(openedBy: makeEvent(number)), events: [])
            }
            desk.ledger.state.withLock { $0.alerts = alerts }
            let stuck = Task {
                try await RawConnection.open(desk.unix) { stream in
                    _ = try await stream.get("/v1/events")
                    try await RawConnection.open(desk.unix) { answer in
                        _ = try await answer.get("/v1/alerts")
                        desk.happen(1...1_500, raw: raw)
                        readySource.yield()
                        for await _ in release { break }
                    }
                }
            }
            for await _ in ready { break }
            end.withLock { $0 = .now }
            return stuck
        }
        let start = try #require(end.withLock { $0 })
        #expect(start.duration(to: .now) < .seconds(3))
        hold.finish()
        try? await stuck.value
    }
}
