import AlarmModel
import StationLedger

/// An alert on one line. `openedBy` is the id of the event that opened it, which is the alert's
/// own; `events` are the ids of all that joined, left out when they are not known.
public func alertJSON(_ alert: Alert, events: [UUIDv7]?) -> [UInt8] {
    JSONWriter.text { $0.object { $0.fields(of: alert, events: events) } }
}

/// The alerts as one array.
public func alertsJSON(_ alerts: some Swift.Sequence<StoredAlert>) -> [UInt8] {
    JSONWriter.text { json in
        json.array(alerts) { json, stored in
            json.object { $0.fields(of: stored.alert, events: stored.events) }
        }
    }
}

/// The ports as one array, in the order of the configuration.
public func portsJSON(_ ports: [PortStatus]) -> [UInt8] {
    JSONWriter.text { json in
        json.array(ports) { json, port in
            json.object { $0.fields(of: port) }
        }
    }
}

/// `{"state":"degraded","reasons":["…"],"pendingEvents":0}`
public func healthJSON(_ health: StationHealth) -> [UInt8] {
    JSONWriter.text { json in
        json.object { json in
            json.field("state", health.state.rawValue)
            json.array("reasons", health.reasons) { $0.string($1) }
            json.field("pendingEvents", health.pendingEvents)
        }
    }
}

/// `{"gap":{"from":17,"to":912}}`: the first and the last sequence that a client missed.
func gapJSON(_ gap: ClosedRange<Sequence>) -> [UInt8] {
    JSONWriter.text { json in
        json.object { json in
            json.object("gap") { json in
                json.field("from", gap.lowerBound.rawValue)
                json.field("to", gap.upperBound.rawValue)
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func fields(of alert: Alert, events: [UUIDv7]?) {
        field("id", alert.id.description)
        field("state", alert.state.rawValue)
        field("kind", alert.kind.rawValue)
        field("priority", alert.priority.rawValue)
        field(device: alert.device)
        field("port", alert.portID.rawValue)
        field("openedAt", stationTime: alert.openedAt)
        field("changedAt", stationTime: alert.changedAt)
        field("openedBy", alert.id.description)
        if let events { array("events", events) { $0.string($1.description) } }
        field("eventCount", alert.eventCount)
        field("repeatCount", alert.repeatCount)
        field("restored", alert.isRestored)
    }

    fileprivate mutating func fields(of port: PortStatus) {
        field("name", port.name)
        field("id", port.id?.rawValue)
        field("path", port.path)
        field("protocol", port.protocolID.rawValue)
        field("state", port.state.rawValue)
        field("reason", port.reason)
        field("remedy", port.remedy)
        object("counters") { json in
            for counter in port.counters { json.field(counter.name, counter.value) }
        }
    }
}
