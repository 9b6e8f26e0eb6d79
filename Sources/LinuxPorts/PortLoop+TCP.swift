import AlarmModel
import Glibc

/// A listening socket.
final class TCPListener {
    let descriptor: Int32
    let token: UInt64
    /// Not watched for a while, because a connection could not be taken.
    var isResting = false

    init(descriptor: Int32, token: UInt64) {
        self.descriptor = descriptor
        self.token = token
    }
}

/// A connection on its way, and the addresses to be tried after it.
struct TCPAttempt {
    var descriptor: Int32
    var token: UInt64
    var address: SocketAddress
    var untried: ArraySlice<SocketAddress>
}

extension PortSlot {
    fileprivate var tcpID: PortID { PortID(rawValue: "tcp-\(definition.name)") }
}

// MARK: - Listening

extension PortLoop {
    func listen(_ slot: PortSlot, on address: NetworkAddress, _ now: MonotonicTime) {
        slot.id = slot.tcpID
        guard let (descriptor, token) = bind(slot, to: address, now, TCPSocket.listen) else {
            return
        }
        let listener = TCPListener(descriptor: descriptor, token: token)
        sources[token] = .listener(slot, listener)
        slot.reach(.listening(listener))
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
                    guard replace(in: slot, \.oldestStranger) else {
                        return stopAccepting(slot, listener, .noFile(code))
                    }
                    continue
                }
            }
            guard makeRoom(in: slot, for: peer.host) else {
                Glibc.close(descriptor)
                slot.counters.refused &+= 1
                slot.problem = .full(slot.peers.count)
                continue
            }
            let channel = Channel(nextHandle(), descriptor, .connection, slot)
            slot.peers.admit(channel.handle, from: peer.host, at: servedAt)
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
    fileprivate static func full(_ count: Int) -> PortProblem {
        PortProblem(
            state: .open,
            reason: "\(count) connections are open, and devices are at the end of each; "
                + "others are refused",
            remedy: "spread the devices over several stations")
    }

    fileprivate static func noFile(_ code: Int32) -> PortProblem {
        PortProblem(
            state: .open, reason: "cannot accept connections: \(errorText(code))",
            remedy: "raise LimitNOFILE= of tocsind.service")
    }
}

// MARK: - Connecting

extension PortLoop {
    func startConnecting(_ slot: PortSlot, to address: NetworkAddress, _ now: MonotonicTime) {
        slot.id = slot.tcpID
        slot.path = address.description
        slot.problem = slot.problem ?? .connecting(address)
        let numeric = SocketAddress.resolve(address.host, address.port, numericOnly: true)
        if let addresses = try? numeric.get() { return connect(slot, to: addresses[...]) }
        guard resolver.ask(for: address, slotNumber: slot.number) else {
            return delayConnecting(slot, .notConnected(address, "no thread for the name service"))
        }
        slot.stage = .resolving
        // Should the answer be lost, the question is asked again.
        slot.retryAt = now + Limits.connectRetryMax
    }

    func takeResolvedNames() {
        for answer in resolver.answers.takeAll() {
            guard let slot = slots.first(where: { $0.number == answer.slotNumber }),
                case .resolving = slot.stage
            else { continue }
            switch answer.result {
            case .success(let addresses): connect(slot, to: addresses[...])
            case .failure(let error): connectingFailed(slot, error.reason)
            }
        }
    }

    /// The attempt has ended, well or badly.
    func finishAttempt(_ slot: PortSlot, _ attempt: TCPAttempt) {
        let code = TCPSocket.outcome(of: attempt.descriptor)
        guard code == 0 else { return giveUpAttempt(slot, attempt, errorText(code)) }
        sources[attempt.token] = nil
        epoll.remove(attempt.descriptor)
        let channel = connected(slot, attempt.descriptor)
        slot.path = attempt.address.description
        slot.reach(.open(channel))
        if channel.telnet != nil { slot.retryAt = Clock.monotonic() + Limits.serialServerPatience }
        open(channel, id: slot.tcpID, path: attempt.address.description)
    }

    /// Goes on with the next address, if there is one.
    func giveUpAttempt(_ slot: PortSlot, _ attempt: TCPAttempt, _ reason: String) {
        drop(attempt.descriptor, token: attempt.token)
        connect(slot, to: attempt.untried, lastReason: reason)
    }

    /// Waits before the next attempt, longer each time until one succeeds.
    func delayConnecting(_ slot: PortSlot, _ problem: PortProblem) {
        slot.wait(problem, until: Clock.monotonic() + slot.rest)
        let doubled = TimeSpan(microseconds: slot.rest.microseconds * 2)
        slot.rest = min(doubled, Limits.connectRetryMax)
    }

    private func connect(
        _ slot: PortSlot, to addresses: ArraySlice<SocketAddress>, lastReason: String? = nil
    ) {
        var untried = addresses
        var reason = lastReason ?? "the name has no address"
        while let address = untried.popFirst() {
            guard let descriptor = TCPSocket.connect(to: address) else {
                reason = errorText(errno)
                continue
            }
            let token = UInt64(nextNumber())
            guard (try? epoll.add(descriptor, token: token, for: .write)) != nil else {
                Glibc.close(descriptor)
                reason = errorText(ENOMEM)
                continue
            }
            let attempt = TCPAttempt(
                descriptor: descriptor, token: token, address: address, untried: untried)
            sources[token] = .attempt(slot, attempt)
            slot.stage = .connecting(attempt)
            slot.retryAt = Clock.monotonic() + Limits.connectPatience
            return
        }
        connectingFailed(slot, reason)
    }

    private func connectingFailed(_ slot: PortSlot, _ reason: String) {
        switch slot.definition.way {
        case .tcpConnect(let address), .serialServer(let address, _):
            delayConnecting(slot, .notConnected(address, reason))
        default: break
        }
    }
}
