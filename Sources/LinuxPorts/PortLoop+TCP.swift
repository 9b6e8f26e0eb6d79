import AlarmModel
import Glibc

/// A listening socket, and an epoll of its own for its connections: the loop serves that as one
/// port, however many have something to say, and the kernel lets one after the other have its turn.
final class TCPListener {
    let descriptor: Int32
    let token: UInt64
    /// Names its connections, as ``token`` names the socket.
    let connectionsToken: UInt64
    private var epoll: Epoll
    /// Not watched for a while, because a connection could not be taken.
    var isResting = false

    init(descriptor: Int32, token: UInt64, connectionsToken: UInt64) throws(PortError) {
        epoll = try Epoll()
        self.descriptor = descriptor
        self.token = token
        self.connectionsToken = connectionsToken
    }

    /// Readable while a connection has something to say.
    var connections: Int32 { epoll.descriptor }

    func watch(
        _ connection: Int32, _ token: UInt64, for interest: Epoll.Readiness, isNew: Bool
    ) throws(PortError) {
        if isNew {
            try epoll.add(connection, token: token, for: interest)
        } else {
            epoll.change(connection, token: token, to: interest)
        }
    }

    func unwatch(_ connection: Int32) { epoll.remove(connection) }

    /// The connections that have something to say, and none twice before each other one once.
    func ready(atMost count: Int) -> [(token: UInt64, readiness: Epoll.Readiness)] {
        let found = (try? epoll.wait(milliseconds: 0, atMost: count)) ?? 0
        return (0..<found).map { epoll.event($0) }
    }
}

extension PortLoop {
    func listen(_ slot: PortSlot, on address: NetworkAddress, _ now: MonotonicTime) {
        slot.id = slot.tcpID
        guard let (descriptor, token) = bind(slot, to: address, now, TCPSocket.listen) else {
            return
        }
        do throws(PortError) {
            let listener = try TCPListener(
                descriptor: descriptor, token: token, connectionsToken: UInt64(nextNumber()))
            try epoll.add(listener.connections, token: listener.connectionsToken, for: .read)
            sources[token] = .listener(slot, listener)
            sources[listener.connectionsToken] = .connections(listener)
            slot.reach(.listening(listener))
        } catch {
            Glibc.close(descriptor)
            slot.wait(Self.problem(address, error.code), until: now + Limits.portRetry)
        }
    }

    /// A socket of `make` that is watched for reading; when there is none, the slot tells why.
    func bind(
        _ slot: PortSlot, to address: NetworkAddress, _ now: MonotonicTime,
        _ make: (SocketAddress) -> Int32?
    ) -> (descriptor: Int32, token: UInt64)? {
        slot.path = address.description
        let addresses = SocketAddress.resolve(address.host, address.port, numericOnly: true)
        guard let local = (try? addresses.get())?.first else {
            // Only another configuration helps.
            slot.wait(.notAnAddress(address), until: nil)
            return nil
        }
        guard let descriptor = make(local) else {
            slot.wait(Self.problem(address, errno), until: now + Limits.portRetry)
            return nil
        }
        let token = UInt64(nextNumber())
        guard (try? epoll.add(descriptor, token: token, for: .read)) != nil else {
            Glibc.close(descriptor)
            slot.wait(Self.problem(address, ENOMEM), until: now + Limits.portRetry)
            return nil
        }
        slot.path = Socket.localAddress(of: descriptor)?.description
        return (descriptor, token)
    }

    func acceptConnections(_ slot: PortSlot, _ listener: TCPListener) {
        for _ in 0..<Limits.acceptsPerTurnMax {
            // The daemon may have reconfigured it away when it was told of the last connection.
            guard sources[listener.token] != nil else { return }
            guard let (descriptor, peer) = TCPSocket.accept(from: listener.descriptor) else {
                switch errno {
                case EAGAIN: return
                // That connection ended before it was taken; the next one is as good.
                case EINTR, ECONNABORTED, EPROTO: continue
                case let code:
                    // Nobody need be there: without a free file, the kernel does not look.
                    guard replaceStranger(in: slot) else {
                        return stopAccepting(slot, listener, .noFile(code))
                    }
                    continue
                }
            }
            let channel = Channel(nextHandle(), descriptor, .connection, slot)
            admit(channel, from: peer.host, descriptor: descriptor)
            open(channel, id: slot.tcpID, path: peer.description)
        }
    }

    /// Takes connections again: there is room, or it is time to try.
    func resumeAccepting(_ slot: PortSlot) {
        guard case .listening(let listener) = slot.stage else { return }
        slot.problem = nil
        guard listener.isResting else { return }
        listener.isResting = false
        epoll.change(listener.descriptor, token: listener.token, to: .read)
    }

    /// Leaves further connections in the kernel. They would be reported without end otherwise.
    private func stopAccepting(
        _ slot: PortSlot, _ listener: TCPListener, _ problem: PortProblem
    ) {
        listener.isResting = true
        slot.problem = problem
        slot.retryAt = Clock.monotonic() + Limits.portRetry
        epoll.change(listener.descriptor, token: listener.token, to: [])
    }

    private static func problem(_ address: NetworkAddress, _ code: Int32) -> PortProblem {
        switch code {
        case EADDRINUSE: .addressInUse(address)
        case EACCES: .listenDenied(address)
        default: .failed("cannot listen on \(address)", code)
        }
    }
}

extension PortProblem {
    fileprivate static func noFile(_ code: Int32) -> PortProblem {
        PortProblem(
            state: .open, reason: "cannot accept connections: \(errorText(code))",
            remedy: "raise LimitNOFILE= of tocsind.service")
    }
}
