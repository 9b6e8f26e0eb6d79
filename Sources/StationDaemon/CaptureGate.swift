import AlarmModel

/// Which damage is worth a capture: one a configured port and minute, however many connections or
/// datagrams of it are damaged, and each sort of damage that the port has not shown before.
struct CaptureGate {
    private struct Port {
        var last: MonotonicTime
        var sorts: Set<String>
    }

    private var ports: [String: Port] = [:]

    /// - Parameter sort: such as `badChecksum`; there are few.
    mutating func admits(_ sort: String, of name: String, at now: MonotonicTime) -> Bool {
        guard var port = ports[name] else {
            // Names that a reload has taken away give way with all the others.
            if ports.count >= Limits.configuredPortsMax { ports = [:] }
            ports[name] = Port(last: now, sorts: [sort])
            return true
        }
        guard port.sorts.insert(sort).inserted || now - port.last >= Limits.captureRest else {
            return false
        }
        port.last = now
        ports[name] = port
        return true
    }
}

/// The capture files that are there, by their names: `<port>-<sort of damage>-<time>.pcapng`.
enum CaptureNames {
    static func name(port: String, sort: String, at time: WallTime) -> String {
        let safeName = String(port.map { $0.isLetter || $0.isNumber || $0 == "-" ? $0 : "_" })
        let stamp = time.rfc3339.filter { $0.isNumber || $0 == "T" || $0 == "Z" }
        return "\(safeName)-\(sort)-\(stamp).pcapng"
    }

    /// Which of them give way to one more. The first of each port and sort stays, because it is
    /// what somebody will want to see, unless there are too many even of those: then the oldest of
    /// the port that has most.
    ///
    /// - Parameter names: the oldest first.
    static func surplus(_ names: [String]) -> [String] {
        let count = names.count - Limits.captureFilesMax + 1
        guard count > 0 else { return [] }
        var seen: Set<Substring> = []
        var firsts: [String] = []
        var later: [String] = []
        for name in names {
            if seen.insert(kind(of: name)).inserted {
                firsts.append(name)
            } else {
                later.append(name)
            }
        }
        var surplus = Array(later.prefix(count))
        while surplus.count < count {
            let ports = Dictionary(grouping: firsts) { port(of: $0) }
            let fullest = ports.values.max {
                ($0.count, $1[0]) < ($1.count, $0[0])
            }
            guard let oldest = fullest?.first else { break }
            firsts.removeAll { $0 == oldest }
            surplus.append(oldest)
        }
        return surplus
    }

    /// Port and sort: all in front of the time.
    private static func kind(of name: String) -> Substring { upToLastDash(name[...]) }

    private static func port(of name: String) -> Substring { upToLastDash(kind(of: name)) }

    private static func upToLastDash(_ text: Substring) -> Substring {
        text.lastIndex(of: "-").map { text[..<$0] } ?? text
    }
}
