import AlarmModel
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing

@testable import OperatorDesk

/// Keeps what is written from the client until it is told that the client reads.
private final class SlowClient: ChannelOutboundHandler {
    typealias OutboundIn = HTTPServerResponsePart

    private(set) var written: [HTTPServerResponsePart] = []
    private var untaken: [EventLoopPromise<Void>] = []
    var reads = true

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        written.append(unwrapOutboundIn(data))
        if let promise { untaken.append(promise) }
        if reads { take() }
    }

    func takeOne() { untaken.removeFirst().succeed() }

    func take() {
        for promise in untaken { promise.succeed() }
        untaken = []
    }
}

/// One connection of the desk under a clock of its own.
private final class Connection {
    let channel: EmbeddedChannel
    let client = SlowClient()

    init(_ connections: Connections = Connections(), isOnSocket: Bool = false) throws {
        let hosts = HostList(listen: [], machine: nil, more: [])
        channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandlers([
            client, DeskConnection(connections: connections, hosts: isOnSocket ? nil : hosts),
        ])
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    deinit { _ = try? channel.finish(acceptAlreadyClosed: true) }

    var isOpen: Bool { channel.isActive }

    func pass(_ time: TimeAmount) { channel.embeddedEventLoop.advanceTime(by: time) }

    func head(_ method: HTTPMethod = .GET) throws {
        let head = HTTPRequestHead(
            version: .http1_1, method: method, uri: "/", headers: ["Host": "localhost"])
        try channel.writeInbound(HTTPServerRequestPart.head(head))
    }

    func ask(_ method: HTTPMethod = .GET) throws {
        try head(method)
        try channel.writeInbound(HTTPServerRequestPart.end(nil))
    }

    func answer(_ parts: HTTPServerResponsePart...) {
        for part in parts { channel.writeAndFlush(part, promise: nil) }
    }

    func answerWhole() {
        answer(.head(HTTPResponseHead(version: .http1_1, status: .ok)), .end(nil))
    }
}

private let moment = TimeAmount.milliseconds(1)
private let headPatience = TimeAmount(Limits.requestHeadPatience)
private let bodyPatience = TimeAmount(Limits.requestBodyPatience)
private let idleMax = TimeAmount(Limits.deskIdleMax)
private let stallMax = TimeAmount(Limits.deskStallMax)

@Suite("Connections of the desk")
struct ConnectionTests {
    @Test("Whoever sends no head of a request in time is closed")
    func noHead() throws {
        let connection = try Connection()
        connection.pass(headPatience - moment)
        #expect(connection.isOpen)
        connection.pass(moment)
        #expect(!connection.isOpen)
    }

    @Test("Between two requests a connection is kept for a while, and used again from the start")
    func idle() throws {
        let connection = try Connection()
        for _ in 0..<3 {
            connection.pass(headPatience - moment)
            try connection.ask()
            connection.answerWhole()
        }
        connection.pass(idleMax - moment)
        #expect(connection.isOpen)
        try connection.ask()
        connection.pass(idleMax + idleMax)
        // The answer takes the desk that long: it is not the client's fault.
        #expect(connection.isOpen)
        connection.answerWhole()
        connection.pass(idleMax)
        #expect(!connection.isOpen)
    }

    @Test("A body that drips is not waited for without end")
    func drippingBody() throws {
        let connection = try Connection()
        try connection.head(.POST)
        let drip = HTTPServerRequestPart.body(ByteBuffer(string: " "))
        for _ in 0..<29 {
            connection.pass(.seconds(1))
            try connection.channel.writeInbound(drip)
        }
        #expect(connection.isOpen)
        connection.pass(bodyPatience - .seconds(29))
        #expect(!connection.isOpen)
    }

    @Test("A capture of a quiet port, or a stream with nothing to say, lasts as long as it likes")
    func quietAnswer() throws {
        let connection = try Connection()
        try connection.ask()
        connection.answer(.head(HTTPResponseHead(version: .http1_1, status: .ok)))
        for _ in 0..<100 { connection.pass(stallMax) }
        #expect(connection.isOpen)
        connection.answer(.body(.byteBuffer(ByteBuffer(string: "at last"))))
        connection.pass(stallMax)
        #expect(connection.isOpen)
    }

    @Test("A client that does not take what was written to it is cut off, one that is slow is not")
    func stalledClient() throws {
        let connection = try Connection()
        try connection.ask()
        connection.client.reads = false
        connection.answer(.head(HTTPResponseHead(version: .http1_1, status: .ok)))
        for _ in 0..<3 {
            connection.answer(.body(.byteBuffer(ByteBuffer(string: "x"))))
            connection.pass(stallMax - moment)
            #expect(connection.isOpen)
            connection.client.take()
        }
        connection.answer(.body(.byteBuffer(ByteBuffer(string: "x"))))
        connection.pass(stallMax - moment)
        connection.answer(.body(.byteBuffer(ByteBuffer(string: "x"))))
        connection.pass(moment)
        #expect(!connection.isOpen)
    }

    @Test("Whoever takes a long answer slowly is neither idle nor stalled")
    func slowDownload() throws {
        let connection = try Connection()
        try connection.ask()
        connection.client.reads = false
        let body = ByteBuffer(repeating: 0x20, count: Limits.answerPieceBytes * 4 + 1)
        connection.answer(
            .head(HTTPResponseHead(version: .http1_1, status: .ok)), .body(.byteBuffer(body)),
            .end(nil))
        #expect(connection.client.written.count == 1 + 5 + 1)
        for _ in 0..<7 {
            connection.pass(stallMax - moment)
            #expect(connection.isOpen)
            connection.client.takeOne()
        }
        connection.pass(idleMax - moment)
        #expect(connection.isOpen)
        connection.pass(moment)
        #expect(!connection.isOpen)
    }

    // MARK: places

    /// Asks for a place; `left` gets its number when it has to give way.
    private func admit(
        _ number: Int, to connections: Connections, isOnSocket: Bool = false,
        _ left: Left = Left()
    ) -> Connections.Place? {
        connections.admit(
            isOnSocket: isOnSocket, at: .uptimeNanoseconds(UInt64(number)),
            leave: { left.numbers.withLock { $0.append(number) } })
    }

    private final class Left: Sendable {
        let numbers = Mutex<[Int]>([])
        var all: [Int] { numbers.withLock { $0 } }
    }

    @Test("When the desk is full the one that lets it wait longest gives way to a newcomer")
    func longestGivesWay() throws {
        let (connections, left) = (Connections(), Left())
        let places = try (1...Limits.deskConnectionsMax).map {
            try #require(admit($0, to: connections, left))
        }
        #expect(connections.count == Limits.deskConnectionsMax)
        // The oldest are being answered, and the third has asked again lately.
        places[0].setClientsTurn(since: nil)
        places[1].setClientsTurn(since: nil)
        places[2].setClientsTurn(since: .uptimeNanoseconds(1_000_000))
        #expect(admit(9_001, to: connections, left) != nil)
        #expect(admit(9_002, to: connections, left) != nil)
        #expect(left.all == [4, 5])
        #expect(connections.count == Limits.deskConnectionsMax)
    }

    @Test("Whoever is being answered never gives way; then the newcomer is not let in")
    func nobodyWaits() throws {
        let connections = Connections(max: 2, reserved: 1)
        let places = (1...2).compactMap { admit($0, to: connections) }
        for place in places { place.setClientsTurn(since: nil) }
        #expect(admit(3, to: connections) == nil)
        connections.remove(places[0])
        #expect(admit(4, to: connections) != nil)
    }

    @Test("Places of its own are kept for the socket, and nobody from the network takes them")
    func socketGetsIn() throws {
        let (connections, left) = (Connections(), Left())
        for number in 1...Limits.deskConnectionsMax {
            admit(number, to: connections, left)?.setClientsTurn(since: nil)
        }
        #expect(admit(9_000, to: connections, left) == nil)
        for number in 1...Limits.connectionsReservedForSocket {
            #expect(admit(10_000 + number, to: connections, isOnSocket: true, left) != nil)
        }
        // Those on the socket wait, and stay for all that.
        #expect(admit(9_001, to: connections, left) == nil)
        #expect(left.all.isEmpty)
        #expect(admit(20_000, to: connections, isOnSocket: true, left) != nil)
        #expect(left.all == [10_001])
    }

    @Test("A connection that gives way is closed, and one that ends frees its place")
    func placeOfAConnection() throws {
        let connections = Connections(max: 2, reserved: 0)
        let first = try Connection(connections)
        let second = try Connection(connections)
        try first.ask()
        let third = try Connection(connections)
        #expect(first.isOpen && !second.isOpen && third.isOpen)
        first.answerWhole()
        third.pass(headPatience)
        #expect(!third.isOpen && connections.count == 1)
        let fourth = try Connection(connections)
        #expect(fourth.isOpen && first.isOpen && connections.count == 2)
    }

    @Test("On a real socket a newcomer gets the place of one that waits, and none of one at work")
    func realPlaces() async throws {
        let connections = Connections(max: 2, reserved: 0)
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline()
                    try pipeline.addHandler(DeskConnection(connections: connections, hosts: nil))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let address = ListenAddress.tcp(
            host: "127.0.0.1", port: try #require(listener.localAddress?.port))
        let question = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
        try await RawConnection.open(address) { idle in
            #expect(await becomes { connections.count == 1 })
            try await RawConnection.open(address) { asking in
                try await asking.send(question)
                try await RawConnection.open(address) { newcomer in
                    let rest = try await idle.rest()
                    #expect(rest.isEmpty && connections.count == 2)
                    try await newcomer.send(question)
                    #expect(await becomes { connections.waiting == 0 })
                    try await RawConnection.open(address) { refused in
                        let rest = try await refused.rest()
                        #expect(rest.isEmpty && connections.count == 2)
                    }
                }
            }
        }
        #expect(await becomes { connections.count == 0 })
        try await listener.close()
    }
}
