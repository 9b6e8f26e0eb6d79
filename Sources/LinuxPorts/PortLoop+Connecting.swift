import AlarmModel
import Glibc

/// A connection on its way, and the addresses to be tried after it.
struct TCPAttempt {
    var descriptor: Int32
    var token: UInt64
    var address: SocketAddress
    var untried: ArraySlice<SocketAddress>
}

extension PortSlot {
    var tcpID: PortID { PortID(rawValue: "tcp-\(definition.name)") }
}

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
            guard let slot = slot(numbered: answer.slotNumber),
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
