import AlarmModel
import NIOCore
import NIOHTTP1
import NIOPosix

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Speaks HTTP/1.1 with a desk, for the command line: one connection a request, over TCP or the
/// socket, and nothing that the desk does not need (no TLS, no redirects, no proxies).
///
///     let client = StreamClient(.unix(path: "/run/tocsin/tocsin.sock"))
///     try await client.lines("/v1/events?after=0") { line in print(line) }
public struct StreamClient: Sendable {
    private typealias Connection = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    /// A whole answer.
    public struct Answer: Equatable, Sendable {
        /// 200 is well.
        public var status: Int
        /// By their names in small letters.
        public var headers: [String: String] = [:]
        public var body: [UInt8]
    }

    private let address: ListenAddress

    public init(_ address: ListenAddress) { self.address = address }

    /// - Parameter target: the path with its query, `/v1/alerts?state=open`.
    public func get(_ target: String) async throws -> Answer {
        try await whole(request(.GET, target, []))
    }

    /// - Parameter json: the body; none when empty.
    public func post(_ target: String, json: [UInt8] = []) async throws -> Answer {
        try await whole(
            request(.POST, target, [("Content-Type", "application/json")]), body: json)
    }

    /// Calls `each` with every line of the stream until it ends, without the line feed. An empty
    /// line says that the stream lives.
    ///
    /// It returns when the desk has ended the stream: of one without `through`, because the station
    /// stops. Whatever else ends a stream is ``StreamClientError/cut``.
    ///
    /// - Throws: ``StreamClientError``, and whatever `each` throws, which ends the stream.
    public func lines(
        _ target: String, each: (String) async throws -> Void
    ) async throws {
        let head = request(.GET, target, [("Accept", "application/x-ndjson")])
        try await exchange(head, body: []) { answer in
            guard answer.status == 200 else {
                throw StreamClientError.refused(try await answer.whole())
            }
            var lines = LineSplitter()
            while let bytes = try await answer.next() {
                try lines.append(bytes)
                while let line = lines.next() { try await each(line) }
            }
        }
    }

    /// One event of the stream.
    public struct StreamEvent: Equatable, Sendable {
        /// Where the stream is behind it; nil for what has no place.
        public var id: String?
        /// `event`, `change`, `gap` or `alive`.
        public var name: String?
        /// JSON on one line.
        public var data: String
    }

    /// Calls `each` with every event of the stream until it ends.
    ///
    /// - Parameters:
    ///   - place: the id of the last event that was seen; what came since is told first.
    ///   - silence: how long nothing may come. An event that says that the stream lives is one.
    ///   - begun: called once the desk gives the stream, with the place where it begins.
    /// - Throws: ``StreamClientError``, and whatever the closures throw, which ends the stream.
    public func events(
        _ target: String, behind place: String? = nil, silence: TimeSpan,
        begun: (String?) async throws -> Void, each: (StreamEvent) async throws -> Void
    ) async throws {
        var headers = [("Accept", "text/event-stream")]
        if let place { headers.append(("Last-Event-ID", place)) }
        let head = request(.GET, target, headers)
        try await exchange(head, body: [], silence: silence) { answer in
            guard answer.status == 200 else {
                throw StreamClientError.refused(try await answer.whole())
            }
            try await begun(answer.headers["tocsin-place"])
            var lines = LineSplitter()
            var event = StreamEvent(data: "")
            while let bytes = try await answer.next() {
                try lines.append(bytes)
                while let line = lines.next() {
                    guard event.take(line) else { continue }
                    if !event.data.isEmpty { try await each(event) }
                    event = StreamEvent(data: "")
                }
            }
        }
    }

    /// Calls `each` with the bytes of the answer as they come, until it ends.
    public func pieces(_ target: String, each: ([UInt8]) async throws -> Void) async throws {
        try await exchange(request(.GET, target, []), body: []) { answer in
            guard answer.status == 200 else {
                throw StreamClientError.refused(try await answer.whole())
            }
            while let bytes = try await answer.next() {
                try await each(Array(bytes.readableBytesView))
            }
        }
    }

    // MARK: private

    private func request(
        _ method: HTTPMethod, _ target: String, _ headers: [(String, String)]
    ) -> HTTPRequestHead {
        // A socket has no name; the desk does not ask for one.
        let host = if case .unix = address { "localhost" } else { "\(address)" }
        return HTTPRequestHead(
            version: .http1_1, method: method, uri: target,
            headers: HTTPHeaders([("Host", host), ("Connection", "close")] + headers))
    }

    private func whole(_ head: HTTPRequestHead, body: [UInt8] = []) async throws -> Answer {
        try await exchange(head, body: body) { try await $0.whole() }
    }

    private func exchange<Value: Sendable>(
        _ head: HTTPRequestHead, body: [UInt8], silence: TimeSpan? = nil,
        _ read: (inout AnswerReader) async throws -> Value
    ) async throws -> Value {
        let connection = try await connect(silence)
        return try await connection.executeThenClose { inbound, outbound in
            var head = head
            head.headers.add(name: "Content-Length", value: String(body.count))
            // A desk that refuses may answer and close before it has read all; then its answer
            // counts, and where there is none the reader says so.
            try? await outbound.write(contentsOf: [
                .head(head), .body(.byteBuffer(ByteBuffer(bytes: body))), .end(nil),
            ])
            var reader = AnswerReader(parts: inbound.makeAsyncIterator())
            try await reader.readHead()
            return try await read(&reader)
        }
    }

    private func connect(_ silence: TimeSpan?) async throws -> Connection {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        let prepare: @Sendable (any Channel) -> EventLoopFuture<Connection> = { channel in
            channel.eventLoop.makeCompletedFuture {
                if let silence {
                    try channel.pipeline.syncOperations.addHandlers([
                        IdleStateHandler(readTimeout: .microseconds(silence.microseconds)),
                        SilenceGuard(silence),
                    ])
                }
                try channel.pipeline.syncOperations.addHTTPClientHandlers()
                return try Connection(wrappingChannelSynchronously: channel)
            }
        }
        do {
            switch address {
            case .tcp(let host, let port):
                return try await bootstrap.connect(
                    host: host, port: port, channelInitializer: prepare)
            case .unix(let path):
                return try await bootstrap.connect(
                    unixDomainSocketPath: path, channelInitializer: prepare)
            }
        } catch {
            throw StreamClientError.unreachable(address, plainReason(of: error))
        }
    }
}

/// Why the desk did not give what was asked for.
public enum StreamClientError: Error, CustomStringConvertible {
    case unreachable(ListenAddress, String)
    /// The desk said no; its body says why.
    case refused(StreamClient.Answer)
    /// The connection ended in the middle of an answer.
    case cut
    /// Nothing has come for as long.
    case silent(TimeSpan)
    /// More than ``Limits/answerLineBytesMax`` in a line or ``Limits/answerBytesMax`` in all.
    case tooLong

    public var description: String {
        switch self {
        case .unreachable(let address, let reason):
            "cannot reach the desk at \(address): \(reason); "
                + "is tocsind running, and may you use it?"
        case .refused(let answer): answer.refusal
        case .silent(let span):
            "nothing was heard from the desk for \(span.microseconds / 1_000_000) s"
        case .cut: "the connection to the desk ended in the middle of an answer"
        case .tooLong: "the desk's answer is longer than this program takes; is it tocsind?"
        }
    }
}

extension StreamClient.Answer {
    private struct Form: Decodable {
        struct Fault: Decodable {
            var message: String
            var remedy: String
        }

        var error: Fault
    }

    /// Why the desk said no, in its own words where it has some.
    fileprivate var refusal: String {
        guard let form = try? JSONDecoder().decode(Form.self, from: Data(body)) else {
            return "the desk answered \(status) without a reason; is it tocsind?"
        }
        return "\(form.error.message); \(form.error.remedy)"
    }
}

extension StreamClient.StreamEvent {
    /// Takes in one line of `text/event-stream`.
    /// - Returns: true at the empty line that ends an event.
    fileprivate mutating func take(_ line: String) -> Bool {
        if line.isEmpty { return true }
        let parts = line.split(separator: ": ", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return false }
        switch parts[0] {
        case "id": id = String(parts[1])
        case "event": name = String(parts[1])
        case "data": data += parts[1]
        default: break
        }
        return false
    }
}

/// Ends a connection on which nothing has come for too long.
private final class SilenceGuard: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    private let span: TimeSpan

    init(_ span: TimeSpan) { self.span = span }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .read? = event as? IdleStateHandler.IdleStateEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        context.fireErrorCaught(StreamClientError.silent(span))
        context.close(promise: nil)
    }
}

/// Reads the parts of one answer in their order.
private struct AnswerReader {
    var parts: NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator
    private(set) var status = 0
    private(set) var headers: [String: String] = [:]

    init(parts: NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator) {
        self.parts = parts
    }

    mutating func readHead() async throws {
        guard case .head(let head) = try await part() else { throw StreamClientError.cut }
        status = Int(head.status.code)
        for (name, value) in head.headers { headers[name.lowercased()] = value }
    }

    /// The next bytes of the body; nil at its end.
    mutating func next() async throws -> ByteBuffer? {
        switch try await part() {
        case .body(let buffer): return buffer
        case .end: return nil
        case .head: throw StreamClientError.cut
        }
    }

    private mutating func part() async throws -> HTTPClientResponsePart {
        do {
            if let part = try await parts.next() { return part }
        } catch let error as StreamClientError {
            throw error
        } catch {
            throw Task.isCancelled ? CancellationError() : StreamClientError.cut
        }
        throw Task.isCancelled ? CancellationError() : StreamClientError.cut
    }

    mutating func whole() async throws -> StreamClient.Answer {
        var body: [UInt8] = []
        while let buffer = try await next() {
            body += buffer.readableBytesView
            guard body.count <= Limits.answerBytesMax else { throw StreamClientError.tooLong }
        }
        return StreamClient.Answer(status: status, headers: headers, body: body)
    }
}

/// Cuts bytes into lines.
private struct LineSplitter {
    private var buffer = ByteBuffer()
    /// Bytes of `buffer` known to have no line feed.
    private var searched = 0

    mutating func append(_ bytes: ByteBuffer) throws(StreamClientError) {
        guard buffer.readableBytes + bytes.readableBytes <= Limits.answerLineBytesMax else {
            throw .tooLong
        }
        buffer.writeImmutableBuffer(bytes)
    }

    /// The next whole line; what is left waits for its line feed.
    mutating func next() -> String? {
        let unread = buffer.readableBytesView
        guard let end = unread.dropFirst(searched).firstIndex(of: UInt8(ascii: "\n")) else {
            searched = unread.count
            buffer.discardReadBytes()
            return nil
        }
        let line = buffer.readString(length: end - unread.startIndex)
        buffer.moveReaderIndex(forwardBy: 1)
        searched = 0
        return line
    }
}
