import AlarmModel

/// A record on one line: the one form that it has outside the process.
public func recordJSON(_ record: Record) -> [UInt8] {
    switch record {
    case .event(let event): eventJSON(event)
    case .change(let change): changeJSON(change)
    }
}

/// An event on one line.
///
/// Fields that are not known are left out; `restored`, `test` and `late` are always there.
/// Telemetry has no `sequence`.
public func eventJSON(_ event: Event) -> [UInt8] {
    JSONWriter.text { json in
        json.object { json in
            json.field("id", event.id)
            if !event.kind.isTelemetry { json.field("sequence", event.sequence.rawValue) }
            json.heading(of: event.draft, priority: event.priority, device: event.device)
            json.fields(of: event.wire)
            json.field("alert", event.alert?.id)
            if event.count > 1 { json.field("count", event.count) }
            json.field("receivedAt", stationTime: event.received.wall)
            json.details(of: event.draft)
            json.field("monotonicMicroseconds", event.received.monotonic.microseconds)
            json.field("boot", event.boot?.description)
            json.field(raw: event.raw)
        }
    }
}

/// A change on one line.
public func changeJSON(_ change: Change) -> [UInt8] {
    JSONWriter.text { json in json.object { $0.fields(of: change) } }
}

/// What a frame says, before any station has received it: an event without `id`, `sequence`,
/// `port` and `receivedAt`, and with the priority that no site has raised.
public func draftJSON(_ draft: WordedDraft, protocolID: ProtocolID, raw: [UInt8]) -> [UInt8] {
    JSONWriter.text { json in
        json.object { json in
            let device = draft.address.map { DeviceAddress(protocolID, $0) }
            json.heading(of: draft, priority: draft.priority, device: device)
            json.details(of: draft)
            json.field(raw: raw)
        }
    }
}

extension JSONWriter {
    mutating func field(device: DeviceAddress?) {
        guard let device else { return }
        object("device") { json in
            json.field("protocol", device.protocolID.rawValue)
            json.field("address", device.address)
        }
    }

    /// What the station itself says came by no port.
    mutating func fields(of wire: Wire) {
        guard wire != .station else { return }
        field("port", wire.portID.rawValue)
        field("portName", wire.portName)
        field("peer", wire.peer)
    }

    mutating func fields(of change: Change) {
        field("id", change.id)
        field("sequence", change.sequence.rawValue)
        field("change", change.draft.kind.rawValue)
        field("alert", change.alert.id)
        field("version", change.version)
        field("at", stationTime: change.at.wall)
        field("by", change.draft.by)
        field("note", change.draft.note)
        field("outcome", change.draft.outcome?.rawValue)
        field("until", change.draft.until)
        field("step", change.draft.step)
        field("responder", change.draft.responder)
        field("stage", change.draft.stage)
    }

    fileprivate mutating func heading(
        of draft: WordedDraft, priority: Priority, device: DeviceAddress?
    ) {
        field("kind", draft.kind.rawValue)
        field("priority", priority.rawValue)
        field("restored", draft.isRestored)
        field("test", draft.isTest)
        field("late", draft.isLate)
        field(device: device)
        field("scope", draft.scope)
    }

    fileprivate mutating func details(of draft: WordedDraft) {
        field("reportedAt", draft.reportedAt)
        if let position = draft.position { object("position") { $0.fields(of: position) } }
        field("code", draft.code)
        field("partition", draft.partition)
        field("zone", draft.zone)
        field("fence", draft.fence)
        field("batteryPercent", draft.batteryPercent)
        field("signalPercent", draft.signalPercent)
        field("text", draft.text)
        field("deviceSerial", draft.deviceSerial)
    }

    /// The station's own events, as `supervisionLost`, come from no frame.
    fileprivate mutating func field(raw: [UInt8]) {
        if !raw.isEmpty { field("raw", hex: raw) }
    }

    mutating func fields(of position: Position) {
        field("latitude", position.latitudeE7, decimals: 7)
        field("longitude", position.longitudeE7, decimals: 7)
        field("valid", position.isValid)
        field("fixedAt", position.fixedAt)
        field("accuracyMeters", position.accuracyCentimeters, decimals: 2)
        field("altitudeMeters", position.altitudeCentimeters, decimals: 2)
        field("speedMetersPerSecond", position.speedMillimetersPerSecond, decimals: 3)
        field("courseDegrees", position.courseCentidegrees, decimals: 2)
    }
}
