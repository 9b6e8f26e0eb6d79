import AlarmModel
import NIOCore
import Synchronization

/// Wakes the live streams of one event loop: all that have got something since it last looked go
/// out in one turn, so that a record costs one wake-up of the loop and not one of each client.
final class StreamPump: Sendable {
    private struct State {
        var waiting: [LiveStream] = []
        var isStarted = false
    }

    private let eventLoop: any EventLoop
    private let state = Mutex(State())

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// `stream` has something to take. Nothing happens before ``start()``.
    func add(_ stream: LiveStream) { state.withLock { $0.waiting.append(stream) } }

    /// Has the event loop look, unless it is about to.
    func start() {
        let isFirst = state.withLock { state in
            guard !state.isStarted, !state.waiting.isEmpty else { return false }
            state.isStarted = true
            return true
        }
        if isFirst { eventLoop.execute { self.run() } }
    }

    private func run() {
        let streams = state.withLock { state in
            state.isStarted = false
            let streams = state.waiting
            state.waiting.removeAll(keepingCapacity: true)
            return streams
        }
        var writing = SharedWriting()
        for stream in streams { stream.send(&writing) }
    }
}

/// One pump for each event loop that has streams.
final class StreamPumps: Sendable {
    private let pumps = Mutex<[ObjectIdentifier: StreamPump]>([:])

    subscript(eventLoop: any EventLoop) -> StreamPump {
        pumps.withLock { pumps in
            let id = ObjectIdentifier(eventLoop)
            let pump = pumps[id] ?? StreamPump(eventLoop)
            pumps[id] = pump
            return pump
        }
    }
}

/// What was written last, for the next client that is to get the same: a live client mostly does.
struct SharedWriting {
    private struct Written {
        var items: [StreamItem]
        var format: StreamFormat
        var isChunked: Bool
        var bytes: ByteBuffer
    }

    private var last: Written?

    /// The bytes of `items` as they go to the socket.
    mutating func bytes(
        of items: [StreamItem], as format: StreamFormat, epoch: String, isChunked: Bool
    ) -> ByteBuffer {
        // Where the records are the same ones, their bytes are, and nothing has to be compared.
        if let last, last.format == format, last.isChunked == isChunked, last.items == items {
            return last.bytes
        }
        let size = items.reduce(0) { $0 + $1.json.count + StreamFormat.roomBesides }
        var body = ByteBuffer()
        body.reserveCapacity(size)
        for item in items { format.write(item, epoch: epoch, to: &body) }
        let bytes = isChunked ? body.asChunk : body
        last = Written(items: items, format: format, isChunked: isChunked, bytes: bytes)
        return bytes
    }
}

extension ByteBuffer {
    /// With its length in front, as RFC 9112 §7.1 has it.
    var asChunk: ByteBuffer {
        guard readableBytes > 0 else { return self }
        var chunk = ByteBuffer()
        chunk.reserveCapacity(readableBytes + 20)
        chunk.writeString(String(readableBytes, radix: 16))
        chunk.writeStaticString("\r\n")
        chunk.writeImmutableBuffer(self)
        chunk.writeStaticString("\r\n")
        return chunk
    }
}
