import Glibc

/// The calls of a pipe port. Every descriptor is non-blocking and closed on exec.
enum FIFO {
    /// Opened for both directions, so that it is never without a writer: one that goes away is no
    /// end, and the next one is no beginning.
    ///
    /// Precondition: `path` is a FIFO.
    static func open(_ path: String) throws(NodeRefusal) -> Int32 {
        try openAlone(path)
    }

    /// Makes a FIFO that owner and group may use, whatever the umask. 0, or an `errno`.
    static func make(_ path: String) -> Int32 {
        let mode: mode_t = 0o660
        guard unsafe mkfifo(path, mode) == 0, unsafe chmod(path, mode) == 0 else { return errno }
        return 0
    }

    /// A descriptor of standard input that can be closed without taking standard input away; nil
    /// when that is no pipe.
    static func standardInput() -> Int32? {
        guard let status = status(of: STDIN_FILENO), isPipe(status) else { return nil }
        let descriptor = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
        guard descriptor >= 0 else { return nil }
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        return descriptor
    }

    /// Whether there is a FIFO at `path`; nil when nothing is.
    static func isPipe(at path: String) -> Bool? {
        status(at: path).map(isPipe)
    }

    /// Whether `path` still leads to the open file.
    static func leads(_ path: String, to descriptor: Int32) -> Bool {
        guard let named = status(at: path), let held = status(of: descriptor) else { return false }
        return (named.st_dev, named.st_ino) == (held.st_dev, held.st_ino)
    }

    private static func isPipe(_ status: stat) -> Bool { status.st_mode & S_IFMT == S_IFIFO }

    private static func status(at path: String) -> stat? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? status : nil
    }

    private static func status(of descriptor: Int32) -> stat? {
        var status = stat()
        return unsafe fstat(descriptor, &status) == 0 ? status : nil
    }
}
