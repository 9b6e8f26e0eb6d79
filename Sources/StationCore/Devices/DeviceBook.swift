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
        guard !book.renew(origin, { $0.take(draft, from: wire, at: moment) }) else { return }
        if book.count >= Limits.devicesMax { book.removeOldest() }
        var state = DeviceState(origin, lastHeard: moment, wire: wire)
        state.take(draft, from: wire, at: moment)
        book[origin] = state
    }
}

extension DeviceState {
    fileprivate mutating func take(_ draft: WordedDraft, from wire: Wire, at moment: Moment) {
        lastHeard = moment
        self.wire = wire
        // What comes from a buffer is history; the state is what holds now.
        guard !draft.isLate else { return }
        if let said = draft.position, said.isValid || position == nil { position = said }
        batteryPercent = draft.batteryPercent ?? batteryPercent
        signalPercent = draft.signalPercent ?? signalPercent
    }
}
