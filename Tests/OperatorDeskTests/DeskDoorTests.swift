import AlarmModel
import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import OperatorDesk

/// What the desk answers to requests that are not plain GETs of a friend.
@Suite("The door of the desk", .serialized, .timeLimit(.minutes(1)))
struct DeskDoorTests {
    /// Sends `request` and returns all that comes until the desk closes.
    private func exchange(
        _ address: ListenAddress, _ request: String
    ) async throws -> (head: String, body: String) {
        try await RawConnection.open(address) { connection in
            try await connection.send(request)
            let head = try await connection.head()
            connection.finishSending()
            return (head, try await connection.rest())
        }
    }

    private func request(
        _ method: String, _ target: String, host: String = "localhost", _ headers: String...
    ) -> String {
        (["\(method) \(target) HTTP/1.1", "Host: \(host)", "Connection: close"] + headers)
            .joined(separator: "\r\n") + "\r\n\r\n"
    }

    // MARK: whom it is asked for

    @Test("Whoever asks for a name that is not the desk's reads nothing and orders nothing")
    func foreignHost() async throws {
        try await withDesk(stored: 1) { desk in
            let path = "/v1/alerts/\(eventID(1))/resolve"
            for host in [
                "rebound.example", "rebound.example:8119", "127.0.0.1.example", "", "a:b:c",
            ] {
                for (method, target) in [
                    ("GET", "/v1/alerts"), ("GET", "/v1/events"), ("GET", "/nothing"),
                    ("HEAD", "/"), ("OPTIONS", "*"), ("POST", path),
                ] {
                    let origin = "Origin: http://\(host)"
                    let answer = try await exchange(
                        desk.tcp, request(method, target, host: host, origin))
                    #expect(answer.head.hasPrefix("HTTP/1.1 421 "), "\(method) \(host)")
                    #expect(answer.head.contains("nosniff"))
                    #expect(answer.body.contains("hosts:") == (method != "HEAD"))
                }
            }
            let orders = desk.station.state.withLock(\.orders)
            #expect(orders.isEmpty)
            // The socket is not where a name leads to.
            let answer = try await exchange(desk.unix, request("GET", "/", host: "x.example"))
            #expect(answer.head.hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test("The desk is asked for by loopback, by its address, by its machine, and as configured")
    func ownHosts() throws {
        let hosts = HostList(
            listen: [
                .tcp(host: "192.0.2.7", port: 8119), .tcp(host: "::", port: 1), .unix(path: "/x"),
            ],
            machine: "East.Linping.example", more: ["Desk.example", "2001:DB8::0:1"])
        let local = try SocketAddress(ipAddress: "198.51.100.9", port: 8119)
        let mapped = try SocketAddress(ipAddress: "::ffff:198.51.100.9", port: 8119)
        for known in [
            "localhost", "LOCALHOST:8119", "localhost.", "a.localhost:1", "127.0.0.1",
            "127.9.9.9:1",
            "[::1]", "[::1]:8119", "[0:0:0:0:0:0:0:1]:8119", "192.0.2.7:8119", "198.51.100.9",
            "east.linping.example:8119", "east", "desk.example", "[2001:db8::1]",
        ] {
            #expect(hosts.allows(known, local: local), "\(known)")
        }
        #expect(hosts.allows("198.51.100.9:8119", local: mapped))
        for foreign in [
            "", ":8119", "[::1", "[::1]x", "192.0.2.8", "198.51.100.9", "linping.example",
            "localhost.example", "notlocalhost", "desk.example.evil", "::1", "user@localhost",
        ] {
            #expect(!hosts.allows(foreign, local: nil), "\(foreign)")
        }
    }

    @Test("A request without a host, with two, or for another one in its address is refused")
    func unclearHosts() async throws {
        try await withDesk { desk in
            for (request, status) in [
                ("GET / HTTP/1.1\r\n\r\n", 400),
                ("GET / HTTP/1.1\r\nHost: localhost\r\nHost: x.example\r\n\r\n", 400),
                ("GET http://x.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 421),
                ("GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 200),
                ("GET / HTTP/1.0\r\n\r\n", 200),
            ] {
                let answer = try await exchange(desk.tcp, request)
                #expect(
                    answer.head.dropFirst("HTTP/1.x ".count).hasPrefix("\(status)"), "\(request)")
            }
        }
    }

    @Test("A request that is not let in is answered in its turn, and nothing after it is heard")
    func pipelined() async throws {
        try await withDesk { desk in
            let friend = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
            let stranger = "GET /v1/alerts HTTP/1.1\r\nHost: x.example\r\n\r\n"
            let all = try await exchange(desk.tcp, friend + friend + stranger + friend)
            #expect(all.head.hasPrefix("HTTP/1.1 200 "))
            let later = all.body.split(separator: "HTTP/1.1 ").dropFirst().map { $0.prefix(3) }
            #expect(later == ["200", "421"])
        }
    }

    // MARK: what HTTP says

    private static let headers = [
        "X-Content-Type-Options: nosniff", "X-Frame-Options: DENY",
        "Content-Security-Policy: default-src 'none'", "frame-ancestors 'none'",
        "Cross-Origin-Resource-Policy: same-origin",
    ]

    @Test("Every answer says that it is what it says and stands in no frame, errors too")
    func headersEverywhere() async throws {
        try await withDesk { desk in
            desk.ledger.state.withLock { $0.failure = .failed }
            for (request, status) in [
                (request("GET", "/"), 200), (request("GET", "/v1/capture"), 200),
                (request("OPTIONS", "/"), 204), (request("GET", "/v1/alerts?x=1"), 400),
                (
                    request("POST", "/v1/alerts/x/note", "Origin: http://x", "Content-Length: 0"),
                    403
                ),
                (request("GET", "/nothing"), 404), (request("PUT", "/"), 405),
                (request("GET", "/", host: "x"), 421), (request("GET", "/v1/events"), 500),
                ("nonsense\r\n\r\n", 400), ("GET / HTTP/9.9\r\n\r\n", 400),
                ("GET / HTTP/1.1\r\nX: \(String(repeating: "x", count: 20_000))\r\n\r\n", 431),
            ] {
                let answer = try await exchange(desk.tcp, request)
                #expect(answer.head.hasPrefix("HTTP/1.1 \(status) "), "\(request): \(answer.head)")
                for header in Self.headers {
                    #expect(answer.head.contains(header), "\(status) has no \(header)")
                }
                if status >= 400 { #expect(answer.body.contains(#""remedy":"#), "\(status)") }
            }
        }
    }

    @Test("HEAD is answered as GET, without the body, and the connection stays usable")
    func head() async throws {
        try await withDesk(stored: 3) { desk in
            let targets = [
                "/", "/v1/ports", "/v1/alerts", "/healthz", "/metrics", "/v1/events?after=0",
                "/v1/capture", "/nothing", "/v1/alerts/17",
            ]
            for target in targets {
                let get = try await RawConnection.open(desk.tcp) { try await $0.get(target) }
                try await RawConnection.open(desk.tcp) { connection in
                    try await connection.send("HEAD \(target) HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    let head = try await connection.head()
                    let lines = { (text: String) in
                        text.split(separator: "\r\n").filter {
                            !$0.hasPrefix("Date:")
                                && (target != "/metrics" || !$0.contains("ength"))
                        }
                    }
                    if target != "/nothing" { #expect(lines(head) == lines(get)) }
                    let next = try await connection.get("/healthz")
                    #expect(next.hasPrefix("HTTP/1.1 200 OK"), "\(target)")
                }
            }
            #expect(await becomes { desk.feed.counts.clients == 0 })
        }
    }

    @Test(
        "What a page does not take is told with what it takes",
        arguments: [
            ("/", "GET, HEAD, OPTIONS"), ("/v1/events", "GET, HEAD, OPTIONS"),
            ("/v1/alerts/0197f3c2", "GET, HEAD, OPTIONS"), ("/v1/alerts/resolve", "POST, OPTIONS"),
            ("/v1/alerts/0197f3c2/note", "POST, OPTIONS"), ("/v1/capture", "GET, HEAD, OPTIONS"),
        ])
    func methods(path: String, allowed: String) async throws {
        try await withDesk { desk in
            let taken = allowed.split(separator: ", ")
            for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "TRACE"]
            where !taken.contains(Substring(method)) {
                let answer = try await exchange(desk.tcp, request(method, path))
                #expect(answer.head.hasPrefix("HTTP/1.1 405 "), "\(method) \(path)")
                #expect(answer.head.contains("Allow: \(allowed)"), "\(answer.head)")
                #expect(answer.body.contains("it takes \(allowed)") == (method != "HEAD"))
            }
            let options = try await exchange(desk.tcp, request("OPTIONS", path))
            #expect(options.head.hasPrefix("HTTP/1.1 204 "))
            #expect(options.head.contains("Allow: \(allowed)"))
            #expect(!options.head.contains("Access-Control") && options.body.isEmpty)
            let all = try await exchange(desk.tcp, request("OPTIONS", "*"))
            #expect(all.head.hasPrefix("HTTP/1.1 204 ") && all.head.contains("Allow: GET, HEAD"))
        }
    }

    @Test("HTTP/1.0 gets no chunks: a body without a length goes on to the end of the connection")
    func oldHTTP() async throws {
        try await withDesk(stored: 2) { desk in
            let range = "/v1/events?after=0&through=2"
            let accept = "Accept: application/x-ndjson"
            let old = try await exchange(desk.tcp, "GET \(range) HTTP/1.0\r\n\(accept)\r\n\r\n")
            #expect(old.head.hasPrefix("HTTP/1.0 200 OK"))
            #expect(
                !old.head.lowercased().contains("chunked") && old.head.contains("Connection: close")
            )
            #expect(old.body == "\(sosLine(1))\n\(sosLine(2))\n")
            // One who knows connections that stay gets an end of the body all the same.
            let kept = try await exchange(
                desk.tcp, "GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            #expect(kept.head.contains("Connection: close") && kept.body.hasPrefix("{"))
            let new = try await exchange(desk.tcp, request("GET", range, accept))
            #expect(new.head.lowercased().contains("transfer-encoding: chunked"), "\(new.head)")
        }
    }

    @Test("A live stream has no chunks for HTTP/1.0 and has them for whoever hears the same beside")
    func oldLive() async throws {
        try await withDesk(stored: 1) { desk in
            try await RawConnection.open(desk.tcp) { old in
                let accept = "Accept: application/x-ndjson\r\n\r\n"
                try await old.send("GET /v1/events HTTP/1.0\r\n\(accept)")
                _ = try await old.head()
                try await RawConnection.open(desk.tcp) { new in
                    _ = try await new.get("/v1/events", "Accept: application/x-ndjson")
                    desk.happen([makeEvent(2), makeEvent(3)])
                    let lines = "\(sosLine(2))\n\(sosLine(3))\n"
                    #expect(try await new.body(count: lines.utf8.count) == lines)
                    #expect(try await old.plain(count: lines.utf8.count) == lines)
                }
            }
        }
    }

    // MARK: how streams end

    @Test("The end of the station ends a stream as HTTP has it; whatever else ends it is a cut")
    func endOrCut() async throws {
        let (started, source) = AsyncStream<Void>.makeStream()
        let reading = try await withDesk(stored: 1) { desk in
            let reading = Task {
                try await StreamClient(desk.tcp).lines("/v1/events?after=0") { _ in source.yield() }
            }
            for await _ in started { break }
            return reading
        }
        // It returns, and does not throw.
        try await reading.value

        // One that has to give its place to another: it has not looked for two signs of life.
        let feed = EventFeed(lastSequence: 1)
        let held = try (0..<Limits.streamClientsMax).map { _ in
            try feed.subscribe(after: nil, filter: StreamFilter())
        }
        for _ in 0..<2 { feed.keepAlive() }
        _ = try feed.subscribe(after: nil, filter: StreamFilter())
        let cut = try #require(held.first { $0.state == .cut })
        var writer: any ResponseBodyWriter = Discarded()
        await #expect(throws: CancellationError.self) {
            try await EventStream(source: FakeLedger(), format: .lines).write(
                cut, to: &writer, on: EmbeddedChannel())
        }
    }

    private struct Discarded: ResponseBodyWriter {
        func write(_ buffer: ByteBuffer) async throws {}
        func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }
}
