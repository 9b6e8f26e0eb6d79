import AlarmModel
import Glibc

/// A socket that datagrams arrive on. Each sender is a peer, as if it were connected, and its reply
/// leaves from the address that it wrote to.
final class UDPListenWay: WayIn {
    let slot: PortSlot
    unowned let host: any PortHost
    private let address: NetworkAddress
    private var listener: ListeningSocket?
    /// As large as a datagram can be.
    private var buffer = [UInt8](repeating: 0, count: 65_536)
    private let peers = PeerAddresses()
    /// Datagrams that the kernel has dropped, as it last said.
    private var lost: UInt32 = 0
    private var pace = ReadPace()

    init(
        _ slot: PortSlot, _ host: any PortHost, _ address: NetworkAddress, idle: TimeSpan
    ) {
        self.slot = slot
        self.host = host
        self.address = address
        slot.peers = PeerBook(idle: idle)
    }

    var counts: [PortStatus.Counter] {
        [.init("peers", slot.counters.opens &- slot.counters.closes)] + slot.counters.ofPeers + [
            .init("lostDatagrams", slot.counters.lostDatagrams),
            .init("unsentReplies", slot.counters.unsentReplies),
        ]
    }

    func attend(_ now: MonotonicTime) {
        guard slot.stage != .open else { return }
        slot.id = id
        do throws(PortProblem) {
            let listener = try ListeningSocket(address, of: self, on: host, UDPSocket.listen)
            self.listener = listener
            lost = 0
            slot.path = listener.path
            slot.reach()
            watch(listener)
        } catch {
            slot.path = address.description
            slot.wait(error, until: error.isFinal ? nil : now + Limits.portRetry)
        }
    }

    func ended(_ reason: PortCloseReason) {}

    func resume() { if let listener { watch(listener) } }

    func abandon() {
        if let listener { host.unwatch(listener.descriptor, listener.token) }
        listener = nil
    }

    private var id: PortID { PortID(rawValue: "udp-\(slot.definition.name)") }

    /// While paused, datagrams stay in the kernel, which keeps the oldest.
    private func watch(_ listener: ListeningSocket) {
        host.epoll.change(
            listener.descriptor, token: listener.token, to: host.isPaused ? [] : .read)
    }

    func serve(_ token: UInt64, _ share: Int) {
        guard let listener else { return }
        let portion = pace.portion(of: share)
        var left = portion
        let began = Clock.monotonic()
        defer { pace.took(Clock.monotonic() - began, for: portion - left, of: share) }
        while left > 0 {
            // The daemon may have reconfigured it away, or paused, in the middle.
            guard host.isWatched(listener.token) else { return }
            guard !host.isPaused else { return watch(listener) }
            left -= Limits.readShareBytesMin
            let lostBefore = lost
            let received = UDPSocket.receive(
                from: listener.descriptor, into: &buffer, counting: &lost)
            guard let (count, route) = received else {
                if errno == EAGAIN { return }
                continue
            }
            slot.counters.lostDatagrams &+= UInt64(lost &- lostBefore)
            left -= max(0, count - Limits.readShareBytesMin)
            slot.counters.bytesIn &+= UInt64(count)
            deliver(count, to: peer(of: listener, along: route))
        }
    }

    /// The peer that a datagram came from, taken up when it is new.
    private func peer(of listener: ListeningSocket, along route: DatagramRoute) -> DatagramPeer {
        let address = route.peer
        if let handle = peers.handles[address], let known = host.channel(handle) as? DatagramPeer {
            known.route = route
            return known
        }
        let peer = DatagramPeer(
            host.nextHandle(), listener, of: slot.mark, along: route, among: peers)
        peers.handles[address] = peer.handle
        host.admit(peer, of: slot, from: address.host)
        host.open(peer, of: slot, id, path: address.description)
        return peer
    }

    /// Hands the datagram in the buffer over, in one piece unless the station has less room.
    private func deliver(_ count: Int, to peer: DatagramPeer) {
        var offset = 0
        while offset < count, host.channel(peer.handle) != nil {
            var taken = 0
            unsafe host.events?.portReadable(peer.handle) { free in
                taken = min(free.count, count - offset)
                unsafe buffer.withUnsafeBytes { bytes in
                    unsafe free.copyMemory(
                        from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + taken]))
                }
                return taken > 0 ? .bytes(taken) : .nothing
            }
            guard taken > 0 else {
                slot.counters.refused &+= 1
                return
            }
            offset += taken
        }
        if host.channel(peer.handle) != nil { host.events?.datagramEnded(peer.handle) }
    }
}

/// Which peer has which address, shared by a listener and its peers.
private final class PeerAddresses {
    var handles: [SocketAddress: PortHandle] = [:]
}

/// A sender of datagrams. It is the listener that reads for it.
private final class DatagramPeer: Channel {
    /// The way back, as its last datagram came.
    var route: DatagramRoute
    private let socket: ListeningSocket
    private let peers: PeerAddresses

    init(
        _ handle: PortHandle, _ socket: ListeningSocket, of slot: SlotMark,
        along route: DatagramRoute, among peers: PeerAddresses
    ) {
        self.route = route
        self.socket = socket
        self.peers = peers
        super.init(handle, socket.descriptor, of: slot, in: nil)
    }

    /// Datagrams may be lost anywhere, so their devices ask again.
    override func write(_ bytes: Span<UInt8>) -> PortCloseReason? {
        let isSent = unsafe bytes.withUnsafeBytes {
            unsafe UDPSocket.send($0, along: route, from: descriptor)
        }
        if isSent {
            counters.bytesOut &+= UInt64(bytes.count)
        } else {
            counters.unsentReplies &+= 1
        }
        return nil
    }

    /// The descriptor is the listener's.
    override var closing: @Sendable () -> Void { {} }

    override func left() { peers.handles[route.peer] = nil }
}
