import AlarmModel
import Glibc

/// How many peers the listeners take.
struct PeerBounds {
    var perListener = Limits.connectionsPerListenerMax
    var overall = Limits.connectionsMax
    var strangersPerAddress = Limits.strangersPerAddressMax
}

extension PortLoop {
    /// The station has had a whole frame from this peer: from now on it may be silent for longer,
    /// and no stranger takes its place. Nothing happens for what is no peer of a listener.
    public func vouch(for handle: PortHandle) {
        channel(handle)?.slot.peers.vouch(for: handle)
    }

    /// Whether a newcomer from `host` can be taken, if need be in the place of another: of a
    /// stranger, or where `sparesDevices` is false, of a device that was not heard for longest.
    func makeRoom(
        in slot: PortSlot, for host: SocketAddress.Host, sparesDevices: Bool = true
    ) -> Bool {
        if slot.peers.strangerCount(from: host) >= bounds.strangersPerAddress {
            return replace(in: slot) { $0.oldestStranger(from: host) }
        }
        let isFull =
            slot.peers.count >= bounds.perListener
            || slots.reduce(0) { $0 + $1.peers.count } >= bounds.overall
        guard isFull else { return true }
        return replace(in: slot) { $0.oldestStranger ?? (sparesDevices ? nil : $0.oldestDevice) }
    }

    /// Closes the first peer of `choice` that has sent nothing.
    func replace(in slot: PortSlot, _ choice: (PeerBook) -> PortHandle?) -> Bool {
        for _ in 0..<Limits.replacementsTriedMax {
            guard let handle = choice(slot.peers), let channel = channel(handle) else {
                return false
            }
            guard !takeAsHeard(channel, at: servedAt) else { continue }
            retire(channel, .replaced)
            return true
        }
        return false
    }

    /// Closes the peers that were silent for too long.
    func reapIdle(_ now: MonotonicTime) {
        // While nothing is read, all are silent.
        guard !isPaused else { return }
        for slot in slots {
            for _ in 0..<Limits.reapedPerTurnMax {
                guard let handle = slot.peers.firstDue(at: now), let channel = channel(handle)
                else { break }
                if !takeAsHeard(channel, at: now) { retire(channel, .idle) }
            }
        }
    }

    /// When the next peer will have been silent for too long.
    var nextReaping: MonotonicTime? {
        isPaused ? nil : slots.compactMap(\.peers.nextDue).min()
    }

    /// True when bytes of it wait in the kernel: then it has been heard, and only not been read.
    private func takeAsHeard(_ channel: Channel, at now: MonotonicTime) -> Bool {
        guard channel.hasUnread else { return false }
        channel.slot.peers.heard(channel.handle, at: now)
        return true
    }
}

extension PortSlot.Counters {
    /// Counts how a peer of a listener ended.
    mutating func countEnd(_ reason: PortCloseReason) {
        switch reason {
        case .idle: reapedIdle &+= 1
        case .replaced: replaced &+= 1
        case .failed(ETIMEDOUT): reapedHalfOpen &+= 1
        default: break
        }
    }
}
