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
        case unplug, crash, reboot, powerCut, quiet, diskFull, ledgerFailure, slowLedger, clockJump
        case noise, clientPace
        /// One sender says more than people press.
        case storm
    }

    /// One port, and who is behind it.
    struct PortPlan {
        var descriptor: ProtocolDescriptor
        var portID: PortID
        /// Of its pendants or handsets.
        var firstNumber: UInt32
        var manners = DeviceManners.polite
        /// Of a connection of a listener, the last number of its address.
        var host: Int?
        /// Sends what this one sends as its own.
        var mimics: Int?
    }

    var mode: Mode
    var ports: [PortPlan] = []
    var faults: [Fault]
    /// Mean time between two presses of one device, and between two faults.
    var pressEvery: TimeSpan
    var faultEvery: TimeSpan
    /// Entries of one commit, about.
    var groupMax: Int
    /// Alerts on the station's board.
    var ongoingAlertsMax: Int

    init(_ random: inout SplitMix64) {
        precondition(!DeviceHabits.played.isEmpty, "there is no protocol to simulate")
        mode = random.chance(25) ? .flood : random.chance(150) ? .calm : .faulty
        faults = []
        for fault in Fault.allCases where random.chance(400) { faults.append(fault) }
        if faults.isEmpty { faults = [.crash, .unplug] }
        pressEvery = .milliseconds(Int64(500 + random.below(8_000)))
        faultEvery = .milliseconds(Int64(500 + random.below(10_000)))
        let groups = [1, 16, Limits.recordsPerCommitMax]
        groupMax = mode == .flood ? Limits.recordsPerCommitMax : random.pick(groups)
        let isBounded = mode != .flood && random.chance(200)
        ongoingAlertsMax = isBounded ? 1 + random.below(4) : Limits.ongoingAlertsMax
        for _ in 0...(1 + random.below(3)) { addPort(&random) }
    }

    var isBounded: Bool { ongoingAlertsMax < Limits.ongoingAlertsMax }

    /// How long after a message its copies are folded, of one of the protocols that are played.
    func window(_ random: inout SplitMix64) -> TimeSpan {
        switch random.pick(ports).descriptor.repeatRule {
        case .sameBytes(let window): window
        case .afterAnswer(let patience, _): patience
        case .never: .seconds(10)
        }
    }

    /// A port with devices of its own, and now and then a second one whose devices have the same
    /// numbers: behind another port, or behind another address of the same listener.
    private mutating func addPort(_ random: inout SplitMix64) {
        let index = ports.count
        let isNameless = random.chance(150) && !DeviceHabits.namelessPlayed.isEmpty
        var port = PortPlan(
            descriptor: random.pick(
                isNameless ? DeviceHabits.namelessPlayed : DeviceHabits.played),
            portID: PortID(rawValue: "port-\(index + 1)"), firstNumber: UInt32(index) * 100 + 1)
        if random.chance(400) { port.host = 1 + index }
        if random.chance(600) { port.manners = DeviceManners(&random) }
        port.manners.isNameless = isNameless
        ports.append(port)
        guard mode != .flood, random.chance(500) else { return }
        var other = port
        other.manners = random.chance(500) ? DeviceManners(&random) : port.manners
        other.manners.isNameless = isNameless
        if port.host == nil {
            other.portID = PortID(rawValue: "port-\(index + 2)")
        } else {
            other.host = 101 + index
        }
        if random.chance(600) { other.mimics = index }
        ports.append(other)
    }
}
