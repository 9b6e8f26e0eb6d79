import AlarmModel

/// What tells one row from another without the bytes that it came in.
struct RowKey: Hashable, CustomStringConvertible {
    var address: ShortText?
    var kind: EventKind
    var isRestored: Bool
    var code: ShortText?
    var serial: UInt32?
    var zone: UInt32?
    var fence: ShortText?
    var reportedAt: WallTime?

    init(_ draft: WordedDraft) {
        address = draft.address
        kind = draft.kind
        isRestored = draft.isRestored
        code = draft.code
        serial = draft.deviceSerial
        zone = draft.zone
        fence = draft.fence
        reportedAt = draft.reportedAt
    }

    var description: String {
        let number = serial.map { " number \($0)" } ?? zone.map { " zone \($0)" } ?? ""
        return "\(kind) of \(address?.string ?? "the port")\(number)"
    }
}

/// The rows on the disk, found by what a checker asks for.
struct StoredRows {
    private var events: [UInt64: [WordedDraft]] = [:]
    private var prints: [RowKey: [UInt64]] = [:]
    private var conditions: Set<Alert.Key> = []
    private var counts: [ShortText: Int] = [:]
    private(set) var lastID: UUIDv7?

    mutating func add(_ event: Event) {
        events[event.fingerprint, default: []].append(event.draft)
        prints[RowKey(event.draft), default: []].append(event.fingerprint)
        if event.draft.heldBit != nil { conditions.insert(key(of: event.draft)) }
        if let address = event.draft.address { counts[address, default: 0] += 1 }
        lastID = event.id
    }

    /// All that a reply waits for is stored.
    func holds(_ debt: Witness.Debt) -> Bool {
        debt.rows.allSatisfy { holds($0, of: debt.fingerprint) }
    }

    /// The row came out of a frame with this fingerprint, or is a condition that is known to last.
    func holds(_ row: WordedDraft, of fingerprint: UInt64) -> Bool {
        if row.heldBit != nil { return conditions.contains(key(of: row)) }
        return events[fingerprint]?.contains(row) ?? false
    }

    func fingerprints(of key: RowKey) -> [UInt64] { prints[key] ?? [] }

    func count(of address: ShortText) -> Int { counts[address] ?? 0 }

    private func key(of draft: WordedDraft) -> Alert.Key {
        // The address alone names the device: no two senders of a run share one.
        let device = draft.address.map { DeviceAddress("", $0) }
        return Alert.Key(kind: draft.kind, device: device, portID: "")
    }
}
