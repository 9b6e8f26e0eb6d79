import AlarmModel

/// Gathers what one message or one order makes true, on its way to become one entry.
struct EntryBuilder: ~Copyable {
    private var entry = LedgerEntry(records: [])

    var hasRecords: Bool { !entry.records.isEmpty }

    var references: [AlertReference] { entry.alerts.map(\.reference) }

    mutating func add(_ event: Event, _ alert: Alert? = nil) { add(.event(event), alert) }

    mutating func add(_ change: Change, _ alert: Alert) { add(.change(change), alert) }

    /// - Parameter alert: as it is behind the record.
    private mutating func add(_ record: Record, _ alert: Alert?) {
        entry.records.append(record)
        guard let alert else { return }
        if let index = entry.alerts.firstIndex(where: { $0.id == alert.id }) {
            entry.alerts[index] = alert
        } else {
            entry.alerts.append(alert)
        }
    }

    mutating func finish() -> LedgerEntry {
        defer { entry = LedgerEntry(records: []) }
        return entry
    }
}
