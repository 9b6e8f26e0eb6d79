import AlarmModel
import StationCore
import WireProtocols

/// A port with its device, the line between them, and a witness of what is read.
struct FakePort {
    let profile: PortProfile
    let device: FakeDevice
    var up: FakeLine
    var down: FakeLine
    var faults = LineFaults()
    var isPlugged = true
    var replugAt: MonotonicTime?
    /// While the station has it open.
    var open: (key: PortKey, witness: Witness)?
    /// Of earlier connections in this life of the station.
    var past = Totals()
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
            skippedBytes += witness.skippedBytes
        }
    }

    init(_ profile: PortProfile, _ device: FakeDevice, seed: UInt64) {
        self.profile = profile
        self.device = device
        random = SplitMix64(seed: seed)
        let hasChecksum = profile.descriptor.hasChecksum
        up = FakeLine(hasChecksum: hasChecksum, seed: random.next())
        down = FakeLine(hasChecksum: hasChecksum, seed: random.next())
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
