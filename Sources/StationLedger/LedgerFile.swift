import AlarmModel
import Glibc
import Synchronization

/// The ledger's file as it was opened: held against a second daemon, and compared with what stands
/// at its path.
///
/// The lock is on the file itself, so that no other name of it, by a symbolic or a hard link, is a
/// way around it. The kernel gives it up when the process ends, however it ends. SQLite has locks
/// of its own, which the kernel drops for the whole process when it closes any descriptor of the
/// file: so this one is kept open for longer than SQLite's.
final class LedgerFile: Sendable {
    private struct Identity: Equatable {
        var device: UInt
        var node: UInt

        init(_ status: stat) {
            device = UInt(status.st_dev)
            node = UInt(status.st_ino)
        }

        /// What stands at the path now; nil when nothing does.
        init?(path: String) {
            var status = stat()
            guard unsafe stat(path, &status) == 0 else { return nil }
            self.init(status)
        }
    }

    let path: String
    private let identity: Identity
    /// Nil when released.
    private let descriptor: Mutex<Int32?>
    /// SQLite's log, once it is there.
    private let log = Mutex<(path: String, identity: Identity)?>(nil)
    private let contents = Mutex(Contents())

    /// What stands in the file for as long as it is this ledger, wherever the log is copied to.
    private struct Contents {
        /// The page that says the ledger's name.
        var page = 0..<0
        var name: [UInt8] = []
        /// Where in the file it stands; nil until the log was copied for the first time.
        var place: Int?
        /// It never shrinks.
        var bytes = 0
    }

    init(path: String) throws(LedgerError) {
        self.path = path
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else {
            let error = errno
            throw LedgerError(
                error == ENOSPC || error == EDQUOT ? .full : .cannotOpen, path: path,
                message: "cannot open \(path): \(reason(error))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let error = errno
            close(descriptor)
            throw error == EWOULDBLOCK
                ? LedgerError(
                    .inUse, path: path, message: "cannot open \(path): another tocsind writes it")
                : LedgerError(
                    .cannotOpen, path: path, message: "cannot lock \(path): \(reason(error))")
        }
        var status = stat()
        unsafe fstat(descriptor, &status)
        identity = Identity(status)
        self.descriptor = Mutex(descriptor)
    }

    deinit { release() }

    /// Whether its file system takes no more bytes or no more files.
    var hasNoRoom: Bool {
        guard let space = FreeSpace(at: path) else { return false }
        return space.bytes == 0 || space.files == 0
    }

    /// False once it was released.
    var isHeld: Bool { descriptor.withLock { $0 != nil } }

    func release() {
        descriptor.withLock { descriptor in
            // Unlocked first: a child that is about to be started may still have a copy of it.
            if let held = descriptor {
                flock(held, LOCK_UN)
                close(held)
            }
            descriptor = nil
        }
    }

    /// Takes SQLite's log, which it keeps for as long as it has the file open, for the one that
    /// belongs to the file.
    func noteLog() {
        let path = logPath
        log.withLock { log in log = Identity(path: path).map { (path, $0) } }
    }

    /// Takes `name`, which page `number` has, for what tells this ledger from any other.
    func noteContents(name: String, onPage number: Int, pageBytes: Int) {
        contents.withLock {
            $0.page = (number - 1) * pageBytes..<number * pageBytes
            $0.name = Array(name.utf8)
        }
    }

    /// Something else was written into the file, as `cp` does it: SQLite would not notice before it
    /// reads a page that it has forgotten, and would answer out of its memory until then.
    var isOverwritten: Bool {
        descriptor.withLock { descriptor in
            guard let descriptor else { return false }
            return contents.withLock { contents in
                var status = stat()
                guard unsafe fstat(descriptor, &status) == 0 else { return false }
                if status.st_size < contents.bytes { return true }
                contents.bytes = Int(status.st_size)
                // Behind each commit: so where it stood last is looked at first.
                let (page, name) = (contents.page, contents.name)
                if let place = contents.place,
                    Self.bytes(of: descriptor, at: place, name.count) == name
                {
                    return false
                }
                let found = Self.bytes(of: descriptor, at: page.lowerBound, page.count)
                    .firstRange(of: name)
                guard let found else { return contents.place != nil }
                contents.place = page.lowerBound + found.lowerBound
                return false
            }
        }
    }

    private static func bytes(of descriptor: Int32, at offset: Int, _ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let read = unsafe pread(descriptor, &bytes, count, offset)
        return Array(bytes.prefix(max(0, read)))
    }

    /// Throws when something else stands at the path than what was opened, or in it, or nothing:
    /// what is written from then on nobody will find.
    func check() throws(LedgerError) {
        if isOverwritten {
            throw LedgerError(
                .corrupt, path: path,
                message: "\(path) was overwritten while tocsind writes it, so nothing is stored "
                    + "and no device is answered")
        }
        let files = [(path: path, identity: identity)] + [log.withLock { $0 }].compactMap(\.self)
        guard let place = files.first(where: { Identity(path: $0.path) != $0.identity })?.path
        else { return }
        let isGone = Identity(path: place) == nil
        throw LedgerError(
            .displaced, path: path,
            message: "\(place) was \(isGone ? "removed" : "replaced") while tocsind writes it, "
                + "so nothing is stored and no device is answered")
    }

    /// Puts the log of a file that was taken away aside: whatever is opened at the path next must
    /// not take it for its own.
    func putLogAside(as name: String) {
        guard let log = log.withLock({ $0 }), Identity(path: log.path) == log.identity else {
            return
        }
        unsafe rename(log.path, name + "-wal")
        unsafe unlink(String(log.path.dropLast(3)) + "shm")
    }

    /// SQLite keeps its log beside the file that a symbolic link leads to.
    private var logPath: String {
        guard let real = unsafe realpath(path, nil) else { return path + "-wal" }
        defer { unsafe free(real) }
        return unsafe String(cString: real) + "-wal"
    }
}

func reason(_ error: Int32) -> String {
    unsafe String(cString: strerror(error))
}
