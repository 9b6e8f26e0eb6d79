import AlarmModel
import WireProtocols

/// What the station makes of each message that it hears, judged at once: news has all its events in
/// one entry, and only a copy has none.
extension Checkers {
    /// When and where a read was.
    struct Read {
        var descriptor: ProtocolDescriptor
        var wire: WireID
        var port: PortID
        var now: Moment
        var boot: BootID
    }

    /// - Parameter entries: what the station wants stored of this read, as the ledger gets it.
    mutating func heard(_ hearings: [Hearing], _ read: Read, _ entries: [LedgerEntry]) {
        var entries = entries[...]
        for hearing in hearings {
            let isOfThis = entries.first?.records.first?.event?.raw == hearing.raw
            judge(hearing, read, isOfThis ? entries.removeFirst() : nil)
        }
        if let stray = entries.first?.records.first {
            report(
                .duplicateAlert, "record \(stray.sequence) comes out of no message on \(read.port)")
        }
    }

    private mutating func judge(_ hearing: Hearing, _ read: Read, _ entry: LedgerEntry?) {
        let id = read.descriptor.id
        let teller = FakeTeller(protocolID: id, wire: read.wire, address: hearing.address)
        let verdict = folding.verdict(
            on: hearing, of: teller, read.descriptor.repeatRule, boot: read.boot,
            durable: lastSequence, at: read.now.monotonic, isOpen: { alerts.isOpen($0) })
        let rows = folding.rows(of: hearing, on: read.wire, id)
        let name = rows.map(\.kind.rawValue).joined(separator: ", ")
        if let entry {
            if verdict == .copy {
                report(.duplicateAlert, "a copy of \(name) on \(read.port) was stored once more")
            }
            compare(entry.records.compactMap(\.event), with: rows, read)
            alerts.take(entry, from: read.wire, order: nil, at: read.now)
            reportAlertProblems()
        } else if !rows.isEmpty {
            if verdict != .news { return }
            report(.hiddenEvent, "\(name) on \(read.port) was no copy and was not stored")
        } else if verdict != .news {
            // It says nothing new, folded or not.
            return
        }
        folding.take(
            hearing, on: read.wire, id, as: entry, boot: read.boot, at: read.now.monotonic)
    }

    private mutating func compare(_ events: [Event], with rows: [WordedDraft], _ read: Read) {
        var rest = events
        for row in rows {
            guard let index = rest.firstIndex(where: { $0.draft.tells(row) }) else {
                let what = row.isRestored ? "the end of \(row.kind)" : "\(row.kind)"
                report(.hiddenEvent, "\(what) on \(read.port) was not stored with its message")
                continue
            }
            rest.remove(at: index)
        }
        for event in rest {
            report(.duplicateAlert, "\(event.kind) on \(read.port) is stored and was nothing new")
        }
    }
}

extension WordedDraft {
    /// It is what this row should be; of the end of a condition, only what ended is known before.
    fileprivate func tells(_ row: WordedDraft) -> Bool {
        guard row.isRestored, row.heldBit != nil else { return self == row }
        let isSame =
            draft.kind == row.kind && draft.heldBit == row.heldBit && draft.address == row.address
            && draft.zone == row.zone && draft.partition == row.partition
        return isSame && draft.isRestored
    }
}
