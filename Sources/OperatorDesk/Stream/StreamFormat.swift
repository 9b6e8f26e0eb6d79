import AlarmModel
import NIOCore

/// The two ways in which the stream is written; both say the same.
enum StreamFormat: Sendable {
    /// `text/event-stream`, for browsers: they come back by themselves and say where they were.
    case serverSentEvents
    /// `application/x-ndjson`, for programs: one JSON value a line.
    case lines

    var contentType: String {
        switch self {
        case .serverSentEvents: "text/event-stream"
        case .lines: "application/x-ndjson"
        }
    }

    func write(_ item: StreamItem, to buffer: inout ByteBuffer) {
        if self == .serverSentEvents {
            // Telemetry leaves the client's last event id as it is.
            if let sequence = item.sequence { buffer.writeString("id: \(sequence)\n") }
            buffer.writeString("data: ")
        }
        buffer.writeBytes(item.json)
        endItem(in: &buffer)
    }

    /// A gap carries no id: a client that comes back after it is given what it missed.
    func write(_ gap: ClosedRange<Sequence>, to buffer: inout ByteBuffer) {
        if self == .serverSentEvents { buffer.writeString("event: gap\ndata: ") }
        buffer.writeBytes(gapJSON(gap))
        endItem(in: &buffer)
    }

    func writeKeepAlive(to buffer: inout ByteBuffer) {
        if self == .serverSentEvents { buffer.writeString(":") }
        endItem(in: &buffer)
    }

    private func endItem(in buffer: inout ByteBuffer) {
        buffer.writeString(self == .serverSentEvents ? "\n\n" : "\n")
    }
}
