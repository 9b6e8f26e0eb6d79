import AlarmModel
import Glibc

/// The room that SQLite's log takes on the disk.
///
/// An fdatasync of bytes that lie where others lay is one write to the disk. Where they make the
/// file longer it is two, one after the other, because the file system has to record the length as
/// well: a press would wait twice as long for its reply. SQLite itself lets the log grow commit by
/// commit until it is full for the first time, and from then on begins at its front.
enum LedgerLog {
    private static let blockBytes = 1 << 20

    /// Fills the log at `path` with zeros up to the length at which it is emptied. For SQLite the
    /// log ends before the first of them.
    ///
    /// The same bytes are then there for the next presses when something else fills the disk. A
    /// disk that has no room for them now gets none: the log grows as SQLite lets it.
    static func layOut(_ path: String) {
        let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let start = lseek(descriptor, 0, SEEK_END)
        let zeros = [UInt8](repeating: 0, count: blockBytes)
        var end = start
        while end >= 0, end < Limits.ledgerLogBytes {
            let count = unsafe write(
                descriptor, zeros, min(blockBytes, Limits.ledgerLogBytes - end))
            guard count > 0 else {
                ftruncate(descriptor, start)
                return
            }
            end += count
        }
        fdatasync(descriptor)
    }
}
