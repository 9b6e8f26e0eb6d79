import AlarmModel
import WireProtocols

/// The checkers' own account of storms (design.md §4, `count`): which messages may wait for a row
/// that they share, and whether that row comes in time and stands for all of them.
struct StormBook {
    /// One message that waits, as it has to be found on the disk.
    struct Told {
        var raw: [UInt8]
        var rows: [WordedDraft]
        var wire: WireID
    }

    private struct Manner: Hashable {
        struct Press: Hashable {
            var person: FakePerson
            var kind: EventKind
            var isTest: Bool
            var isRestored: Bool
        }

        var wire: WireID
        var presses: [Press]
    }

    private struct Waiting {
        var since: MonotonicTime
        var told: [Told] = []
    }

    typealias Problem = (rule: Rule, sentence: String)

    /// More messages of one manner than this in as long no person presses.
    private static let stormy = (count: 50, span: TimeSpan.seconds(10))
    /// What waits longer is late.
    private static let patience = TimeSpan.seconds(2)

    private var heard: [Manner: [MonotonicTime]] = [:]
    private var waiting: [Manner: Waiting] = [:]
    /// By the sequence of their row, which is not durable yet.
    private var settling: [Sequence: [Told]] = [:]

    /// Notes a message that brings `rows`, and says whether it may wait.
    ///
    /// - Parameter isPaced: its sender waits for the answer, and others on the line wait for it.
    mutating func hear(
        _ told: Told, _ protocolID: ProtocolID, isPaced: Bool, at now: MonotonicTime
    ) -> Bool {
        let manner = Self.manner(of: told, protocolID)
        var times = heard[manner] ?? []
        times.append(now)
        times.removeAll { now - $0 > Self.stormy.span }
        heard[manner] = times
        return times.count > Self.stormy.count && !isPaced
    }

    /// Others like it wait.
    func isWaiting(_ told: Told, _ protocolID: ProtocolID) -> Bool {
        waiting[Self.manner(of: told, protocolID)] != nil
    }

    /// It was not stored, so it waits.
    mutating func wait(_ told: Told, _ protocolID: ProtocolID, at now: MonotonicTime) {
        waiting[Self.manner(of: told, protocolID), default: Waiting(since: now)].told.append(told)
    }

    /// Whether the entry is the row of what waits, and what is wrong with it.
    mutating func release(
        _ entry: LedgerEntry, at now: MonotonicTime
    ) -> (isShared: Bool, problem: Problem?) {
        guard let event = entry.records.first?.event,
            let found = waiting.first(where: { manner, waiting in
                manner.wire == event.wire.id && waiting.told.last?.raw == event.raw
            })
        else { return (false, nil) }
        waiting[found.key] = nil
        settling[event.sequence] = found.value.told
        let count = found.value.told.count
        if event.count != count {
            return (true, (.hiddenEvent, "a row says \(event.count) of \(count) that waited"))
        }
        if now - found.value.since > Self.patience {
            return (true, (.silentlyLate, "presses waited longer than a second for their row"))
        }
        return (true, nil)
    }

    /// The messages whose row this is; it is durable.
    mutating func settle(_ sequence: Sequence) -> [Told] {
        settling.removeValue(forKey: sequence) ?? []
    }

    /// What waited has never been heard.
    mutating func crash() {
        heard = [:]
        waiting = [:]
        settling = [:]
    }

    /// At the end of a run nothing waits.
    var isEmpty: Bool { waiting.isEmpty }

    private static func manner(of told: Told, _ protocolID: ProtocolID) -> Manner {
        Manner(
            wire: told.wire,
            presses: told.rows.map { row in
                Manner.Press(
                    person: FakePerson(row, protocolID, on: told.wire), kind: row.kind,
                    isTest: row.isTest, isRestored: row.isRestored)
            })
    }
}
