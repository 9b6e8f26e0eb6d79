import AlarmModel
import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A stream that has reached the present: written by the event loop of its connection itself,
/// whenever its place in the feed has something, without a task that has to be woken.
///
/// What the connection does not take stays in the ``StreamBuffer``, where it is bounded and where
/// what is lost is noticed.
final class LiveStream: Sendable {
    private struct State {
        var connection: DeskConnection?
        var ended: CheckedContinuation<Void, any Error>?
        var outcome: Result<Void, any Error>?
    }

    let pump: StreamPump
    private let subscription: EventSubscription
    private let format: StreamFormat
    private let epoch: String
    private let channel: any NIOCore.Channel
    private let state: NIOLoopBoundBox<State>

    init(
        _ subscription: EventSubscription, format: StreamFormat, epoch: String,
        on channel: any NIOCore.Channel
    ) {
        pump = subscription.pump(of: channel.eventLoop)
        self.subscription = subscription
        self.format = format
        self.epoch = epoch
        self.channel = channel
        state = .makeBoxSendingValue(State(), eventLoop: channel.eventLoop)
    }

    /// Until the feed is closed. Throws when the client is gone or its place is another's.
    func run() async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                channel.eventLoop.execute { self.begin(continuation) }
            }
        } onCancel: {
            channel.eventLoop.execute { self.end(.failure(CancellationError())) }
        }
    }

    // MARK: on the event loop

    private func begin(_ continuation: CheckedContinuation<Void, any Error>) {
        if let outcome = state.value.outcome { return continuation.resume(with: outcome) }
        state.value.ended = continuation
        guard
            let connection = try? channel.pipeline.syncOperations.handler(
                type: DeskConnection.self), connection.take(self)
        else { return end(.failure(CancellationError())) }
        state.value.connection = connection
        subscription.listen(self)
        var writing = SharedWriting()
        send(&writing)
    }

    /// Writes what there is, as far as the connection takes it.
    func send(_ writing: inout SharedWriting) {
        guard let connection = state.value.connection else { return }
        // Only the end of the station ends a stream in good order. Asked first: a client that reads
        // nothing gets no further.
        if subscription.state == .cut { return end(.failure(CancellationError())) }
        while connection.takesMore {
            let (step, state) = subscription.take()
            var buffer = ByteBuffer()
            switch step {
            case .send(let items):
                connection.send(
                    encoded: writing.bytes(
                        of: items, as: format, epoch: epoch, isChunked: connection.sendsChunks))
                continue
            case .gap(let gap): format.write(gap, to: &buffer)
            case .keepAlive: format.writeKeepAlive(to: &buffer)
            case .alive(let sequence): format.writeAlive(at: .now, sequence, to: &buffer)
            case .page: preconditionFailure("a client that reads the past is not live")
            case .rest:
                connection.flush()
                if state == .closed { end(.success(())) }
                return
            }
            connection.send(encoded: connection.sendsChunks ? buffer.asChunk : buffer)
        }
        connection.flush()
    }

    func end(_ outcome: Result<Void, any Error>) {
        guard state.value.outcome == nil else { return }
        let (connection, ended) = (state.value.connection, state.value.ended)
        state.value = State(outcome: outcome)
        subscription.listen(nil)
        connection?.release(self)
        ended?.resume(with: outcome)
    }
}

extension WallTime {
    static var now: WallTime {
        WallTime(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
    }
}
