import AlarmModel
import Glibc

/// A socket that datagrams arrive on, of all peers of one port.
final class UDPListener {
    let descriptor: Int32
    let token: UInt64
    /// As large as a datagram can be.
    fileprivate var buffer = [UInt8](repeating: 0, count: 65_536)
    fileprivate var handles: [SocketAddress: PortHandle] = [:]
    /// Datagrams that the kernel has dropped, as it last said.
    fileprivate var lost: UInt32 = 0

    init(descriptor: Int32, token: UInt64) {
        self.descriptor = descriptor
        self.token = token
    }

    func forget(_ peer: SocketAddress) { handles[peer] = nil }
}

extension PortSlot {
    fileprivate var udpID: PortID { PortID(rawValue: "udp-\(definition.name)") }
}

extension PortLoop {
    func receive(_ slot: PortSlot, on address: NetworkAddress, _ now: MonotonicTime) {
        slot.id = slot.udpID
        guard let (descriptor, token) = bind(slot, to: address, now, UDPSocket.listen) else {
            return
        }
        let listener = UDPListener(descriptor: descriptor, token: token)
        sources[token] = .datagrams(slot, listener)
        slot.reach(.receiving(listener))
        watch(listener)
    }

    /// While paused, datagrams stay in the kernel, which keeps the oldest.
    func watch(_ listener: UDPListener) {
        epoll.change(listener.descriptor, token: listener.token, to: isPaused ? [] : .read)
    }

    func receiveDatagrams(_ slot: PortSlot, _ listener: UDPListener, _ share: Int) {
        var left = share
        while left > 0 {
            // The daemon may have reconfigured it away, or paused, in the middle.
            guard sources[listener.token] != nil else { return }
            guard !isPaused else { return watch(listener) }
            left -= Limits.readShareBytesMin
            let lostBefore = listener.lost
            let received = UDPSocket.receive(
                from: listener.descriptor, into: &listener.buffer, counting: &listener.lost)
            guard let (count, route) = received else {
                if errno == EAGAIN { return }
                continue
            }
            slot.counters.lostDatagrams &+= UInt64(listener.lost &- lostBefore)
            left -= max(0, count - Limits.readShareBytesMin)
            slot.counters.bytesIn &+= UInt64(count)
            deliver(count, of: listener, to: peer(slot, listener, route))
        }
    }

    /// The peer that a datagram came from, taken up when it is new.
    private func peer(
        _ slot: PortSlot, _ listener: UDPListener, _ route: DatagramRoute
    ) -> Channel {
        let address = route.peer
        if let handle = listener.handles[address], let known = channel(handle) {
            known.route = route
            return known
        }
        let channel = Channel(nextHandle(), listener.descriptor, .peer(listener), slot)
        channel.route = route
        listener.handles[address] = channel.handle
        admit(channel, from: address.host)
        open(channel, id: slot.udpID, path: address.description)
        return channel
    }

    /// Hands the datagram in `listener`'s buffer over, in one piece unless the station has less
    /// room.
    private func deliver(_ count: Int, of listener: UDPListener, to peer: Channel) {
        var offset = 0
        while offset < count, channel(peer.handle) != nil {
            var taken = 0
            unsafe events?.portReadable(peer.handle) { free in
                taken = min(free.count, count - offset)
                unsafe listener.buffer.withUnsafeBytes { bytes in
                    unsafe free.copyMemory(
                        from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + taken]))
                }
                return taken > 0 ? .bytes(taken) : .nothing
            }
            guard taken > 0 else {
                peer.slot.counters.refused &+= 1
                return
            }
            offset += taken
        }
        if channel(peer.handle) != nil { events?.datagramEnded(peer.handle) }
    }
}
