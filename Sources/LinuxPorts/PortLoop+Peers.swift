import AlarmModel
import Glibc

extension PortLoop {
    /// The station has just had a whole frame from this peer: it may be silent for longer from now
    /// on, and strangers do not take its place. Nothing happens for what is no peer of a listener.
    public func vouch(for handle: PortHandle) {
        guard let channel = channel(handle), let slot = peerSlot(of: channel) else { return }
        channel.isSpared = false
        slot.peers.vouch(for: handle, at: servedAt)
        // Newcomers keep their places, so it takes one among the devices.
        guard slot.peers.devices.count > max(1, bounds.perListener - bounds.newcomers) else {
            return
        }
        if let device = slot.peers.devices.first { replace(device) }
        slot.problem = .crowded(slot.peers.count)
    }

    /// Takes a peer up, in the place of another where there is none left.
    ///
    /// - Parameter descriptor: of its own, if it has one.
    func admit(
        _ channel: Channel, from host: SocketAddress.Host, descriptor: Int32? = nil
    ) {
        let slot = channel.slot
        makeRoom(in: slot, for: host, descriptor)
        slot.peers.admit(channel.handle, from: host, at: servedAt)
        listeners.add(slot.number)
        if channel.isWatchable { connections.add(slot.number) }
        let due = servedAt + slot.peers.patience
        timetable[.reaping(slot.number)] = min(timetable[.reaping(slot.number)] ?? due, due)
    }

    /// Takes it out of the books, when it is closed.
    func dismiss(_ channel: Channel) {
        guard let slot = peerSlot(of: channel) else { return }
        slot.peers.remove(channel.handle)
        listeners.remove(slot.number)
        if channel.isWatchable { connections.remove(slot.number) }
    }

    private func makeRoom(
        in slot: PortSlot, for host: SocketAddress.Host, _ descriptor: Int32?
    ) {
        if slot.peers.strangers.count(from: host) >= bounds.strangersPerAddress {
            return replace(in: slot) { $0.strangers.oldest(from: host) }
        }
        let lacksFiles = descriptor.map { $0 >= bounds.files } ?? false
        let isFull = slot.peers.count >= bounds.perListener
        guard isFull || lacksFiles || listeners.total >= bounds.overall else { return }
        if isFull || slot.peers.strangers.count >= bounds.newcomers {
            replace(in: slot) { $0.strangers.first ?? $0.devices.first }
        } else {
            // All together are too many, so one of the listener that has the most gives way.
            let fullest = (lacksFiles ? connections : listeners).heaviest
            guard let victim = fullest.flatMap(slot(numbered:)) else { return }
            let spares = bounds.newcomers
            replace(in: victim) { peers in
                let stranger = peers.strangers.first
                return peers.strangers.count < spares ? peers.devices.first ?? stranger : stranger
            }
        }
        if lacksFiles { slot.problem = .filesKept(slot.peers.count) }
    }

    /// Closes the first peer of `choice`, of a few the first whose bytes do not wait unread.
    private func replace(in slot: PortSlot, _ choice: (PeerBook) -> PortHandle?) {
        for _ in 0..<Limits.replacementsTriedMax {
            guard let handle = choice(slot.peers), let channel = channel(handle) else { return }
            guard spare(channel, at: servedAt) else { return retire(channel, .replaced) }
        }
        if let handle = choice(slot.peers) { replace(handle) }
    }

    /// The same for a stranger whose place somebody may want: false when there is none but those
    /// whose bytes wait.
    func replaceStranger(in slot: PortSlot) -> Bool {
        guard let stranger = slot.peers.strangers.first.flatMap(channel), !stranger.hasUnread else {
            return false
        }
        retire(stranger, .replaced)
        return true
    }

    private func replace(_ handle: PortHandle) {
        if let channel = channel(handle) { retire(channel, .replaced) }
    }

    /// Closes the peers of a listener that were silent for too long.
    func reapIdle(_ slot: PortSlot, _ now: MonotonicTime) {
        // While nothing is read, all are silent.
        guard !isPaused else {
            timetable[.reaping(slot.number)] = now + Limits.portRetry
            return
        }
        for _ in 0..<Limits.reapedPerTurnMax {
            guard let handle = slot.peers.firstDue(at: now), let channel = channel(handle)
            else { break }
            if !spare(channel, at: now) { retire(channel, .idle) }
        }
        // Behind this instant, so that the others get their turn even when more are due.
        let soonest = now + TimeSpan(microseconds: 1)
        timetable[.reaping(slot.number)] = slot.peers.nextDue.map { max($0, soonest) }
    }

    /// True when bytes of it wait in the kernel, which may be the frame that is missed: then it
    /// gets as much time again, and that once a frame.
    private func spare(_ channel: Channel, at now: MonotonicTime) -> Bool {
        guard !channel.isSpared, channel.hasUnread else { return false }
        channel.isSpared = true
        channel.slot.peers.spare(channel.handle, at: now)
        return true
    }

    private func peerSlot(of channel: Channel) -> PortSlot? {
        channel.slot.definition.way.idle == nil ? nil : channel.slot
    }
}

extension PortSlot.Counters {
    /// Counts how a peer of a listener ended.
    mutating func countEnd(_ reason: PortCloseReason) {
        switch reason {
        case .idle: reapedIdle &+= 1
        case .replaced: replaced &+= 1
        case .unread: refused &+= 1
        case .failed(ETIMEDOUT): reapedHalfOpen &+= 1
        default: break
        }
    }
}

extension PortProblem {
    fileprivate static func crowded(_ count: Int) -> PortProblem {
        PortProblem(
            state: .open,
            reason: "\(count) peers are there, and devices are at the end of nearly each; "
                + "the one that was silent longest gives way to the next",
            remedy: "spread the devices over several stations")
    }

    fileprivate static func filesKept(_ count: Int) -> PortProblem {
        PortProblem(
            state: .open,
            reason: "\(count) connections are open, and the files that are left are kept for desk "
                + "and ledger; the peer that was silent longest gives way to the next",
            remedy: "raise LimitNOFILE= of tocsind.service")
    }
}
