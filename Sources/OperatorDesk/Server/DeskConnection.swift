import AlarmModel
import HTTPTypes
import NIOCore
import NIOHTTP1

/// One connection of the desk, where HTTP has its versions and methods still: who may ask, how long
/// anything may take, and what every answer has, whoever makes it.
final class DeskConnection: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// A request whose answer has not ended.
    private struct Asked {
        var isHead = false
        /// By HTTP/1.0, which knows neither chunks nor connections that stay.
        var isOld = false
        var endsConnection = true
    }

    /// On every answer: it is what it says and nothing else, stands in no frame, runs nothing, and
    /// is no part of another site. A page that needs more says so itself.
    private static let headers: [(name: String, value: String)] = [
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        (
            "Content-Security-Policy",
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Referrer-Policy", "no-referrer"),
    ]

    private let connections: Connections
    /// Nil on the socket: no page of any site leads there.
    private let hosts: HostList?
    private var place: Connections.Place?
    private var life = ConnectionLife(at: .now())
    private var timer: (task: Scheduled<Void>, at: NIODeadline)?
    private var asked: [Asked] = []
    /// What a request that is not let in is told once those before it are answered. From then on
    /// nothing is listened to.
    private var refusal: DeskError?
    private var context: ChannelHandlerContext?
    /// What reads and writes HTTP on the other side of this.
    private var encoder: ChannelHandlerContext?
    /// The stream that is written here and not by whoever answers.
    private var live: LiveStream?

    init(connections: Connections, hosts: HostList?) {
        self.connections = connections
        self.hosts = hosts
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        life = ConnectionLife(at: context.eventLoop.now)
        let channel = context.channel
        place = connections.admit(isOnSocket: hosts == nil, at: context.eventLoop.now) {
            channel.close(promise: nil)
        }
        guard place != nil else { return context.close(promise: nil) }
        lifeChanged(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.task.cancel()
        timer = nil
        if let place { connections.remove(place) }
        place = nil
        (self.context, encoder) = (nil, nil)
        live?.end(.failure(CancellationError()))
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        var writing = SharedWriting()
        live?.send(&writing)
        context.fireChannelWritabilityChanged()
    }

    // MARK: requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        guard refusal == nil else { return }
        switch part {
        case .head(let head):
            life.headCame(at: context.eventLoop.now)
            let isOld = head.version != .http1_1
            asked.append(
                Asked(
                    isHead: head.method == .HEAD, isOld: isOld,
                    endsConnection: isOld || !head.isKeepAlive))
            if let no = hosts?.refusal(of: head, local: context.localAddress) {
                refuse(no, context)
            }
        case .body: break
        case .end: life.requestEnded(at: context.eventLoop.now)
        }
        lifeChanged(context)
        if refusal == nil { context.fireChannelRead(data) }
    }

    /// What is no HTTP is answered here, unless a request is being read or answered: then whoever
    /// reads it has to know.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if refusal != nil { return }
        guard let error = error as? HTTPParserError, asked.isEmpty else {
            return context.fireErrorCaught(error)
        }
        life.headCame(at: context.eventLoop.now)
        asked.append(Asked())
        let tooLong = DeskError(
            status: .requestHeaderFieldsTooLarge,
            message: "the head of the request has more than \(Limits.requestHeaderBytesMax) bytes",
            remedy: "GET / lists what there is")
        let wrong = DeskError.badRequest(
            "this is no request of HTTP/1.1", remedy: "GET / lists what there is")
        refuse(error == .headerOverflow ? tooLong : wrong, context)
        lifeChanged(context)
    }

    private func refuse(_ error: DeskError, _ context: ChannelHandlerContext) {
        refusal = error
        life.requestEnded(at: context.eventLoop.now)
        asked[asked.count - 1].endsConnection = true
        if asked.count == 1 { answer(error, context) }
    }

    private func answer(_ error: DeskError, _ context: ChannelHandlerContext) {
        let body = ByteBuffer(bytes: error.json)
        let head = HTTPResponseHead(
            version: .http1_1,
            status: HTTPResponseStatus(
                statusCode: error.status.code, reasonPhrase: error.status.reasonPhrase),
            headers: [
                "Content-Type": "application/json", "Cache-Control": "no-store",
                "Content-Length": "\(body.readableBytes)",
            ])
        for part in [.head(head), .body(.byteBuffer(body)), .end(nil)] as [OutboundIn] {
            write(context: context, data: wrapOutboundOut(part), promise: nil)
        }
        context.flush()
    }

    // MARK: answers

    func write(
        context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
    ) {
        switch unwrapOutboundIn(data) {
        case .head(let head) where head.status.code < 200: forward(data, context, promise)
        case .head(let head):
            forward(wrapOutboundOut(.head(dressed(head))), context, promise)
        // Whoever asks for the head alone gets it with all that would be in it, and no more.
        case .body where asked.first?.isHead == true: promise?.succeed()
        case .body(.byteBuffer(let body)): forward(inPieces: body, context, promise)
        case .body: forward(data, context, promise)
        case .end:
            if asked.first?.isHead == true {
                promise?.succeed()
            } else {
                forward(data, context, promise)
            }
            if !asked.isEmpty { ended(asked.removeFirst(), context) }
        }
    }

    /// A long answer goes out in pieces, so that it shows whether a slow client takes it.
    private func forward(
        inPieces body: ByteBuffer, _ context: ChannelHandlerContext,
        _ promise: EventLoopPromise<Void>?
    ) {
        var rest = body
        while rest.readableBytes > Limits.answerPieceBytes,
            let piece = rest.readSlice(length: Limits.answerPieceBytes)
        {
            forward(wrapOutboundOut(.body(.byteBuffer(piece))), context, nil)
        }
        forward(wrapOutboundOut(.body(.byteBuffer(rest))), context, promise)
    }

    private func dressed(_ plain: HTTPResponseHead) -> HTTPResponseHead {
        var head = plain
        for (name, value) in Self.headers where !head.headers.contains(name: name) {
            head.headers.add(name: name, value: value)
        }
        guard let request = asked.first else { return head }
        if request.endsConnection {
            head.headers.replaceOrAdd(name: "Connection", value: "close")
        }
        // A body without a length is sent in chunks by HTTP/1.1, and up to the end of the
        // connection to those who do not know what chunks are.
        if request.isOld { head.version = .http1_0 }
        return head
    }

    private func ended(_ request: Asked, _ context: ChannelHandlerContext) {
        life.answerEnded(at: context.eventLoop.now)
        lifeChanged(context)
        // What the client still sends is read and dropped: a connection with unread bytes is cut by
        // the kernel, and the answer with it.
        if request.endsConnection {
            context.flush()
            context.close(mode: .output, promise: nil)
        } else if let refusal, asked.count == 1 {
            answer(refusal, context)
        }
    }

    private func forward(
        _ data: NIOAny, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?
    ) {
        track(context, promise) { context.write(data, promise: $0) }
    }

    /// Notes when something was written, and when the client took it.
    private func track(
        _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>? = nil,
        _ write: (EventLoopPromise<Void>) -> Void
    ) {
        let taken = context.eventLoop.makePromise(of: Void.self)
        life.wrote(at: context.eventLoop.now)
        lifeChanged(context)
        let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        taken.futureResult.whenComplete { result in
            let (connection, context) = loopBound.value
            connection.life.clientTook(at: context.eventLoop.now)
            connection.lifeChanged(context)
            promise?.completeWith(result)
        }
        write(taken)
    }

    // MARK: a live stream

    /// From here on `stream` writes the body of the answer; false when there is no answer to write.
    func take(_ stream: LiveStream) -> Bool {
        guard let context, live == nil, !asked.isEmpty else { return false }
        encoder = try? context.pipeline.syncOperations.context(
            handlerType: HTTPResponseEncoder.self)
        live = stream
        return encoder != nil
    }

    func release(_ stream: LiveStream) { if live === stream { live = nil } }

    /// The kernel and the client take what is written; the rest is better kept in the feed.
    var takesMore: Bool { context?.channel.isWritable ?? false }

    /// A body of no known length has chunks, but for those who do not know what they are.
    var sendsChunks: Bool { asked.first?.isOld == false }

    /// Writes a part of the body as it goes to the socket, for ``flush()`` to send.
    func send(encoded bytes: ByteBuffer) {
        guard let context, let encoder else { return }
        let data = NIOAny(IOData.byteBuffer(bytes))
        track(context) { encoder.write(data, promise: $0) }
    }

    func flush() { encoder?.flush() }

    // MARK: time

    private func lifeChanged(_ context: ChannelHandlerContext) {
        guard let place else { return }
        place.setClientsTurn(since: life.clientsTurnSince)
        guard let deadline = life.deadline, deadline < timer?.at ?? .distantFuture else { return }
        timer?.task.cancel()
        let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let task = context.eventLoop.scheduleTask(deadline: deadline) {
            let (connection, context) = loopBound.value
            connection.timeIsUp(context)
        }
        timer = (task, deadline)
    }

    /// What it was set for may have happened meanwhile.
    private func timeIsUp(_ context: ChannelHandlerContext) {
        timer = nil
        if let deadline = life.deadline, deadline <= context.eventLoop.now {
            context.close(promise: nil)
        } else {
            lifeChanged(context)
        }
    }
}
