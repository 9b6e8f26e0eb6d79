import AlarmModel
import LinuxPorts

/// Tells the journal which ports opened, closed, or did not open: one line each, and one for all
/// the others where a reload or a hub that is unplugged touches many at once.
struct PortTidings {
    enum Kind: String, CaseIterable {
        case opened = "port opened"
        case closed = "port closed"
        case notOpen = "port is not open"

        fileprivate var level: Journal.Level { self == .opened ? .notice : .warning }
        fileprivate var sentenceOfMany: String {
            switch self {
            case .opened: "more ports opened"
            case .closed: "more ports closed"
            case .notOpen: "more ports are not open"
            }
        }
    }

    typealias Tell = (Journal.Level, String, [(name: String, value: String)]) -> Void

    private let tell: Tell
    private var counts: [Kind: Int] = [:]
    private var lastStates: [String: PortStatus.State] = [:]

    /// - Parameter tell: where the lines go.
    init(tell: @escaping Tell = Journal.write) { self.tell = tell }

    mutating func opened(_ port: OpenPort) {
        add(.opened, [("PORT", port.name), ("PATH", port.path)])
    }

    mutating func closed(_ port: OpenPort, _ reason: PortCloseReason) {
        add(.closed, [("PORT", port.name), ("REASON", reason.description)])
    }

    /// Tells what has changed since the last time and is not open now. Ends an interval: what was
    /// too much for lines of its own is summed up.
    mutating func look(at statuses: [PortStatus]) {
        for status in statuses where lastStates[status.name] != status.state {
            lastStates[status.name] = status.state
            guard status.state != .open else { continue }
            add(
                .notOpen,
                [
                    ("PORT", status.name), ("STATE", status.state.rawValue),
                    ("REASON", status.reason ?? ""), ("REMEDY", status.remedy ?? ""),
                ])
        }
        if lastStates.count > statuses.count {
            let names = Set(statuses.map(\.name))
            lastStates = lastStates.filter { names.contains($0.key) }
        }
        for kind in Kind.allCases {
            let rest = (counts[kind] ?? 0) - Limits.portLinesMax
            if rest > 0 {
                tell(kind.level, kind.sentenceOfMany, [("COUNT", "\(rest)")])
            }
        }
        counts = [:]
    }

    private mutating func add(_ kind: Kind, _ fields: [(name: String, value: String)]) {
        counts[kind, default: 0] += 1
        if counts[kind, default: 0] <= Limits.portLinesMax {
            tell(kind.level, kind.rawValue, fields)
        }
    }
}

/// What a reload does to the ports, in numbers.
struct PortChanges: Equatable {
    var added = 0
    var removed = 0
    var changed = 0

    init(from old: [ConfiguredPort], to new: [ConfiguredPort]) {
        let before = Dictionary(old.map { ($0.definition.name, $0) }, uniquingKeysWith: { $1 })
        for port in new {
            switch before[port.definition.name] {
            case nil: added += 1
            case port: break
            case _: changed += 1
            }
        }
        removed = before.count - (new.count - added)
    }
}
