import AlarmModel
import Foundation
import LinuxPorts
import OperatorDesk
import StationLedger
import Synchronization

/// A ledger that is open, and what was in it.
struct OpenLedger: Sendable {
    var ledger: Ledger
    var recovery: Recovery
}

/// Opens the ledger, however long it takes.
///
/// One that another program holds, or that is on a full disk, is waited for: the station runs, its
/// desk answers and says so, and the presses wait in the kernel without a reply. One that is
/// damaged is moved aside and kept, and a new one is begun.
///
/// For the desk it is what to read from, and fails in the ledger's own words until it is open.
final class LedgerKeeper: Sendable {
    private enum State {
        case waiting(LedgerError)
        case open(OpenLedger)
    }

    private let path: String
    private let state: Mutex<State>

    init(path: String) {
        self.path = path
        state = Mutex(
            .waiting(
                LedgerError(
                    .busy, message: "the ledger \(path) is being opened",
                    remedy: "try again in a moment")))
    }

    /// Nil while it cannot be opened, and may be later.
    ///
    /// - Throws: what no waiting mends.
    func attempt() throws(LedgerError) -> OpenLedger? {
        do throws(LedgerError) {
            return try openOrSetAside()
        } catch {
            guard error.isTransient else { throw error }
            let isNews = state.withLock { state in
                defer { state = .waiting(error) }
                if case .waiting(let before) = state { return before != error }
                return true
            }
            if isNews {
                Journal.write(
                    .critical, "waiting for the ledger; nothing is stored and no device answered",
                    ["REASON": error.message, "REMEDY": error.remedy])
            }
            return nil
        }
    }

    /// Tries again and again on a thread of its own, and tells of the one time that it is open, or
    /// of what no waiting mends.
    func keepTrying(_ tell: @escaping @Sendable (Result<OpenLedger, LedgerError>) -> Void) {
        let thread = Thread { [self] in
            while true {
                Clock.rest(Limits.ledgerRetry)
                do throws(LedgerError) {
                    if let open = try attempt() { return tell(.success(open)) }
                } catch {
                    return tell(.failure(error))
                }
            }
        }
        thread.name = "ledger opening"
        thread.start()
    }

    /// Lets the desk read it.
    func show(_ open: OpenLedger) { state.withLock { $0 = .open(open) } }

    /// Why it is not open; nil when it is.
    var trouble: LedgerError? {
        state.withLock { if case .waiting(let error) = $0 { error } else { nil } }
    }

    func close() {
        if case .open(let open) = state.withLock({ $0 }) { open.ledger.close() }
    }

    private func openOrSetAside() throws(LedgerError) -> OpenLedger {
        do throws(LedgerError) {
            return try open()
        } catch {
            guard error.kind == .corrupt else { throw error }
            let name = try Ledger.setAside(path: path, at: Clock.now().wall)
            Journal.write(
                .critical, "the ledger is damaged; it was moved aside, and a new one is begun",
                [
                    "REASON": error.message, "FILE": name,
                    "REMEDY": "tocsin audit salvage \(name) reads what can be read",
                ])
            return try open()
        }
    }

    private func open() throws(LedgerError) -> OpenLedger {
        let opened = try Ledger.open(
            path: path, boot: Clock.bootID,
            logProblem: { problem in
                Journal.write(
                    .critical, "the ledger's log cannot be copied",
                    ["REASON": problem.description])
            })
        for finding in opened.recovery.findings {
            Journal.write(.notice, "ledger opened", ["FINDING": finding])
        }
        for warning in opened.recovery.warnings {
            Journal.write(.warning, "the ledger needs a person", ["REASON": warning])
        }
        return OpenLedger(ledger: opened.ledger, recovery: opened.recovery)
    }
}

extension LedgerKeeper: EventSource {
    private func ledger() throws(LedgerError) -> Ledger {
        switch state.withLock({ $0 }) {
        case .open(let open): return open.ledger
        case .waiting(let error): throw error
        }
    }

    /// Empty while nobody can have read anything of it.
    var epoch: String { (try? ledger())?.epoch ?? "" }

    func records(
        after: Sequence, through: Sequence?, limit: Int
    ) throws(LedgerError) -> [Record] {
        try ledger().records(after: after, through: through, limit: limit)
    }

    func lastSequence() throws(LedgerError) -> Sequence { try ledger().lastSequence() }

    func alerts(
        _ filter: AlertFilter, limit: Int
    ) throws(LedgerError) -> (alerts: [StoredAlert], more: Int) {
        try ledger().alerts(filter, limit: limit)
    }

    func alert(id: UUIDv7) throws(LedgerError) -> StoredAlert? { try ledger().alert(id: id) }

    func alertIDs(in range: ClosedRange<UUIDv7>, limit: Int) throws(LedgerError) -> [UUIDv7] {
        try ledger().alertIDs(in: range, limit: limit)
    }
}
