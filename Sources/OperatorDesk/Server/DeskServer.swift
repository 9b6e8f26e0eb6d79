import AlarmModel
import Glibc
import Logging
import ServiceLifecycle

/// The operator desk: one HTTP server on each address, all with the same routes.
///
/// An address that cannot be had now, because another program or nobody has it, is tried again and
/// shown until then: the station does its work meanwhile.
public struct DeskServer: Sendable {
    private let listen: [ListenAddress]
    private let hosts: HostList
    private let addresses: DeskAddresses
    private let routes: DeskRoutes
    private let logger: Logger
    private let onListening: @Sendable (ListenAddress) -> Void

    /// - Parameters:
    ///   - hosts: names besides its own under which the desk may be asked for.
    ///   - ledger: the past.
    ///   - feed: the present.
    ///   - onListening: called for each address when it takes connections, with the port that it
    ///     really has when 0 was asked for.
    ///   - onChange: called for each address once it has been tried, and whenever it is doing
    ///     otherwise than before; not for every vain attempt.
    public init(
        listen: [ListenAddress], hosts: [String] = [], ledger: any EventSource, feed: EventFeed,
        station: any StationView, logger: Logger,
        onListening: @escaping @Sendable (ListenAddress) -> Void = { _ in },
        onChange: @escaping @Sendable (DeskAddress) -> Void = { _ in }
    ) {
        self.listen = listen
        self.hosts = HostList(listen: listen, machine: machineName, more: hosts)
        addresses = DeskAddresses(listen, onChange: onChange)
        routes = DeskRoutes(
            source: ledger, feed: feed, station: station, addresses: addresses, logger: logger)
        self.logger = logger
        self.onListening = onListening
    }

    /// Serves until the task is cancelled, then ends every stream, lets open answers finish for
    /// ``Limits/deskGrace``, and cuts off what is left.
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
                    address: address, routes: routes, hosts: hosts, addresses: addresses,
                    connections: connections, quiet: quiet, onListening: onListening))
        }
        var configuration = ServiceGroupConfiguration(services: services, logger: quiet)
        configuration.maximumGracefulShutdownDuration =
            .microseconds(Limits.deskGrace.microseconds)
        return configuration
    }
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

/// What the machine calls itself; nil when it has no name.
private var machineName: String? {
    var name = [CChar](repeating: 0, count: Int(HOST_NAME_MAX) + 1)
    let (failed, size) = (unsafe gethostname(&name, name.count), name.count)
    guard failed == 0, size > 0 else { return nil }
    return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
