import AlarmModel
import EventJSON
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

    /// What a stream begins with: how soon a browser comes back.
    func writeStart(to buffer: inout ByteBuffer) {
        guard self == .serverSentEvents else { return }
        buffer.writeString("retry: \(Limits.streamRetry.microseconds / 1_000)\n\n")
    }

    /// More than an item takes beside its JSON.
    static let roomBesides = 96

    /// - Parameter epoch: of the ledger that the record is in.
    func write(_ item: StreamItem, epoch: String, to buffer: inout ByteBuffer) {
        if self == .serverSentEvents {
            // Telemetry leaves the client's last event id as it is.
            if let sequence = item.sequence { buffer.writeString("id: \(epoch)-\(sequence)\n") }
        }
        write(item.isChange ? "change" : "event", item.json, to: &buffer)
    }

    /// A gap carries no id: a client that comes back after it is given what it missed.
    func write(_ gap: ClosedRange<Sequence>, to buffer: inout ByteBuffer) {
        write("gap", gapJSON(gap), to: &buffer)
    }

    /// What a client asked for that has to see that the stream lives.
    func writeAlive(at time: WallTime, _ sequence: Sequence, to buffer: inout ByteBuffer) {
        write("alive", aliveJSON(at: time, sequence), to: &buffer)
    }

    /// For everything on the way that cuts silent connections.
    func writeKeepAlive(to buffer: inout ByteBuffer) {
        if self == .serverSentEvents { buffer.writeString(":") }
        endItem(in: &buffer)
    }

    private func write(_ name: String, _ json: [UInt8], to buffer: inout ByteBuffer) {
        if self == .serverSentEvents { buffer.writeString("event: \(name)\ndata: ") }
        buffer.writeBytes(json)
        endItem(in: &buffer)
    }

    private func endItem(in buffer: inout ByteBuffer) {
        buffer.writeString(self == .serverSentEvents ? "\n\n" : "\n")
    }
}
