import AlarmModel

/// What is known of one device without asking the ledger.
public struct DeviceState: Equatable, Sendable {
    public var lastHeard: Moment
    public var wire: Wire
    public var position: Position?
    public var batteryPercent: UInt8?
    public var signalPercent: UInt8?
}

/// The last known state of every device: telemetry ends here. At the bound the device that was
/// silent longest gives way: telemetry only, no alarm.
struct DeviceBook {
    private var book = RecencyBook<Origin, DeviceState>()

    var count: Int { book.count }

    subscript(origin: Origin) -> DeviceState? { book[origin] }

    /// Takes over what a message says of its sender.
    mutating func update(
        _ origin: Origin, with draft: WordedDraft, from wire: Wire, at moment: Moment
    ) {
        if book.count >= Limits.devicesMax, book[origin] == nil { book.removeOldest() }
        var state = book[origin] ?? DeviceState(lastHeard: moment, wire: wire)
        state.lastHeard = moment
        state.wire = wire
        // What comes from a buffer is history; the state is what holds now.
        if !draft.isLate {
            if let position = draft.position, position.isValid || state.position == nil {
                state.position = position
            }
            state.batteryPercent = draft.batteryPercent ?? state.batteryPercent
            state.signalPercent = draft.signalPercent ?? state.signalPercent
        }
        book[origin] = state
    }
}
