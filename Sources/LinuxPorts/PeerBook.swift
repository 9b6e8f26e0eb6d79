import AlarmModel

/// How many peers the listeners take, and how many open files their connections may use.
struct PeerBounds {
    var perListener = Limits.connectionsPerListenerMax
    var overall = Limits.connectionsMax
    var strangersPerAddress = Limits.strangersPerAddressMax
    /// Places of each listener that devices leave to newcomers.
    var newcomers = Limits.newcomersMax
    /// The kernel gives the lowest number that is free: a connection with this one or a higher is
    /// one too many.
    var files = Int.max
}

/// How many peers all listeners have, and who gives way where a bound is reached.
struct PeerPlaces {
    var bounds = PeerBounds()
    /// Peers of each listener, by its slot's number, and those with a connection of their own.
    private var peers = Tally<Int32>()
    private var connections = Tally<Int32>()

    /// Somebody who comes to a listener.
    struct Newcomer {
        var slot: Int32
        var host: SocketAddress.Host
        /// Of a connection of its own.
        var descriptor: Int32?
    }

    struct Replacement {
        /// The listener of which one gives way.
        var slot: Int32
        /// Who does; asked again where the first may not.
        var choice: (PeerBook) -> PortHandle?
        /// It gives way because of its open file.
        var savesFile = false
    }

    mutating func add(to slot: Int32, hasConnection: Bool) {
        peers.add(slot)
        if hasConnection { connections.add(slot) }
    }

    mutating func remove(from slot: Int32, hasConnection: Bool) {
        peers.remove(slot)
        if hasConnection { connections.remove(slot) }
    }

    /// Nil while there is room.
    ///
    /// - Parameter book: of the listener that it comes to.
    func replacement(for newcomer: Newcomer, in book: PeerBook) -> Replacement? {
        let (slot, host) = (newcomer.slot, newcomer.host)
        if book.strangers.count(from: host) >= bounds.strangersPerAddress {
            return Replacement(slot: slot) { $0.strangers.oldest(from: host) }
        }
        let lacksFiles = newcomer.descriptor.map { $0 >= bounds.files } ?? false
        let isFull = book.count >= bounds.perListener
        guard isFull || lacksFiles || peers.total >= bounds.overall else { return nil }
        if isFull || book.strangers.count >= bounds.newcomers {
            return Replacement(
                slot: slot, choice: { $0.strangers.first ?? $0.devices.first },
                savesFile: lacksFiles)
        }
        // All together are too many, so one of the listener that has the most gives way.
        guard let fullest = (lacksFiles ? connections : peers).heaviest else { return nil }
        let spares = bounds.newcomers
        return Replacement(
            slot: fullest,
            choice: { peers in
                let stranger = peers.strangers.first
                return peers.strangers.count < spares ? peers.devices.first ?? stranger : stranger
            }, savesFile: lacksFiles)
    }

    /// Newcomers keep their places, so one more device takes the place of another.
    func isCrowded(_ book: PeerBook) -> Bool {
        book.devices.count > max(1, bounds.perListener - bounds.newcomers)
    }
}

/// The peers of one listener: when each sent its last whole frame, and who gives way to another.
///
/// A peer is a stranger until the station has had a whole frame from it. From then on it is a
/// device: it may be silent for longer, and strangers do not take its place. Bytes alone count for
/// nothing: whoever sends them without end is as silent as who sends none.
///
/// Who gives way is of the address that has the most peers, so that one address cannot fill the
/// listener, and there the one whose last whole frame is the oldest. Every step takes constant
/// time.
struct PeerBook {
    /// How long a device may be silent, and how long a stranger.
    let idle: TimeSpan
    let patience: TimeSpan
    private(set) var devices = PeerCrowd()
    private(set) var strangers = PeerCrowd()

    init(idle: TimeSpan, patience: TimeSpan = Limits.strangerPatience) {
        self.idle = idle
        self.patience = min(patience, idle)
    }

    var count: Int { devices.count + strangers.count }

    /// Any of them; nil when there is none.
    var any: PortHandle? { strangers.oldest?.peer ?? devices.oldest?.peer }

    mutating func admit(
        _ peer: PortHandle, from host: SocketAddress.Host, at now: MonotonicTime
    ) {
        strangers.add(peer, from: host, at: now)
    }

    /// The station has just had a whole frame from it. Nothing happens when it is not in the book.
    mutating func vouch(for peer: PortHandle, at now: MonotonicTime) {
        if devices.touch(peer, at: now) { return }
        if let host = strangers.remove(peer) { devices.add(peer, from: host, at: now) }
    }

    /// It gets as much time again.
    mutating func spare(_ peer: PortHandle, at now: MonotonicTime) {
        _ = devices.touch(peer, at: now) || strangers.touch(peer, at: now)
    }

    mutating func remove(_ peer: PortHandle) {
        if strangers.remove(peer) == nil { _ = devices.remove(peer) }
    }

    // MARK: who has been silent too long

    /// When the next peer will have been.
    var nextDue: MonotonicTime? {
        let dues = [
            strangers.oldest.map { $0.since + patience }, devices.oldest.map { $0.since + idle },
        ]
        return dues.compactMap { $0 }.min()
    }

    func firstDue(at now: MonotonicTime) -> PortHandle? {
        if let oldest = strangers.oldest, oldest.since + patience <= now { return oldest.peer }
        if let oldest = devices.oldest, oldest.since + idle <= now { return oldest.peer }
        return nil
    }
}

/// Peers in the order of their last whole frame, all together and those of each address.
struct PeerCrowd {
    private struct Peer {
        var host: SocketAddress.Host
        var since: MonotonicTime
    }

    private var peers = RecencyBook<PortHandle, Peer>()
    private var peersOf: [SocketAddress.Host: RecencyBook<PortHandle, Bool>] = [:]
    private var hosts = Tally<SocketAddress.Host>()

    var count: Int { peers.count }

    func count(from host: SocketAddress.Host) -> Int { hosts[host] }

    /// The one whose last whole frame is the oldest.
    var oldest: (peer: PortHandle, since: MonotonicTime)? {
        peers.oldest.map { ($0.key, $0.value.since) }
    }

    func oldest(from host: SocketAddress.Host) -> PortHandle? { peersOf[host]?.oldest?.key }

    /// Who gives way first.
    var first: PortHandle? {
        guard hosts.most > 1, let host = hosts.heaviest else { return oldest?.peer }
        return oldest(from: host)
    }

    /// Precondition: `peer` is not among them, and `now` is not before what came last.
    mutating func add(_ peer: PortHandle, from host: SocketAddress.Host, at now: MonotonicTime) {
        peers[peer] = Peer(host: host, since: now)
        peersOf[host, default: RecencyBook()][peer] = true
        hosts.add(host)
    }

    /// False when it is not among them.
    mutating func touch(_ peer: PortHandle, at now: MonotonicTime) -> Bool {
        guard let host = peers[peer]?.host else { return false }
        peers[peer] = Peer(host: host, since: now)
        peersOf[host]?[peer] = true
        return true
    }

    /// Where it came from; nil when it is not among them.
    mutating func remove(_ peer: PortHandle) -> SocketAddress.Host? {
        guard let host = peers[peer]?.host else { return nil }
        peers.remove(peer)
        hosts.remove(host)
        if hosts[host] == 0 { peersOf[host] = nil } else { peersOf[host]?.remove(peer) }
        return host
    }
}

/// How many there are of each key, and which key has the most. Every step takes constant time.
struct Tally<Key: Hashable & Sendable> {
    private var counts: [Key: Int] = [:]
    /// The keys with so many each.
    private var keys: [Int: RecencyBook<Key, Bool>] = [:]
    private(set) var most = 0
    private(set) var total = 0

    subscript(key: Key) -> Int { counts[key] ?? 0 }

    /// Of those with the most, the one that has had so many for the longest.
    var heaviest: Key? { keys[most]?.oldest?.key }

    mutating func add(_ key: Key) {
        total += 1
        let count = self[key] + 1
        move(key, to: count)
        most = max(most, count)
    }

    /// Precondition: there is one.
    mutating func remove(_ key: Key) {
        total -= 1
        let count = self[key] - 1
        move(key, to: count)
        // It is one less now, so nobody has the most any more only where it was alone with that.
        if keys[most] == nil { most = max(0, most - 1) }
    }

    private mutating func move(_ key: Key, to count: Int) {
        let before = self[key]
        keys[before]?.remove(key)
        if keys[before]?.count == 0 { keys[before] = nil }
        counts[key] = count > 0 ? count : nil
        if count > 0 { keys[count, default: RecencyBook()][key] = true }
    }
}
