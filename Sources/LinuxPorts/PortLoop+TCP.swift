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
    func listen(_ slot: PortSlot, on address: TCPAddress, _ now: MonotonicTime) {
        slot.id = slot.tcpID
        slot.path = address.description
        let addresses = SocketAddress.resolve(address.host, address.port, numericOnly: true)
        guard let local = (try? addresses.get())?.first else {
            // Only another configuration helps.
            return slot.wait(.notAnAddress(address), until: nil)
        }
        guard let descriptor = TCPSocket.listen(on: local) else {
            return slot.wait(Self.problem(address, errno), until: now + Limits.portRetry)
        }
        let token = UInt64(nextNumber())
        guard (try? epoll.add(descriptor, token: token, for: .read)) != nil else {
            Glibc.close(descriptor)
            return slot.wait(Self.problem(address, ENOMEM), until: now + Limits.portRetry)
        }
        let listener = TCPListener(descriptor: descriptor, token: token)
        sources[token] = .listener(slot, listener)
        slot.path = TCPSocket.localAddress(of: descriptor)?.description
        slot.reach(.listening(listener))
    }

    func acceptConnections(_ slot: PortSlot, _ listener: TCPListener) {
        for _ in 0..<Limits.acceptsPerTurnMax {
            // The daemon may have reconfigured it away when it was told of the last connection.
            guard sources[listener.token] != nil else { return }
            guard slot.hasRoom else { return stopAccepting(slot, listener, .full) }
            guard let (descriptor, peer) = TCPSocket.accept(from: listener.descriptor) else {
                switch errno {
                case EAGAIN: return
                // That connection ended before it was taken; the next one is as good.
                case EINTR, ECONNABORTED, EPROTO: continue
                default: return stopAccepting(slot, listener, .noFile(errno))
                }
            }
            let channel = Channel(nextHandle(), descriptor, .connection, slot)
            let id = PortID(rawValue: "\(slot.tcpID)-\(peer.description)")
            open(channel, id: id, path: peer.description)
        }
    }

    /// Takes connections again if they can be taken.
    func resumeAccepting(_ slot: PortSlot) {
        guard case .listening(let listener) = slot.stage, listener.isResting, slot.hasRoom else {
            return
        }
        listener.isResting = false
        slot.problem = nil
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

    private static func problem(_ address: TCPAddress, _ code: Int32) -> PortProblem {
        switch code {
        case EADDRINUSE: .addressInUse(address)
        case EACCES: .listenDenied(address)
        default: .failed("cannot listen on \(address)", code)
        }
    }
}

extension PortSlot {
    fileprivate var hasRoom: Bool {
        counters.opens &- counters.closes < UInt64(Limits.connectionsPerListenerMax)
    }
}

extension PortProblem {
    fileprivate static let full = PortProblem(
        state: .open,
        reason: "\(Limits.connectionsPerListenerMax) connections are open; others wait",
        remedy: "spread the devices over several listeners")

    fileprivate static func noFile(_ code: Int32) -> PortProblem {
        PortProblem(
            state: .open, reason: "cannot accept connections: \(errorText(code))",
            remedy: "raise LimitNOFILE= of tocsind.service")
    }
}

// MARK: - Connecting

extension PortLoop {
    func startConnecting(_ slot: PortSlot, to address: TCPAddress, _ now: MonotonicTime) {
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
        let channel = Channel(nextHandle(), attempt.descriptor, .connection, slot)
        slot.path = attempt.address.description
        slot.reach(.open(channel))
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
        guard case .tcpConnect(let address) = slot.definition.way else { return }
        delayConnecting(slot, .notConnected(address, reason))
    }
}
