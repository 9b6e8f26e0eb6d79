import AlarmModel
import StationCore
import WireProtocols

/// A line with a station at one end and a scripted peer at the other. The script speaks and
/// listens in the order in which a peer does; time passes while it listens or rests, and only then.
final class Conversation {
    /// How often out of a thousand times what goes over the line comes to harm.
    struct Faults {
        /// A write of the peer, and an answer of the station: one bit, one byte, or all behind it.
        var perThousand = 0
    }

    let seed: UInt64
    var faults = Faults()
    /// The ledger commits after up to this long.
    var commitWithin = TimeSpan.milliseconds(300)
    private(set) var now = Bench.start
    private(set) var stored: [LedgerEntry] = []
    private(set) var published = 0

    private static let key = PortKey(1)
    private var station: Station
    private var random: SplitMix64
    private var toStation: [(at: MonotonicTime, bytes: [UInt8])] = []
    private var toPeer: [(at: MonotonicTime, byte: UInt8)] = []
    private var uncommitted: [(at: MonotonicTime, entry: LedgerEntry)] = []

    init(_ protocolID: ProtocolID, options: [String: String] = [:], seed: UInt64 = 1) {
        guard let descriptor = ProtocolRegistry.find(protocolID) else {
            preconditionFailure("\(protocolID) is not registered")
        }
        self.seed = seed
        random = SplitMix64(seed: seed)
        station = Station(recovery: Recovery(), seed: seed, start: now)
        let profile = PortProfile(
            wire: Wire("line"), name: "line", descriptor: descriptor,
            options: ProtocolOptions(options))
        station.handle(.portOpened(Self.key, profile), at: now)
        collect()
    }

    /// One of `choices`, each as likely.
    func chance(_ choices: Int) -> Int { Int(random.next() % UInt64(choices)) }

    // MARK: - What the peer does

    func send(_ bytes: [UInt8]) {
        let harmed = harm(bytes)
        guard !harmed.isEmpty else { return }
        let last = toStation.last?.at ?? now.monotonic
        toStation.append((max(last, now.monotonic) + latency(of: bytes.count), harmed))
    }

    /// The next byte of the station; nil when none comes within `patience`.
    func receive(within patience: TimeSpan) -> UInt8? {
        let end = now.monotonic + patience
        while true {
            let next = toPeer.first?.at
            if let next, next <= now.monotonic { return toPeer.removeFirst().byte }
            let wake = min(next ?? end, end)
            if happens(until: wake) { continue }
            pass(until: wake)
            if wake != next { return nil }
        }
    }

    /// The next of `wanted` among the bytes of the station; nil when none comes within `patience`.
    func receive(oneOf wanted: [UInt8], within patience: TimeSpan) -> UInt8? {
        let end = now.monotonic + patience
        while let byte = receive(within: end - now.monotonic) {
            if wanted.contains(byte) { return byte }
        }
        return nil
    }

    func rest(_ span: TimeSpan) {
        let end = now.monotonic + span
        while happens(until: end) {}
        pass(until: end)
    }

    /// Forgets what has arrived, as a peer does before it speaks.
    func flush() { toPeer.removeAll { $0.at <= now.monotonic } }

    // MARK: - What the station has done

    var events: [Event] {
        stored.flatMap(\.records).compactMap(\.event)
    }

    /// The newest word on each alert.
    var alerts: [Alert] {
        var alerts: [UUIDv7: Alert] = [:]
        for alert in stored.flatMap(\.alerts) { alerts[alert.id] = alert }
        return Array(alerts.values)
    }

    /// Frames that were taken for resends.
    var repeats: UInt64 { station.counters["line"]?.repeats ?? 0 }

    func isStored(_ address: ShortText) -> Bool {
        events.contains { $0.draft.address == address }
    }

    var pendingBytes: Int { station.pendingBytes(of: Self.key) ?? 0 }

    // MARK: - Time

    /// Lets happen what is due next at the station's end; false when that is behind `limit`.
    private func happens(until limit: MonotonicTime) -> Bool {
        let times = [toStation.first?.at, uncommitted.first?.at, station.nextDeadline]
        guard let next = times.compactMap({ $0 }).min(), next <= limit else { return false }
        pass(until: max(next, now.monotonic))
        if let first = toStation.first, first.at == next {
            station.receive(toStation.removeFirst().bytes, from: Self.key, at: now)
        } else if let first = uncommitted.first, first.at == next {
            stored.append(uncommitted.removeFirst().entry)
            station.handle(.committed(count: 1), at: now)
        } else {
            station.passTime(at: now)
        }
        collect()
        return true
    }

    private func pass(until time: MonotonicTime) {
        let span = time - now.monotonic
        now.monotonic = time
        now.wall.microseconds += span.microseconds
    }

    private func collect() {
        while let action = station.nextAction() {
            switch action {
            case .store(let entry):
                let wait = Int64(chance(Int(commitWithin.microseconds) + 1))
                let due = now.monotonic + TimeSpan(microseconds: wait)
                uncommitted.append((max(due, uncommitted.last?.at ?? due), entry))
            case .send(let reply, _):
                var at = max(now.monotonic, toPeer.last?.at ?? now.monotonic)
                for byte in harmAnswer(reply) {
                    at = at + latency(of: 1)
                    toPeer.append((at, byte))
                }
            case .publish: published += 1
            default: break
            }
        }
    }

    /// At 9600 Bd, and what an adapter adds.
    private func latency(of count: Int) -> TimeSpan {
        TimeSpan(microseconds: Int64(count) * 1_042 + Int64(chance(3_000)))
    }

    private func harm(_ bytes: [UInt8]) -> [UInt8] {
        guard !bytes.isEmpty, chance(1_000) < faults.perThousand else { return bytes }
        var harmed = bytes
        let place = chance(bytes.count)
        switch chance(4) {
        case 0: harmed[place] ^= 1 << UInt8(chance(8))
        case 1: harmed.remove(at: place)
        case 2: harmed.insert(UInt8(chance(256)), at: place)
        default: harmed.removeSubrange(place...)
        }
        return harmed
    }

    /// Noise that looks like ACK or NAK is left out: an answer has no check, so no station can do
    /// anything about it.
    private func harmAnswer(_ bytes: [UInt8]) -> [UInt8] {
        let harmed = harm(bytes)
        let isForged = [0x06, 0x15].contains { mark in
            harmed.count { $0 == mark } > bytes.count { $0 == mark }
        }
        return isForged ? bytes : harmed
    }
}
