import AlarmModel
import NIOCore
import Synchronization

/// Counts the open connections of the desk, all addresses together, so that there are never more
/// than the station can spare, and none that nobody reads.
final class Connections: Sendable {
    private let open = Atomic<Int>(0)
    private let max: Int

    init(max: Int = Limits.deskConnectionsMax) { self.max = max }

    /// The handlers that each new connection needs.
    func makeHandlers() -> [any RemovableChannelHandler] {
        let stall = TimeAmount.microseconds(Limits.deskStallMax.microseconds)
        return [IdleStateHandler(writeTimeout: stall), ConnectionGuard(of: self)]
    }

    var count: Int { open.load(ordering: .relaxed) }

    /// False when there are too many; the one that asked counts until it is removed all the same.
    fileprivate func add() -> Bool { open.add(1, ordering: .relaxed).newValue <= max }

    fileprivate func remove() { open.subtract(1, ordering: .relaxed) }
}

/// Counts one connection in and out, and closes it when nothing could be written for too long.
private final class ConnectionGuard: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let connections: Connections

    init(of connections: Connections) { self.connections = connections }

    func handlerAdded(context: ChannelHandlerContext) {
        if !connections.add() { context.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { connections.remove() }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .write? = event as? IdleStateHandler.IdleStateEvent {
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }
}
