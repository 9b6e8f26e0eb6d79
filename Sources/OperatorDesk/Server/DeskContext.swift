import Hummingbird
import NIOCore

/// What a route knows of a request besides what it says.
struct DeskContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// It came over the socket: from somebody at the machine, whom the socket's mode has let in.
    let isOnSocket: Bool
    /// The connection that it came by.
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
        isOnSocket = source.channel.localAddress?.protocol == .unix
    }
}
