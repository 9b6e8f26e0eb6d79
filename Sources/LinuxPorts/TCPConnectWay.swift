import AlarmModel
import Glibc

/// A TCP connection that the station makes.
class TCPConnectWay: WayIn {
    /// A connection on its way, and the addresses to be tried after it.
    private struct Attempt {
        var descriptor: Int32
        var token: UInt64
        var address: SocketAddress
        var untried: ArraySlice<SocketAddress>
    }

    let slot: PortSlot
    unowned let host: any PortHost
    private let address: NetworkAddress
    private var attempt: Attempt?

    init(_ slot: PortSlot, _ host: any PortHost, _ address: NetworkAddress) {
        self.slot = slot
        self.host = host
        self.address = address
    }

    deinit { if let attempt { Glibc.close(attempt.descriptor) } }

    // MARK: what a kind of connection may have different

    var counts: [PortStatus.Counter] { [] }

    func channel(_ handle: PortHandle, _ descriptor: Int32, to address: NetworkAddress) -> Channel {
        Connection(handle, descriptor, of: slot.mark, in: host.epoll)
    }

    /// How long after it was made a connection is looked at; nil for not at all.
    var settling: TimeSpan? { nil }

    // MARK: what all do

    final func attend(_ now: MonotonicTime) {
        switch slot.stage {
        case .waiting: begin(now)
        case .opening:
            if let attempt { return giveUp(attempt, "no answer") }
            // The question is out still, and a second one would get no other answer.
            slot.problem = .notConnected(address, "the name service does not answer")
            slot.retryAt = now + Limits.connectRetryMax
        case .open:
            slot.channel?.endSettling()
            slot.problem = slot.channel?.complaint
        }
    }

    final func ended(_ reason: PortCloseReason) { delay(reason.description) }

    final func abandon() {
        guard let attempt else { return }
        host.unwatch(attempt.descriptor, attempt.token)
        Glibc.close(attempt.descriptor)
        self.attempt = nil
    }

    private func begin(_ now: MonotonicTime) {
        slot.id = slot.tcpID
        slot.path = address.description
        let numeric = SocketAddress.resolve(address.host, address.port, numericOnly: true)
        if case .success(let addresses) = numeric { return connect(to: addresses[...]) }
        let address = address
        // A name service may take half a minute to answer.
        let isAsked = host.errands.run {
            SocketAddress.resolve(address.host, address.port, numericOnly: false)
        } then: { [weak self] in
            self?.take($0)
        }
        guard isAsked else { return delay("no thread for the name service") }
        slot.begin(.connecting(address), until: now + Limits.connectRetryMax)
    }

    private func take(_ answer: Result<[SocketAddress], SocketAddress.NameError>) {
        switch answer {
        case .success(let addresses): connect(to: addresses[...])
        case .failure(let error): delay(error.reason)
        }
    }

    /// The attempt has ended, well or badly.
    final func serve(_ token: UInt64, _ share: Int) {
        guard let attempt, attempt.token == token else { return }
        let code = TCPSocket.outcome(of: attempt.descriptor)
        guard code == 0 else { return giveUp(attempt, errorText(code)) }
        host.unwatch(attempt.descriptor, attempt.token)
        self.attempt = nil
        let channel = channel(host.nextHandle(), attempt.descriptor, to: address)
        let path = attempt.address.description
        slot.path = path
        slot.reach(channel)
        if let settling { slot.retryAt = Clock.monotonic() + settling }
        host.open(channel, of: slot, slot.tcpID, path: path)
    }

    /// Goes on with the next address, if there is one.
    private func giveUp(_ attempt: Attempt, _ reason: String) {
        abandon()
        connect(to: attempt.untried, lastReason: reason)
    }

    private func connect(to addresses: ArraySlice<SocketAddress>, lastReason: String? = nil) {
        var untried = addresses
        var reason = lastReason ?? "the name has no address"
        while let next = untried.popFirst() {
            guard let descriptor = TCPSocket.connect(to: next) else {
                reason = errorText(errno)
                continue
            }
            do throws(PortError) {
                let token = try host.watch(descriptor, for: .write, serving: self)
                attempt = Attempt(
                    descriptor: descriptor, token: token, address: next, untried: untried)
            } catch {
                Glibc.close(descriptor)
                reason = error.description
                continue
            }
            slot.begin(
                .connecting(address), until: Clock.monotonic() + Limits.connectPatience)
            return
        }
        delay(reason)
    }

    /// Waits before the next attempt, longer each time until one succeeds.
    private func delay(_ reason: String) {
        slot.wait(.notConnected(address, reason), until: Clock.monotonic() + slot.rest)
        let doubled = TimeSpan(microseconds: slot.rest.microseconds * 2)
        slot.rest = min(doubled, Limits.connectRetryMax)
    }
}

extension PortSlot {
    var tcpID: PortID { PortID(rawValue: "tcp-\(definition.name)") }
}
