import AlarmModel

/// The last known state of every device: telemetry ends here. At the bound the device that was
/// silent longest gives way: telemetry only, no alarm.
struct DeviceBook {
    private var book = RecencyBook<Origin, DeviceState>()

    var count: Int { book.count }

    subscript(origin: Origin) -> DeviceState? { book[origin] }

    /// Those heard last, or those silent longest, and how many there are besides.
    func list(silentFirst: Bool, limit: Int) -> (devices: [DeviceState], more: Int) {
        let devices = book.values(oldestFirst: silentFirst, limit: limit)
        return (devices, book.count - devices.count)
    }

    /// Takes over what a message says of its sender.
    mutating func update(
        _ origin: Origin, with draft: WordedDraft, from wire: Wire, at moment: Moment
    ) {
        if book.count >= Limits.devicesMax, book[origin] == nil { book.removeOldest() }
        var state = book[origin] ?? DeviceState(origin, lastHeard: moment, wire: wire)
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
