import AlarmModel
import StationLedger

/// Where the desk reads what is stored. ``StationLedger/Ledger`` is one; tests have another.
///
/// All calls wait for the disk and are made on threads that may.
public protocol EventSource: Sendable {
    /// Names the ledger: a sequence means something only together with it.
    var epoch: String { get }
    /// Records in the order of their sequence, beginning behind `after`, ending with `through` or
    /// after `limit`, without those that nobody can read.
    func records(after: Sequence, through: Sequence?, limit: Int) throws(LedgerError) -> [Record]
    /// 0 when nothing is stored.
    func lastSequence() throws(LedgerError) -> Sequence
    /// In the order of the work, at most `limit`, and how many there are besides.
    func alerts(
        _ filter: AlertFilter, limit: Int
    ) throws(LedgerError) -> (alerts: [StoredAlert], more: Int)
    func alert(id: UUIDv7) throws(LedgerError) -> StoredAlert?
    /// The ids of alerts, ended ones too, from the first to the last of `range`, at most `limit`.
    func alertIDs(in range: ClosedRange<UUIDv7>, limit: Int) throws(LedgerError) -> [UUIDv7]
}

extension Ledger: EventSource {}
