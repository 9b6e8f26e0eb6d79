import AlarmModel
import Glibc

/// A listening socket, and an epoll of its own for its connections: the loop serves that as one
/// port, however many have something to say, and the kernel lets one after the other have its turn.
final class TCPListenWay: WayIn {
    let slot: PortSlot
    unowned let host: any PortHost
    private let address: NetworkAddress
    private var listener: ListeningSocket?
    /// Readable while a connection has something to say; named by a token as the socket is.
    private var connections: (epoll: Epoll, token: UInt64)?
    /// The socket is not watched for a while, because a connection could not be taken.
    private var isResting = false

    init(
        _ slot: PortSlot, _ host: any PortHost, _ address: NetworkAddress, idle: TimeSpan
    ) {
        self.slot = slot
        self.host = host
        self.address = address
        slot.peers = PeerBook(idle: idle)
    }

    var counts: [PortStatus.Counter] {
        [.init("connections", slot.counters.opens &- slot.counters.closes)]
            + slot.counters.ofPeers + [.init("reapedHalfOpen", slot.counters.reapedHalfOpen)]
    }

    func attend(_ now: MonotonicTime) {
        switch slot.stage {
        case .waiting, .opening: listen(now)
        case .open: acceptAgain()
        }
    }

    func serve(_ token: UInt64, _ share: Int) {
        guard let listener, let connections else { return }
        if token == listener.token {
            accept(from: listener, into: connections.epoll)
        } else if token == connections.token {
            serveConnections(of: connections.epoll, share)
        }
    }

    /// A connection has ended, so there is room for the next.
    func ended(_ reason: PortCloseReason) { acceptAgain() }

    func abandon() {
        if let connections { host.unwatch(connections.epoll.descriptor, connections.token) }
        if let listener { host.unwatch(listener.descriptor, listener.token) }
        (connections, listener) = (nil, nil)
    }

    private func listen(_ now: MonotonicTime) {
        slot.id = slot.tcpID
        do throws(PortProblem) {
            listener = try ListeningSocket(address, of: self, on: host, TCPSocket.listen)
            slot.path = listener?.path
            do throws(PortError) {
                let epoll = try Epoll()
                let token = try host.watch(epoll.descriptor, for: .read, serving: self)
                connections = (epoll, token)
            } catch {
                throw .notListening(address, error.code)
            }
            isResting = false
            slot.reach()
        } catch {
            abandon()
            slot.path = address.description
            slot.wait(error, until: error.isFinal ? nil : now + Limits.portRetry)
        }
    }

    private func accept(from listener: ListeningSocket, into epoll: Epoll) {
        let began = Clock.monotonic()
        for count in 0..<Limits.acceptsPerTurnMax {
            // One at least, so that a machine that is slow gets on. The rest is reported again.
            guard count == 0 || Clock.monotonic() - began < Limits.turnWork else { return }
            // The daemon may have reconfigured it away when it was told of the last connection.
            guard host.isWatched(listener.token) else { return }
            guard let (descriptor, peer) = TCPSocket.accept(from: listener.descriptor) else {
                switch errno {
                case EAGAIN: return
                // That connection ended before it was taken; the next one is as good.
                case EINTR, ECONNABORTED, EPROTO: continue
                case let code:
                    // Nobody need be there: without a free file, the kernel does not look.
                    guard host.replaceStranger(of: slot) else {
                        return rest(listener, .noFile(code))
                    }
                    continue
                }
            }
            let channel = AcceptedConnection(
                host.nextHandle(), descriptor, of: slot.mark, in: epoll)
            host.admit(channel, of: slot, from: peer.host)
            host.open(channel, of: slot, slot.tcpID, path: peer.description)
        }
    }

    /// The connections get together what one port gets, however many they are, and none twice
    /// before each other one once.
    private func serveConnections(of epoll: Epoll, _ share: Int) {
        let count: Int
        do throws(PortError) {
            count = try epoll.wait(milliseconds: 0, atMost: share / Limits.readShareBytesMin)
        } catch {
            return fail(error)
        }
        let ready = (0..<count).map { epoll.event($0) }
        let part = host.share(of: share, among: count)
        for (token, readiness) in ready { host.serve(token, readiness, part) }
    }

    /// Nothing of its connections is heard any more, so they are given up, and it begins anew.
    private func fail(_ error: PortError) {
        while let peer = slot.peers?.any.flatMap(host.channel) {
            host.retire(peer, .failed(error.code))
        }
        abandon()
        slot.wait(
            .notListening(address, error.code), until: Clock.monotonic() + Limits.portRetry)
    }

    /// Takes connections again: there is room, or it is time to try.
    private func acceptAgain() {
        guard slot.stage == .open, let listener else { return }
        slot.problem = nil
        guard isResting else { return }
        isResting = false
        host.epoll.change(listener.descriptor, token: listener.token, to: .read)
    }

    /// Leaves further connections in the kernel. They would be reported without end otherwise.
    private func rest(_ listener: ListeningSocket, _ problem: PortProblem) {
        isResting = true
        slot.problem = problem
        slot.retryAt = Clock.monotonic() + Limits.portRetry
        host.epoll.change(listener.descriptor, token: listener.token, to: [])
    }
}

private final class AcceptedConnection: Connection {
    override var keepsHalfClosed: Bool { true }
}

extension PortProblem {
    fileprivate static func noFile(_ code: Int32) -> PortProblem {
        PortProblem(
            state: .open, reason: "cannot accept connections: \(errorText(code))",
            remedy: "raise LimitNOFILE= of tocsind.service")
    }
}
