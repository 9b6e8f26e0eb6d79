import AlarmModel

/// An alert on one line, with the ids of the events that it was opened and joined by, and with its
/// changes.
public func alertJSON(_ stored: StoredAlert) -> [UInt8] {
    JSONWriter.text { $0.object { $0.fields(of: stored) } }
}

/// The alerts as one array.
public func alertsJSON(_ alerts: some Swift.Sequence<StoredAlert>) -> [UInt8] {
    JSONWriter.text { json in
        json.array(alerts) { json, stored in json.object { $0.fields(of: stored) } }
    }
}

/// `{"owner":"desk 2","since":"…","version":7,"state":"acknowledged"}`: what an order ran into.
public func conflictJSON(_ alert: Alert) -> [UInt8] {
    JSONWriter.text { json in
        json.object { json in
            json.field("owner", alert.owner ?? (alert.state == .resolved ? alert.changedBy : nil))
            json.field("since", stationTime: alert.ownedSince ?? alert.changedAt)
            json.field("version", alert.version)
            json.field("state", alert.state.rawValue)
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

/// The devices as one array.
public func devicesJSON(_ devices: [DeviceState]) -> [UInt8] {
    JSONWriter.text { json in
        json.array(devices) { json, device in json.object { $0.fields(of: device) } }
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
public func gapJSON(_ gap: ClosedRange<Sequence>) -> [UInt8] {
    JSONWriter.text { json in
        json.object { json in
            json.object("gap") { json in
                json.field("from", gap.lowerBound.rawValue)
                json.field("to", gap.upperBound.rawValue)
            }
        }
    }
}

/// `{"alive":{"at":"…","sequence":912}}`: the stream lives, and everything up to there was sent.
public func aliveJSON(at time: WallTime, _ sequence: Sequence) -> [UInt8] {
    JSONWriter.text { json in
        json.object { json in
            json.object("alive") { json in
                json.field("at", stationTime: time)
                json.field("sequence", sequence.rawValue)
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func fields(of stored: StoredAlert) {
        let alert = stored.alert
        field("id", alert.id)
        field("version", alert.version)
        field("state", alert.state.rawValue)
        field("owner", alert.owner)
        if let since = alert.ownedSince { field("ownedSince", stationTime: since) }
        field("kind", alert.kind.rawValue)
        field("priority", alert.priority.rawValue)
        field("test", alert.isTest)
        object("subject") { json in
            json.field("protocol", alert.protocolID.rawValue)
            json.field("address", alert.address)
            json.field("scope", alert.scope)
            json.fields(of: alert.wire)
            json.field("partition", alert.partition)
            json.field("zone", alert.zone)
            json.field("text", alert.text)
        }
        field(device: alert.device)
        field("scope", alert.scope)
        fields(of: alert.wire)
        field("code", alert.code)
        field("partition", alert.partition)
        field("zone", alert.zone)
        field("text", alert.text)
        field("openedAt", stationTime: alert.openedAt)
        field("changedAt", stationTime: alert.changedAt)
        if let time = alert.firstAnsweredAt { field("firstAnsweredAt", stationTime: time) }
        field("parkedUntil", alert.parkedUntil)
        field("outcome", alert.outcome?.rawValue)
        field("openedBy", alert.id)
        field("eventCount", alert.eventCount)
        field("restored", alert.isRestored)
        array("events", stored.events) { $0.string($1) }
        array("changes", stored.changes) { json, change in
            json.object { $0.fields(of: change) }
        }
    }

    fileprivate mutating func fields(of device: DeviceState) {
        let origin = device.origin
        field("protocol", origin.protocolID.rawValue)
        field("address", origin.caller.address)
        field("scope", origin.caller.scope)
        fields(of: device.wire)
        field("lastHeardAt", stationTime: device.lastHeard.wall)
        if let position = device.position { object("position") { $0.fields(of: position) } }
        field("batteryPercent", device.batteryPercent)
        field("signalPercent", device.signalPercent)
    }

    fileprivate mutating func fields(of port: PortStatus) {
        field("name", port.name)
        field("id", port.id?.rawValue)
        field("path", port.path)
        field("protocol", port.protocolID.rawValue)
        field("state", port.state.rawValue)
        field("reason", port.reason)
        field("remedy", port.remedy)
        if let time = port.lastHeardAt { field("lastHeardAt", stationTime: time) }
        object("counters") { json in
            for counter in port.counters { json.field(named: counter.name, counter.value) }
        }
    }
}
