import AlarmModel
import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// The server on one address, and the attempts until it can be had.
struct Listener: Service {
    let address: ListenAddress
    let routes: DeskRoutes
    let hosts: HostList
    let addresses: DeskAddresses
    let connections: Connections
    /// For Hummingbird.
    let quiet: Logger
    let onListening: @Sendable (ListenAddress) -> Void

    func run() async throws {
        var rest = Limits.listenRetry
        while !Task.isShuttingDownGracefully {
            do {
                return try await serve()
            } catch {
                // Whoever cuts off what is left at the end wants to hear that.
                guard !Task.isCancelled else { throw error }
                addresses.set(trouble(error))
            }
            let pause = Duration.microseconds(rest.microseconds)
            await cancelWhenGracefulShutdown { try? await Task.sleep(for: pause) }
            rest = TimeSpan(
                microseconds: min(rest.microseconds * 2, Limits.listenRetryMax.microseconds))
        }
    }

    /// Serves until the desk is to end.
    private func serve() async throws {
        if case .unix(let path) = address { try await checkNobodyListens(path) }
        let isOnSocket = if case .unix = address { true } else { false }
        let application = Application(
            router: routes.router(),
            server: HTTPServerBuilder { responder in
                DeskChannel(responder: responder) {
                    DeskConnection(connections: connections, hosts: isOnSocket ? nil : hosts)
                }
            },
            configuration: ApplicationConfiguration(address: try await bindAddress()),
            onServerRunning: { channel in isListening(channel) }, logger: quiet)
        try await application.run()
    }

    /// A name is looked up here, where that keeps nobody waiting.
    private func bindAddress() async throws -> BindAddress {
        switch address {
        case .unix(let path): return .unixDomainSocket(path: path)
        case .tcp(let host, let port):
            if (try? SocketAddress(ipAddress: host, port: port)) != nil {
                return .hostname(host, port: port)
            }
            let found = try await blocking {
                try SocketAddress.makeAddressResolvingHost(host, port: port)
            }
            return .hostname(found.ipAddress ?? host, port: port)
        }
    }

    private func isListening(_ channel: any Channel) {
        addresses.set(DeskAddress(address: address, state: .open))
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
        } catch let error as IOError where error.errnoCode == EAGAIN {
            // It has more connections waiting than it takes.
        }
        throw IOError(errnoCode: EADDRINUSE, reason: "somebody answers at \(path)")
    }

    // MARK: what a person is told

    private func trouble(_ error: any Error) -> DeskAddress {
        switch error {
        case let error as IOError: return trouble(error.errnoCode)
        case is UnixDomainSocketPathWrongType:
            return told(
                .unusable, "what is there is no socket", "move it away, or choose another path")
        case is SocketAddressError.UnknownHost, is SocketAddressError:
            return told(
                .absent, "no address of that name is known",
                "use an address of this machine, or 0.0.0.0 or [::] for all of them")
        default:
            return told(
                .unusable, plainReason(of: error), "choose another address under listen:")
        }
    }

    private func trouble(_ code: CInt) -> DeskAddress {
        switch (code, address) {
        case (EADDRINUSE, .tcp(_, let port)):
            told(
                .busy, "another program listens there",
                "find it with `ss -ltnp 'sport = :\(port)'` and stop it (is tocsind running "
                    + "already?), or choose another port")
        case (EADDRINUSE, .unix):
            told(
                .busy, "another program listens there",
                "stop it first (is tocsind running already?)")
        case (EADDRNOTAVAIL, _):
            told(
                .absent, "this machine does not have the address",
                "it is used as soon as the machine has it; `ip address` shows those that it has")
        case (EACCES, .tcp):
            told(
                .denied, "permission denied",
                "choose a port above 1023, or give the unit "
                    + "AmbientCapabilities=CAP_NET_BIND_SERVICE")
        case (EACCES, .unix), (EPERM, .unix):
            told(
                .denied, "permission denied",
                "let the user of tocsind write the directory of the socket")
        case (ENOENT, .unix):
            told(
                .absent, "its directory is not there",
                "make it; the unit does so by RuntimeDirectory=tocsin")
        case (ENOTSOCK, .unix):
            told(.unusable, "what is there is no socket", "move it away, or choose another path")
        default:
            told(.unusable, systemReason(code), "choose another address under listen:")
        }
    }

    private func told(
        _ state: PortStatus.State, _ reason: String, _ remedy: String
    ) -> DeskAddress {
        DeskAddress(address: address, state: state, reason: reason, remedy: remedy)
    }
}
