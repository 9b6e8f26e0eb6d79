import AlarmModel

/// What is known of one device without asking the ledger.
public struct DeviceState: Equatable, Sendable {
    public var lastHeard: Moment
    public var portID: PortID
    public var position: Position?
    public var batteryPercent: UInt8?
    public var signalPercent: UInt8?
    /// Conditions that last, as bits of the wire, and what each was when it rose.
    public internal(set) var held: UInt32 = 0
    var heldDrafts: [UInt8: WordedDraft] = [:]
}

/// The last known state of every device: telemetry ends here.
struct DeviceStates {
    private(set) var states: [DeviceAddress: DeviceState] = [:]

    subscript(address: DeviceAddress) -> DeviceState? { states[address] }

    /// Takes over what a message says of its sender.
    mutating func update(
        _ address: DeviceAddress, with draft: WordedDraft, from portID: PortID,
        at moment: Moment
    ) {
        makeRoom(for: address)
        var state = states[address] ?? DeviceState(lastHeard: moment, portID: portID)
        state.lastHeard = moment
        state.portID = portID
        // What comes from a buffer is history; the state is what holds now.
        if !draft.isLate {
            if let position = draft.position, position.isValid || state.position == nil {
                state.position = position
            }
            state.batteryPercent = draft.batteryPercent ?? state.batteryPercent
            state.signalPercent = draft.signalPercent ?? state.signalPercent
        }
        states[address] = state
    }

    /// Notes that a condition holds. False when it held already: the same condition, told again.
    mutating func raise(_ bit: UInt8, of address: DeviceAddress, as draft: WordedDraft) -> Bool {
        let mask = UInt32(1) << UInt32(bit & 31)
        guard var state = states[address] else { return true }
        guard state.held & mask == 0 else { return false }
        state.held |= mask
        state.heldDrafts[bit] = draft
        states[address] = state
        return true
    }

    /// Drops every condition that is not in `holding` any more and returns what they were.
    mutating func lower(of address: DeviceAddress, to holding: UInt32) -> [WordedDraft] {
        guard var state = states[address], state.held & ~holding != 0 else { return [] }
        var fallen: [WordedDraft] = []
        for bit in UInt8(0)..<32 where (state.held & ~holding) >> UInt32(bit) & 1 == 1 {
            if let draft = state.heldDrafts.removeValue(forKey: bit) { fallen.append(draft) }
        }
        state.held &= holding
        states[address] = state
        return fallen
    }

    /// At the bound the device that was silent longest gives way: telemetry only, no alarm.
    private mutating func makeRoom(for address: DeviceAddress) {
        guard states.count >= Limits.devicesMax, states[address] == nil else { return }
        let oldest = states.min { $0.value.lastHeard.monotonic < $1.value.lastHeard.monotonic }
        if let oldest { states.removeValue(forKey: oldest.key) }
    }
}
