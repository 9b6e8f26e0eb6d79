import AlarmModel
import Glibc
import Logging
import NIOCore
import NIOPosix
import OperatorDesk
import Synchronization
import Testing

/// A desk on an ephemeral port and on a socket, for the length of one test.
struct RunningDesk: Sendable {
    let tcp: ListenAddress
    let unix: ListenAddress
    let ledger: FakeLedger
    let feed: EventFeed
    let station: FakeStation

    /// Stores events and hands them out, as the station does: first durable, then told.
    func happen(_ events: [Event]) { happen(events.map { Record.event($0) }) }

    func happen(_ records: [Record]) {
        ledger.append(records)
        feed.publish(records)
    }

    func happen(_ sequences: ClosedRange<Int64>, raw: [UInt8] = []) {
        happen(sequences.map { makeEvent($0, raw: raw) })
    }
}

struct SocketNumber {
    private static let last = Atomic<Int>(0)

    /// A path that no other test of this run has.
    static func path() -> String {
        let number = last.add(1, ordering: .relaxed).newValue
        return "/tmp/tocsin-desk-\(getpid())-\(number).sock"
    }
}

/// Runs a desk that begins with `stored` events, and `body` beside it.
func withDesk<Value: Sendable>(
    stored: Int64 = 0, _ body: @Sendable (RunningDesk) async throws -> Value
) async throws -> Value {
    let ledger = FakeLedger()
    if stored > 0 { ledger.append((1...stored).map { .event(makeEvent($0)) }) }
    let feed = EventFeed(lastSequence: Sequence(rawValue: stored))
    let station = FakeStation()
    let (listening, listeningSource) = AsyncStream<ListenAddress>.makeStream()
    let server = DeskServer(
        listen: [.tcp(host: "127.0.0.1", port: 0), .unix(path: SocketNumber.path())],
        ledger: ledger, feed: feed, station: station, logger: Logger(label: "desk"),
        onListening: { listeningSource.yield($0) })
    let running = Task { try await server.run() }
    var addresses: [ListenAddress] = []
    for await address in listening {
        addresses.append(address)
        if addresses.count == 2 { break }
    }
    let isUnix = { (address: ListenAddress) in if case .unix = address { true } else { false } }
    let desk = RunningDesk(
        tcp: try #require(addresses.first { !isUnix($0) }),
        unix: try #require(addresses.first(where: isUnix)), ledger: ledger, feed: feed,
        station: station)
    let result: Result<Value, any Error>
    do {
        result = .success(try await body(desk))
    } catch {
        result = .failure(error)
    }
    running.cancel()
    try await running.value
    if case .unix(let path) = desk.unix { unlink(path) }
    return try result.get()
}

/// An HTTP connection that shows its bytes and reads only when it is asked to.
struct RawConnection {
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    /// Bytes received and not yet taken.
    private var unread = ByteBuffer()

    static func open<Value: Sendable>(
        _ address: ListenAddress, _ body: (inout RawConnection) async throws -> Value
    ) async throws -> Value {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
        let prepare:
            @Sendable (any Channel) -> EventLoopFuture<NIOAsyncChannel<ByteBuffer, ByteBuffer>> = {
                channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(isOutboundHalfClosureEnabled: true))
                }
            }
        let channel =
            switch address {
            case .tcp(let host, let port):
                try await bootstrap.connect(host: host, port: port, channelInitializer: prepare)
            case .unix(let path):
                try await bootstrap.connect(
                    unixDomainSocketPath: path, channelInitializer: prepare)
            }
        return try await channel.executeThenClose { inbound, outbound in
            var connection = RawConnection(
                inbound: inbound.makeAsyncIterator(), outbound: outbound)
            return try await body(&connection)
        }
    }

    mutating func send(_ text: String) async throws {
        try await outbound.write(ByteBuffer(string: text))
    }

    /// Says that nothing more comes.
    func finishSending() { outbound.finish() }

    /// Asks, and returns the head of the answer without its empty line.
    mutating func get(_ target: String, _ headers: String...) async throws -> String {
        let lines = ["GET \(target) HTTP/1.1", "Host: localhost"] + headers
        try await send(lines.joined(separator: "\r\n") + "\r\n\r\n")
        return try await head()
    }

    /// The lines up to the first empty one.
    mutating func head() async throws -> String {
        var lines: [String] = []
        while let line = try await line(), !line.isEmpty { lines.append(line) }
        return lines.joined(separator: "\r\n")
    }

    /// One chunk of a body of unknown length; nil when it has ended, properly or not.
    mutating func chunk() async throws -> ByteBuffer? {
        guard let line = try await line() else { return nil }
        let size = try #require(Int(line, radix: 16))
        while unread.readableBytes < size + 2 {
            guard try await receive() else { return nil }
        }
        let chunk = unread.readSlice(length: size)
        unread.moveReaderIndex(forwardBy: 2)
        return size == 0 ? nil : chunk
    }

    /// The body as far as it takes to have `count` bytes.
    mutating func body(count: Int) async throws -> String {
        var body = ByteBuffer()
        while body.readableBytes < count, var chunk = try await chunk() { body.writeBuffer(&chunk) }
        return String(buffer: body)
    }

    /// `count` bytes of a body that has no chunks.
    mutating func plain(count: Int) async throws -> String {
        while unread.readableBytes < count, try await receive() {}
        return unread.readString(length: min(count, unread.readableBytes)) ?? ""
    }

    /// Reads JSON lines until `isEnough` or the end of the body.
    mutating func lines(until isEnough: (ReadLines) -> Bool) async throws -> ReadLines {
        var read = ReadLines()
        var body = ByteBuffer()
        while !isEnough(read), var chunk = try await chunk() {
            body.writeBuffer(&chunk)
            while let line = body.readLine() { read.take(line) }
        }
        return read
    }

    /// Everything until the other side closes.
    mutating func rest() async throws -> String {
        while try await receive() {}
        return String(buffer: unread)
    }

    private mutating func line() async throws -> String? {
        while true {
            if let line = unread.readLine() { return String(line.dropLast()) }
            guard try await receive() else { return nil }
        }
    }

    private mutating func receive() async throws -> Bool {
        guard var buffer = try await inbound.next() else { return false }
        unread.discardReadBytes()
        unread.writeBuffer(&buffer)
        return true
    }
}

extension ByteBuffer {
    /// The bytes up to the next line feed, which is taken too.
    fileprivate mutating func readLine() -> String? {
        let bytes = readableBytesView
        guard let end = bytes.firstIndex(of: 10) else { return nil }
        defer { moveReaderIndex(forwardBy: 1) }
        return readString(length: end - bytes.startIndex)
    }
}

/// The sequences in JSON lines, and the gaps, in their order.
struct ReadLines: Equatable {
    var sequences: [Int64] = []
    var gaps: [ClosedRange<Int64>] = []

    /// True when these are all the sequences, once and in order, and there was no gap.
    func isExactly(_ range: ClosedRange<Int64>) -> Bool {
        gaps.isEmpty && sequences == Array(range)
    }

    mutating func take(_ line: String) {
        let isGap = line.hasPrefix("{\"gap\"")
        // An id has always the same length, and the sequence is the first number behind it.
        let behindID = line.utf8.dropFirst(isGap ? 0 : "{'id':''".count + 36)
        let numbers = behindID.prefix(40).split { !(48...57).contains($0) }
            .compactMap { Int64(Substring($0)) }
        if isGap, numbers.count == 2 { gaps.append(numbers[0]...numbers[1]) }
        if !isGap, let sequence = numbers.first { sequences.append(sequence) }
    }
}

/// True once, for whoever asks first.
final class FirstOnly: Sendable {
    private let isTaken = Atomic<Bool>(false)

    func take() -> Bool { !isTaken.exchange(true, ordering: .relaxed) }
}

/// Waits for what another task brings about and nothing announces, at most some seconds.
func becomes(_ condition: () -> Bool) async -> Bool {
    let end = ContinuousClock.now.advanced(by: .seconds(10))
    while ContinuousClock.now < end {
        if condition() { return true }
        await Task.yield()
    }
    return false
}
