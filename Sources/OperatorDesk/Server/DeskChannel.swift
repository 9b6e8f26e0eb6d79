import AlarmModel
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// How a connection is set up: as Hummingbird does it, with a ``DeskConnection`` right behind what
/// reads and writes HTTP/1.
struct DeskChannel: ServerChildChannel {
    private let http: HTTP1Channel
    private let makeConnection: @Sendable () -> DeskConnection

    init(
        responder: @escaping HTTPChannelHandler.Responder,
        _ makeConnection: @escaping @Sendable () -> DeskConnection
    ) {
        let heads = HTTP1Channel.Configuration.DecoderConfiguration(
            maxHeaderFieldSize: Limits.requestHeaderBytesMax,
            maxHeaderListSize: Limits.requestHeaderBytesMax)
        http = HTTP1Channel(
            responder: responder, configuration: .init(httpDecoderConfiguration: heads))
        self.makeConnection = makeConnection
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        http.setup(channel: channel, logger: logger).flatMapThrowing { value in
            let pipeline = channel.pipeline.syncOperations
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(makeConnection(), position: .after(decoder))
            return value
        }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await http.handle(value: value, logger: logger)
    }
}
