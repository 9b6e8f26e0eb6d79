import AlarmModel
import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// The operator desk: one HTTP server on each address, all with the same routes.
public struct DeskServer: Sendable {
    private let listen: [ListenAddress]
    private let routes: DeskRoutes
    private let logger: Logger
    private let onListening: @Sendable (ListenAddress) -> Void

    /// - Parameters:
    ///   - ledger: the past.
    ///   - feed: the present.
    ///   - onListening: called once for each address when it takes connections, with the port that
    ///     it really has when 0 was asked for.
    public init(
        listen: [ListenAddress], ledger: any EventSource, feed: EventFeed,
        station: any StationView, logger: Logger,
        onListening: @escaping @Sendable (ListenAddress) -> Void = { _ in }
    ) {
        self.listen = listen
        routes = DeskRoutes(source: ledger, feed: feed, station: station, logger: logger)
        self.logger = logger
        self.onListening = onListening
    }

    /// Serves until the task is cancelled, then ends every stream, lets open answers finish for
    /// ``Limits/deskGrace``, and cuts off what is left.
    ///
    /// - Throws: ``ListenError`` when an address cannot be had.
    public func run() async throws {
        let group = ServiceGroup(configuration: configuration)
        // A task of its own: cancellation is to reach it as a graceful end first.
        let serving = Task { try await group.run() }
        try await withTaskCancellationHandler {
            do {
                try await serving.value
            } catch {
                guard Task.isCancelled else { throw error }
                logger.debug("connections of the desk were cut off at the end")
            }
        } onCancel: {
            routes.feed.close()
            Task { await group.triggerGracefulShutdown() }
        }
    }

    private var configuration: ServiceGroupConfiguration {
        // Hummingbird and the group tell of each start and stop and of each connection cut off at
        // the end. What goes wrong is thrown; the daemon says it in its own words.
        var quiet = logger
        quiet.logLevel = .critical
        let connections = Connections()
        var services: [any Service] = [KeepAlive(routes.feed)]
        for address in listen {
            services.append(
                Listener(
                    address: address, routes: routes, connections: connections, quiet: quiet,
                    onListening: onListening))
        }
        var configuration = ServiceGroupConfiguration(services: services, logger: quiet)
        configuration.maximumGracefulShutdownDuration =
            .microseconds(Limits.deskGrace.microseconds)
        return configuration
    }
}

/// Why an address cannot be listened on, and what to do.
public struct ListenError: Error, CustomStringConvertible {
    public var address: ListenAddress
    public var reason: String

    public var description: String { "cannot listen on \(address): \(reason)" }
}

/// Has idle streams say that they live.
private struct KeepAlive: Service {
    let feed: EventFeed

    init(_ feed: EventFeed) { self.feed = feed }

    func run() async throws {
        let pause = Duration.microseconds(Limits.streamKeepAlive.microseconds)
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: pause)) != nil { feed.keepAlive() }
        }
    }
}

/// The server on one address.
private struct Listener: Service {
    let address: ListenAddress
    let routes: DeskRoutes
    let connections: Connections
    /// For Hummingbird.
    let quiet: Logger
    let onListening: @Sendable (ListenAddress) -> Void

    func run() async throws {
        if case .unix(let path) = address { try await checkNobodyListens(path) }
        let server = HTTP1Channel.Configuration(
            additionalChannelHandlers: connections.makeHandlers(),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: Limits.requestHeaderBytesMax,
                maxHeaderListSize: Limits.requestHeaderBytesMax))
        let application = Application(
            router: routes.router(), server: .http1(configuration: server),
            configuration: ApplicationConfiguration(address: bindAddress),
            onServerRunning: { channel in isListening(channel) }, logger: quiet)
        do {
            try await application.run()
        } catch {
            throw ListenError(address: address, reason: "\(error)")
        }
    }

    private var bindAddress: BindAddress {
        switch address {
        case .tcp(let host, let port): .hostname(host, port: port)
        case .unix(let path): .unixDomainSocket(path: path)
        }
    }

    private func isListening(_ channel: any Channel) {
        switch address {
        case .tcp(let host, let port):
            onListening(.tcp(host: host, port: channel.localAddress?.port ?? port))
        case .unix(let path):
            // Connecting takes the right to write: the group of the daemon is let in, others not.
            if unsafe chmod(path, 0o660) != 0 {
                routes.logger.warning(
                    "the mode of the desk's socket could not be set", metadata: ["path": "\(path)"])
            }
            onListening(address)
        }
    }

    /// A socket file outlives a daemon that was killed. It is in the way of the next one and is
    /// replaced, but never while somebody answers at it.
    private func checkNobodyListens(_ path: String) async throws {
        do {
            let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            let channel = try await bootstrap.connect(unixDomainSocketPath: path).get()
            try await channel.close()
        } catch let error as IOError
            where error.errnoCode == ECONNREFUSED || error.errnoCode == ENOENT
        {
            return
        } catch {
            throw ListenError(address: address, reason: "\(error)")
        }
        throw ListenError(
            address: address,
            reason: "another program listens there; end it first (is tocsind running already?)")
    }
}
