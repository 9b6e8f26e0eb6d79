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
        onListening: @escaping @Sendable (ListenAddress) -> Void = { _ in }
    ) -> DeskServer {
        DeskServer(
            listen: [address], ledger: FakeLedger(), feed: EventFeed(lastSequence: 0),
            station: FakeStation(), logger: Logger(label: "desk"), onListening: onListening)
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

    @Test("A socket at which somebody listens is not taken away")
    func socketInUse() async throws {
        try await withDesk { desk in
            let error = await #expect(throws: ListenError.self) {
                try await server(desk.unix).run()
            }
            #expect(error?.description.contains("tocsind running already") == true)
            let answer = try await StreamClient(desk.unix).get("/healthz")
            #expect(answer.status == 200)
        }
    }

    @Test("A port in use is an error that names the address")
    func portInUse() async throws {
        try await withDesk { desk in
            let error = await #expect(throws: ListenError.self) {
                try await server(desk.tcp).run()
            }
            #expect(error?.description.contains("\(desk.tcp)") == true)
        }
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
        await #expect(throws: ListenError.self) { try await server(.unix(path: path)).run() }
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

    @Test("There are never more connections than the station can spare")
    func connectionBound() async throws {
        let (path, connections) = (SocketNumber.path(), Connections(max: 2))
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(connections.makeHandlers())
                }
            }
            .bind(unixDomainSocketPath: path).get()
        try await RawConnection.open(.unix(path: path)) { first in
            try await RawConnection.open(.unix(path: path)) { second in
                #expect(await becomes { connections.count == 2 })
                try await RawConnection.open(.unix(path: path)) { third in
                    let answer = try await third.rest()
                    #expect(answer.isEmpty)
                }
                // The two others are still there.
                try await first.send("x")
                try await second.send("x")
                #expect(await becomes { connections.count == 2 })
            }
        }
        #expect(await becomes { connections.count == 0 })
        try await listener.close()
    }
}
