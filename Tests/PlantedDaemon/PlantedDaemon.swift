import AlarmModel
import Foundation
import StationDaemon
import StationLedger

/// `tocsind` with a bug on purpose, so that the end-to-end tests can show that they find it.
///
///     planteddaemon early FILE    says that entries are stored, and stores them 5 ms later
///     planteddaemon hang FILE     never comes back from storing, like a disk that is gone
@main
struct PlantedDaemon {
    static func main() {
        let words = CommandLine.arguments
        guard words.count == 3 else {
            print("usage: planteddaemon early|hang FILE")
            exit(64)
        }
        let exitCode = Daemon.run(.file(words[2])) { ledger -> any EntryCommitting in
            words[1] == "hang" ? HangingStore() : HastyStore(ledger)
        }
        exit(exitCode.rawValue)
    }
}

/// The commit after the reply: what power takes away in between is lost.
private struct HastyStore: EntryCommitting {
    private let ledger: Ledger
    private let queue = DispatchQueue(label: "hasty")

    init(_ ledger: Ledger) { self.ledger = ledger }

    func commit(_ entries: [LedgerEntry]) throws(LedgerError) {
        queue.async {
            usleep(5_000)
            try? ledger.commit(entries)
        }
    }

    func check() throws(LedgerError) {}
}

private struct HangingStore: EntryCommitting {
    func commit(_ entries: [LedgerEntry]) throws(LedgerError) {
        while true { sleep(1) }
    }

    func check() throws(LedgerError) {}
}
