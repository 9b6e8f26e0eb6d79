import AlarmModel
import WireProtocols

/// What a run is made of, drawn from its seed. Faults are switched on and off as a whole, because
/// a run with all of them hides what a run with two of them shows.
struct Plan {
    enum Mode: Equatable {
        /// Nothing goes wrong, and nothing may be late.
        case calm
        case faulty
        /// A device empties a long memory while the disk is full.
        case flood
    }

    enum Fault: CaseIterable {
        case unplug, crash, diskFull, ledgerFailure, slowLedger, clockJump, noise, clientPace
    }

    var mode: Mode
    var protocols: [ProtocolDescriptor]
    var faults: [Fault]
    /// Mean time between two presses of one device, and between two faults.
    var pressEvery: TimeSpan
    var faultEvery: TimeSpan
    /// Entries of one commit, about.
    var groupMax: Int

    init(_ random: inout SplitMix64) {
        precondition(!DeviceHabits.played.isEmpty, "there is no protocol to simulate")
        mode = random.chance(25) ? .flood : random.chance(150) ? .calm : .faulty
        protocols = []
        for _ in 0...(1 + random.below(4)) { protocols.append(random.pick(DeviceHabits.played)) }
        faults = []
        for fault in Fault.allCases where random.chance(500) { faults.append(fault) }
        if faults.isEmpty { faults = [.crash, .unplug] }
        pressEvery = .milliseconds(Int64(500 + random.below(8_000)))
        faultEvery = .milliseconds(Int64(500 + random.below(10_000)))
        let groups = [1, 16, Limits.entriesPerCommitMax]
        groupMax = mode == .flood ? Limits.entriesPerCommitMax : random.pick(groups)
    }
}
