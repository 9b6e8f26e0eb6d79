import AlarmModel
import GRDB

/// What could be read of a damaged ledger.
public struct Salvage: Equatable, Sendable {
    /// Records that were handed out.
    public var read = 0
    /// Where nothing could be read, and why, at most ``LedgerAudit/findingsMax``.
    public var losses: [String] = []
}

extension LedgerAudit {
    /// Hands out every record that can be read, those of events first, each kind in its order. What
    /// lies behind a damaged place is looked for, in steps that grow until something is found.
    ///
    /// Nothing is written, and what one record says is not compared with its digest: that is what
    /// ``verify(against:)`` is for.
    public func salvage(_ body: (Record) -> Void) -> Salvage {
        queue.inDatabase { db in
            var salvage = Salvage()
            let events = { (after: Int64, limit: Int) in
                try EventTable.events(
                    db, where: "event.sequence > ? ORDER BY event.sequence LIMIT ?",
                    [after, limit]
                ).map { Record.event($0) }
            }
            let changes = { (after: Int64, limit: Int) in
                try ChangeTable.changes(
                    db, where: "change.sequence > ? ORDER BY change.sequence LIMIT ?",
                    [after, limit]
                ).map { Record.change($0) }
            }
            walk("events", into: &salvage, read: events, body: body)
            walk("changes", into: &salvage, read: changes, body: body)
            return salvage
        }
    }

    private func walk(
        _ what: String, into salvage: inout Salvage,
        read: (_ after: Int64, _ limit: Int) throws -> [Record], body: (Record) -> Void
    ) {
        var last: Int64 = 0
        while true {
            do {
                // Many at once, for as long as nothing is wrong.
                var page: [Record]
                do {
                    page = try read(last, Self.salvagedAtOnce)
                } catch {
                    page = try read(last, 1)
                }
                guard let end = page.last else { return }
                for record in page { body(record) }
                salvage.read += page.count
                last = end.sequence.rawValue
            } catch {
                guard let found = behind(last, read) else {
                    return lose("\(what) behind \(last): \(error)", in: &salvage)
                }
                lose("\(what) \(last + 1) to \(found): \(error)", in: &salvage)
                last = found
            }
        }
    }

    /// The smallest number behind which something can be read again, as near as steps of twice the
    /// length, and then of half, come to it; nil when nothing can.
    private func behind(
        _ last: Int64, _ read: (_ after: Int64, _ limit: Int) throws -> [Record]
    ) -> Int64? {
        func isReadable(_ after: Int64) -> Bool { (try? read(after, 1))?.isEmpty == false }
        var step: Int64 = 1
        while !isReadable(last + step) {
            guard step < 1 << 40 else { return nil }
            step *= 2
        }
        var (bad, good) = (last + step / 2, last + step)
        while bad + 1 < good {
            let middle = (bad + good) / 2
            if isReadable(middle) { good = middle } else { bad = middle }
        }
        return good
    }

    private func lose(_ what: String, in salvage: inout Salvage) {
        if salvage.losses.count < Self.findingsMax { salvage.losses.append(what) }
    }
}
