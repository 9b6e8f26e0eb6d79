import AlarmModel
import StationLedger

/// Where the desk reads what is stored. ``StationLedger/Ledger`` is one; tests have another.
///
/// All calls wait for the disk and are made on threads that may.
public protocol EventSource: Sendable {
    /// Events in the order of their sequence, beginning behind `after`, ending with `through` or
    /// after `limit`.
    func events(after: Sequence, through: Sequence?, limit: Int) throws(LedgerError) -> [Event]
    /// 0 when nothing is stored.
    func lastSequence() throws(LedgerError) -> Sequence
    /// The last opened first, at most `limit`.
    func alerts(states: Set<Alert.State>, limit: Int) throws(LedgerError) -> [StoredAlert]
    func alert(id: UUIDv7) throws(LedgerError) -> StoredAlert?
}

extension Ledger: EventSource {}
