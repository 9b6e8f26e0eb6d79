import AlarmModel
import Glibc

extension PortLoop {
    /// The station has just had a whole frame from this peer: it may be silent for longer from now
    /// on, and strangers do not take its place. Nothing happens for what is no peer of a listener.
    public func vouch(for handle: PortHandle) {
        guard let channel = channel(handle), let slot = slot(of: channel) else { return }
        channel.isSpared = false
        slot.peers?.vouch(for: handle, at: servedAt)
        guard let book = slot.peers, places.isCrowded(book) else { return }
        if let device = book.devices.first { replace(device) }
        slot.problem = .crowded(slot.peers?.count ?? 0)
    }

    func admit(_ channel: Channel, of slot: PortSlot, from host: SocketAddress.Host) {
        guard let book = slot.peers else { return }
        let hasConnection = channel.epoll != nil
        let newcomer = PeerPlaces.Newcomer(
            slot: slot.number, host: host, descriptor: hasConnection ? channel.descriptor : nil)
        if let replacement = places.replacement(for: newcomer, in: book) {
            if let victims = way(numbered: replacement.slot)?.slot {
                replace(in: victims, replacement.choice)
            }
            if replacement.savesFile { slot.problem = .filesKept(slot.peers?.count ?? 0) }
        }
        slot.peers?.admit(channel.handle, from: host, at: servedAt)
        places.add(to: slot.number, hasConnection: hasConnection)
        let due = servedAt + book.patience
        timetable[.reaping(slot.number)] = min(timetable[.reaping(slot.number)] ?? due, due)
    }

    /// Takes it out of the books, when it is closed.
    func dismiss(_ channel: Channel, of slot: PortSlot) {
        guard slot.peers != nil else { return }
        slot.peers?.remove(channel.handle)
        places.remove(from: slot.number, hasConnection: channel.epoll != nil)
    }

    /// Closes the first peer of `choice`, of a few the first whose bytes do not wait unread.
    private func replace(in slot: PortSlot, _ choice: (PeerBook) -> PortHandle?) {
        for _ in 0..<Limits.replacementsTriedMax {
            guard let channel = slot.peers.flatMap(choice).flatMap(channel) else { return }
            guard spare(channel, of: slot, at: servedAt) else { return retire(channel, .replaced) }
        }
        if let handle = slot.peers.flatMap(choice) { replace(handle) }
    }

    func replaceStranger(of slot: PortSlot) -> Bool {
        guard let stranger = slot.peers?.strangers.first.flatMap(channel), !stranger.hasUnread
        else { return false }
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
            guard let channel = slot.peers?.firstDue(at: now).flatMap(channel) else { break }
            if !spare(channel, of: slot, at: now) { retire(channel, .idle) }
        }
        // Behind this instant, so that the others get their turn even when more are due.
        let soonest = now + TimeSpan(microseconds: 1)
        timetable[.reaping(slot.number)] = slot.peers?.nextDue.map { max($0, soonest) }
    }

    /// True when bytes of it wait in the kernel, which may be the frame that is missed: then it
    /// gets as much time again, and that once a frame.
    private func spare(_ channel: Channel, of slot: PortSlot, at now: MonotonicTime) -> Bool {
        guard !channel.isSpared, channel.hasUnread else { return false }
        channel.isSpared = true
        slot.peers?.spare(channel.handle, at: now)
        return true
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
