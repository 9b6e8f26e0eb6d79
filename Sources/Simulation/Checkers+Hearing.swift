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

        /// A line on which others wait while one waits for an answer.
        var isPaced: Bool {
            guard wire.host == nil else { return false }
            if case .afterAnswer = descriptor.repeatRule { return true }
            return descriptor.isConversation
        }
    }

    /// - Parameter entries: what the station wants stored of this read, as the ledger gets it.
    mutating func heard(_ hearings: [Hearing], _ read: Read, _ entries: [LedgerEntry]) {
        var entries = entries[...]
        for hearing in hearings {
            takeUntold(&entries, from: read.wire, at: read.now)
            let isOfThis = entries.first?.records.first?.event?.raw == hearing.raw
            judge(hearing, read, isOfThis ? entries.removeFirst() : nil)
        }
        takeUntold(&entries, from: read.wire, at: read.now)
        if let stray = entries.first?.records.first {
            report(
                .duplicateAlert, "record \(stray.sequence) comes out of no message on \(read.port)")
        }
    }

    /// Rows of what was gathered, and what the station says of itself, come before and behind those
    /// of a message.
    private mutating func takeUntold(
        _ entries: inout ArraySlice<LedgerEntry>, from wire: WireID, at now: Moment
    ) {
        while let entry = entries.first, let event = entry.records.first?.event,
            event.protocolID == .station || release(entry, at: now.monotonic)
        {
            alerts.take(
                entry, from: event.protocolID == .station ? nil : wire, order: nil, at: now)
            reportAlertProblems()
            entries.removeFirst()
        }
    }

    /// Whether the entry is the row of what was gathered.
    mutating func release(_ entry: LedgerEntry, at now: MonotonicTime) -> Bool {
        let (isShared, problem) = storms.release(entry, at: now)
        if let problem { report(problem.rule, problem.sentence) }
        return isShared
    }

    private mutating func judge(_ hearing: Hearing, _ read: Read, _ entry: LedgerEntry?) {
        let id = read.descriptor.id
        let teller = FakeTeller(protocolID: id, wire: read.wire, address: hearing.address)
        let verdict = folding.verdict(
            on: hearing, of: teller, read.descriptor.repeatRule, boot: read.boot,
            durable: lastSequence, at: read.now.monotonic, isOpen: { alerts.isOpen($0) })
        let rows = folding.rows(of: hearing, on: read.wire, id)
        let name = rows.map(\.kind.rawValue).joined(separator: ", ")
        let told = StormBook.Told(raw: hearing.raw, rows: rows, wire: read.wire)
        let mayWait =
            !rows.isEmpty
            && storms.hear(told, id, isPaced: read.isPaced, at: read.now.monotonic)
        if let entry, storms.isWaiting(told, id) {
            // The last of those that share a row, which comes out of the same read.
            storms.wait(told, id, at: read.now.monotonic)
            if !release(entry, at: read.now.monotonic) {
                report(.hiddenEvent, "\(name) on \(read.port) overtook what waits for its row")
            }
            alerts.take(entry, from: read.wire, order: nil, at: read.now)
            return reportAlertProblems()
        }
        if let entry {
            if verdict == .copy {
                report(.duplicateAlert, "a copy of \(name) on \(read.port) was stored once more")
            }
            compare(entry.records.compactMap(\.event), with: rows, read)
            alerts.take(entry, from: read.wire, order: nil, at: read.now)
            reportAlertProblems()
        } else if !rows.isEmpty {
            if verdict != .news { return }
            if mayWait { return storms.wait(told, id, at: read.now.monotonic) }
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
