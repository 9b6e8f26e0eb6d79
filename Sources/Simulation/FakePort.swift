import AlarmModel
import StationCore
import WireProtocols

/// A port with its device, the line between them, and a witness of what is read.
struct FakePort {
    /// What is true of it; its peer changes with each connection.
    private(set) var profile: PortProfile
    let device: FakeDevice
    /// The port of the one whose messages it sends as its own, the same bytes.
    let mimics: Int?
    var up: FakeLine
    var down: FakeLine
    var faults = LineFaults()
    var isPlugged = true
    var replugAt: MonotonicTime?
    /// While the station has it open.
    var open: (key: PortKey, witness: Witness)?
    /// Of earlier connections in this life of the station.
    var past = Totals()
    /// Every wire that it was heard on.
    private(set) var wires: Set<WireID>
    private let host: Int?
    private var connections = 0
    private var heldRead: [UInt8]?
    private var random: SplitMix64

    /// What a witness has counted, as the station's counters should.
    struct Totals: Equatable {
        var received: UInt64 = 0
        var frames: UInt64 = 0
        var frameBytes: UInt64 = 0
        var skippedBytes: UInt64 = 0

        mutating func add(_ witness: Witness) {
            received += witness.received
            frames += witness.frames
            frameBytes += witness.frameBytes
            // What was cut off is counted with its connection's end.
            skippedBytes += witness.skippedBytes + UInt64(witness.pending)
        }
    }

    /// - Parameters:
    ///   - host: of a connection of a listener, the last number of its address.
    init(
        _ profile: PortProfile, _ device: FakeDevice, host: Int? = nil, mimics: Int? = nil,
        seed: UInt64
    ) {
        self.profile = profile
        self.device = device
        self.host = host
        self.mimics = mimics
        wires = []
        random = SplitMix64(seed: seed)
        let hasChecksum = profile.descriptor.hasChecksum
        up = FakeLine(hasChecksum: hasChecksum, seed: random.next())
        // An answer of one byte has parity alone, whatever stands around the messages.
        down = FakeLine(
            hasChecksum: hasChecksum && device.habits.namesItsReplies, seed: random.next())
    }

    /// It is plugged in, or a new connection comes: from another of its own addresses when the
    /// device roams, and always from another port number.
    mutating func connect() {
        connections += 1
        if let host {
            let network = device.manners.roams ? connections % 2 : 0
            profile.wire.peer = "198.51.10\(network).\(host):\(40_000 + connections)"
        }
        wires.insert(profile.wire.id)
    }

    /// What the station is told of it.
    func stationProfile(planted: PlantedBug?) -> PortProfile {
        var profile = profile
        switch planted {
        case .peersAreOne: profile.wire.peer = nil
        // All in front of the last colon is the address.
        case .connectionForWire: profile.wire.peer = profile.wire.peer.map { $0 + ":1" }
        default: break
        }
        return profile
    }

    /// Nothing but stored rows is waited for with this reply.
    func awaitsRows(_ reply: [UInt8]) -> Bool {
        !(open?.witness.promptDebts.contains { $0.reply == reply } ?? false)
    }

    /// What read(2) hands out for `bytes` that came over the line.
    mutating func readOut(_ bytes: [UInt8], planted: PlantedBug?) -> [UInt8] {
        switch planted {
        case .readDuplicated where random.chance(20): return bytes + bytes
        case .byteLostInRead where random.chance(20):
            var bytes = bytes
            bytes.remove(at: random.below(bytes.count))
            return bytes
        case .readsSwapped:
            if let held = heldRead {
                heldRead = nil
                return bytes + held
            }
            guard random.chance(50) else { return bytes }
            heldRead = bytes
            return []
        default: return bytes
        }
    }
}
