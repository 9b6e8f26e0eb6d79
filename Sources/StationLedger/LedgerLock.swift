import Glibc
import Synchronization

/// Keeps a second daemon from writing the same ledger.
///
/// The lock is on a file beside the ledger, not on the ledger: SQLite has its own locks on that,
/// and readers in other processes, such as an audit, are welcome. The kernel gives it up when the
/// process ends, however it ends. The file itself stays: removing it would let two processes hold
/// locks on two files of the same name.
final class LedgerLock: Sendable {
    /// Nil when released.
    private let descriptor: Mutex<Int32?>

    init(ledgerPath: String) throws(LedgerError) {
        let path = ledgerPath + ".lock"
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else {
            throw LedgerError(
                .cannotOpen, path: ledgerPath, message: "cannot open \(path): \(reason(errno))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let error = errno
            close(descriptor)
            throw error == EWOULDBLOCK
                ? LedgerError(
                    .inUse, path: ledgerPath,
                    message: "cannot open \(ledgerPath): another tocsind writes it")
                : LedgerError(
                    .cannotOpen, path: ledgerPath, message: "cannot lock \(path): \(reason(error))")
        }
        self.descriptor = Mutex(descriptor)
    }

    deinit { release() }

    func release() {
        descriptor.withLock { descriptor in
            if let held = descriptor { close(held) }
            descriptor = nil
        }
    }
}

private func reason(_ error: Int32) -> String {
    unsafe String(cString: strerror(error))
}
