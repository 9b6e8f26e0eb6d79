import AlarmModel

/// The peers of one listener: when each was last heard, and who gives way to a newcomer.
///
/// A peer is a stranger until the station has had a whole frame from it. From then on it is a
/// device: it may be silent for longer, and no stranger can take its place.
struct PeerBook {
    /// How long a device may be silent, and how long a stranger.
    let idle: TimeSpan
    let patience: TimeSpan
    private var devices = HeardQueue()
    private var strangers = HeardQueue()
    /// Where every peer comes from; of each such place, its strangers.
    private var hosts: [PortHandle: SocketAddress.Host] = [:]
    private var strangersOf: [SocketAddress.Host: HeardQueue] = [:]

    init(idle: TimeSpan, patience: TimeSpan = Limits.strangerPatience) {
        self.idle = idle
        self.patience = min(patience, idle)
    }

    var count: Int { hosts.count }

    mutating func admit(
        _ peer: PortHandle, from host: SocketAddress.Host, at now: MonotonicTime
    ) {
        hosts[peer] = host
        strangers.append(peer, at: now)
        strangersOf[host, default: HeardQueue()].append(peer, at: now)
    }

    /// Nothing happens when it is not in the book, nor below.
    mutating func heard(_ peer: PortHandle, at now: MonotonicTime) {
        if devices.touch(peer, at: now) { return }
        guard strangers.touch(peer, at: now), let host = hosts[peer] else { return }
        _ = strangersOf[host]?.touch(peer, at: now)
    }

    /// The station has had a whole frame from it.
    mutating func vouch(for peer: PortHandle) {
        guard let heard = removeStranger(peer) else { return }
        devices.append(peer, at: heard)
    }

    mutating func remove(_ peer: PortHandle) {
        _ = removeStranger(peer)
        _ = devices.remove(peer)
        hosts[peer] = nil
    }

    // MARK: who gives way

    /// The stranger that was not heard for longest.
    var oldestStranger: PortHandle? { strangers.first }
    /// The device that was not heard for longest.
    var oldestDevice: PortHandle? { devices.first }

    func strangerCount(from host: SocketAddress.Host) -> Int { strangersOf[host]?.count ?? 0 }

    func oldestStranger(from host: SocketAddress.Host) -> PortHandle? { strangersOf[host]?.first }

    // MARK: who has been silent too long

    /// When the next peer will have been.
    var nextDue: MonotonicTime? {
        let stranger = strangers.firstHeard.map { $0 + patience }
        guard let device = devices.firstHeard.map({ $0 + idle }) else { return stranger }
        return stranger.map { min($0, device) } ?? device
    }

    func firstDue(at now: MonotonicTime) -> PortHandle? {
        if let heard = strangers.firstHeard, heard + patience <= now {
            return strangers.first
        }
        if let heard = devices.firstHeard, heard + idle <= now { return devices.first }
        return nil
    }

    /// When it was last heard; nil when it is no stranger.
    private mutating func removeStranger(_ peer: PortHandle) -> MonotonicTime? {
        guard let heard = strangers.remove(peer), let host = hosts[peer] else { return nil }
        _ = strangersOf[host]?.remove(peer)
        if strangersOf[host]?.count == 0 { strangersOf[host] = nil }
        return heard
    }
}

/// Handles in the order in which they were last heard. Each step takes constant time.
struct HeardQueue {
    private struct Place {
        var heard: MonotonicTime
        var before: PortHandle?
        var after: PortHandle?
    }

    private var places: [PortHandle: Place] = [:]
    /// Heard longest ago.
    private(set) var first: PortHandle?
    private var last: PortHandle?

    var count: Int { places.count }

    var firstHeard: MonotonicTime? { first.flatMap { places[$0]?.heard } }

    /// Precondition: `peer` is not in the queue, and `now` is not before what came last.
    mutating func append(_ peer: PortHandle, at now: MonotonicTime) {
        places[peer] = Place(heard: now, before: last)
        if let last { places[last]?.after = peer } else { first = peer }
        last = peer
    }

    /// When it was last heard; nil when it is not in the queue.
    mutating func remove(_ peer: PortHandle) -> MonotonicTime? {
        guard let place = places.removeValue(forKey: peer) else { return nil }
        if let before = place.before { places[before]?.after = place.after }
        if let after = place.after { places[after]?.before = place.before }
        if first == peer { first = place.after }
        if last == peer { last = place.before }
        return place.heard
    }

    /// False when it is not in the queue.
    mutating func touch(_ peer: PortHandle, at now: MonotonicTime) -> Bool {
        guard peer != last else {
            places[peer]?.heard = now
            return true
        }
        guard remove(peer) != nil else { return false }
        append(peer, at: now)
        return true
    }
}
