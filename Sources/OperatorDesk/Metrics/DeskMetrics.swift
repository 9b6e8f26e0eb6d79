import AlarmModel

/// The families that the desk itself can answer for: ports, addresses, health, events, stream.
func deskMetrics(
    ports: [PortStatus], addresses: [DeskAddress], health: StationHealth, feed: EventFeed.Counts
) -> [MetricFamily] {
    [
        MetricFamily(
            "tocsin_health", .gauge, help: "1 for the state in which the station is.",
            samples: StationHealth.State.allCases.map { state in
                .init(state == health.state ? 1 : 0, labels: [.init("state", state.rawValue)])
            }),
        MetricFamily(
            "tocsin_pending_events", .gauge, help: "Events that wait for the ledger.",
            samples: [.init(Double(health.pendingEvents))]),
        MetricFamily(
            "tocsin_events_total", .counter, help: "Events handed out since the start, by kind.",
            samples: EventKind.allCases.map { kind in
                .init(Double(feed.events[kind] ?? 0), labels: [.init("kind", kind.rawValue)])
            }),
        MetricFamily(
            "tocsin_stream_clients", .gauge, help: "Clients of the event stream.",
            samples: [.init(Double(feed.clients))]),
        MetricFamily(
            "tocsin_stream_buffered_items", .gauge,
            help: "Events and telemetry that wait for stream clients, of all together.",
            samples: [.init(Double(feed.buffered))]),
        MetricFamily(
            "tocsin_stream_gaps_total", .counter,
            help: "Gaps that stream clients were told of because they were too slow.",
            samples: [.init(Double(feed.gaps))]),
        MetricFamily(
            "tocsin_desk_address_open", .gauge, help: "1 when the desk listens there.",
            samples: addresses.map { address in
                let label = MetricFamily.Label("address", address.address.description)
                return .init(address.state == .open ? 1 : 0, labels: [label])
            }),
        MetricFamily(
            "tocsin_port_open", .gauge, help: "1 when the port is open.",
            samples: ports.map { port in
                .init(port.state == .open ? 1 : 0, labels: labels(of: port))
            }),
    ] + portCounters(ports)
}

/// One family for each name of a counter, in the order in which the names appear.
///
/// `skippedBytes.noise` is the reason `noise` of `tocsin_port_skipped_bytes_total`.
private func portCounters(_ ports: [PortStatus]) -> [MetricFamily] {
    var families: [MetricFamily] = []
    for port in ports {
        for counter in port.counters {
            let parts = counter.name.split(separator: ".", maxSplits: 1)
            guard let base = parts.first else { continue }
            let name = "tocsin_port_\(snakeCase(base))_total"
            var sampleLabels = labels(of: port)
            if parts.count == 2 { sampleLabels.append(.init("reason", String(parts[1]))) }
            let sample = MetricFamily.Sample(Double(counter.value), labels: sampleLabels)
            if let index = families.firstIndex(where: { $0.name == name }) {
                families[index].samples.append(sample)
            } else {
                let help = "The counter \(base) of each port, since the start."
                families.append(MetricFamily(name, .counter, help: help, samples: [sample]))
            }
        }
    }
    return families
}

private func labels(of port: PortStatus) -> [MetricFamily.Label] {
    [.init("port", port.name), .init("protocol", port.protocolID.rawValue)]
}

/// `bytesIn` as `bytes_in`; what may not stand in a name becomes an underscore.
private func snakeCase(_ name: Substring) -> String {
    var snake = ""
    for byte in name.utf8 {
        let scalar = Unicode.Scalar(byte)
        switch scalar {
        case "A"..."Z": snake += "_" + String(scalar).lowercased()
        case "a"..."z", "0"..."9": snake.unicodeScalars.append(scalar)
        default: snake += "_"
        }
    }
    return snake
}
