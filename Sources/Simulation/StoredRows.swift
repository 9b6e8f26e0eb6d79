import AlarmModel

/// The rows on the disk, found by what a checker asks for.
struct StoredRows {
    private var events: [UInt64: [WordedDraft]] = [:]
    private var told: [Condition: [WordedDraft]] = [:]
    private var counts: [ShortText: Int] = [:]

    mutating func add(_ event: Event) {
        let wire = event.wire.id
        events[RunningHash.of(event.raw, on: wire), default: []].append(event.draft)
        told[Condition(event.draft, wire), default: []].append(event.draft)
        if let address = event.draft.address {
            counts[address, default: 0] += Int(event.count)
        }
    }

    /// A message that shares a row with others.
    mutating func add(_ told: StormBook.Told) {
        for row in told.rows {
            events[RunningHash.of(told.raw, on: told.wire), default: []].append(row)
            self.told[Condition(row, told.wire), default: []].append(row)
        }
    }

    /// All that a reply waits for is stored.
    func holds(_ debt: Witness.Debt, on wire: WireID) -> Bool {
        debt.rows.allSatisfy { holds($0, of: debt.fingerprint, on: wire) }
    }

    /// The row came out of a frame with this fingerprint, or is a condition that is known to last.
    func holds(_ row: WordedDraft, of fingerprint: UInt64, on wire: WireID) -> Bool {
        row.heldBit != nil ? holds(row, on: wire) : events[fingerprint]?.contains(row) ?? false
    }

    /// The row came over this wire, or is a condition that is known to last: out of whichever
    /// frame, for one that lost its first mark on the line is the same message.
    func holds(_ row: WordedDraft, on wire: WireID) -> Bool {
        let rows = told[Condition(row, wire)] ?? []
        return row.heldBit != nil ? rows.contains { $0.heldBit != nil } : rows.contains(row)
    }

    func count(of address: ShortText) -> Int { counts[address] ?? 0 }

    private struct Condition: Hashable {
        var wire: WireID
        var address: ShortText?
        var kind: EventKind

        init(_ draft: WordedDraft, _ wire: WireID) {
            self.wire = wire
            address = draft.address
            kind = draft.kind
        }
    }
}
