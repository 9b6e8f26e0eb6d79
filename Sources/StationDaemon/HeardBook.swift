import AlarmModel

/// When something was last heard on each port, from its counter of bytes: what is read costs
/// nothing more.
struct HeardBook {
    private var ports: [String: (bytes: UInt64, at: WallTime?)] = [:]

    /// Writes down which counters have grown, and puts the times into the statuses.
    mutating func look(at statuses: inout [PortStatus], now: WallTime) {
        var new: [String: (bytes: UInt64, at: WallTime?)] = [:]
        for index in statuses.indices {
            let name = statuses[index].name
            let bytes = statuses[index].counters.first { $0.name == "bytesIn" }?.value ?? 0
            let old = ports[name]
            let at = bytes != old?.bytes ?? 0 ? now : old?.at
            new[name] = (bytes, at)
            statuses[index].lastHeardAt = at
        }
        ports = new
    }
}
