import AlarmModel

/// What the parts of the station say of themselves, as one health and one line.
struct HealthReport {
    let health: StationHealth
    /// For `systemctl status`: what is worst first.
    let statusLine: String

    /// - Parameters:
    ///   - ledger: whether it stores.
    ///   - warnings: what degrades the station besides its ports.
    init(ledger: StationHealth, warnings: [String], ports: [PortStatus]) {
        let troubled = ports.filter { $0.state != .open }
        var health = ledger
        if health.state == .ok, !warnings.isEmpty || !troubled.isEmpty { health.state = .degraded }
        health.reasons += warnings
        health.reasons += troubled.map { status in
            let remedy = status.remedy.map { "; \($0)" } ?? ""
            return
                "port \(status.name) is \(status.state.rawValue): \(status.reason ?? "")\(remedy)"
        }
        self.health = health

        var parts: [String] = []
        if ledger.state == .critical {
            parts.append("NOT STORING: \(ledger.reasons.first ?? "the ledger is in trouble")")
        }
        parts.append("\(ports.count - troubled.count) of \(ports.count) ports open")
        for state in PortStatus.State.allCases {
            let names = troubled.filter { $0.state == state }.map(\.name)
            guard let first = names.first else { continue }
            let others = names.count > 1 ? " and \(names.count - 1) more" : ""
            parts.append("\(state.rawValue): \(first)\(others)")
        }
        if let warning = warnings.first { parts.append(warning) }
        statusLine = parts.joined(separator: "; ")
    }
}
