import Glibc

/// Why a node of /dev, or a FIFO, was not opened.
enum NodeRefusal: Error, Equatable {
    case absent
    case busy
    case denied
    /// By the device policy of the unit, whatever the file's mode.
    case forbidden
    case failed(Int32)

    /// What an `errno` means.
    init(_ code: Int32) {
        self =
            switch code {
            case ENOENT, ENXIO, ENODEV, ENOTDIR, EIO: .absent
            case EBUSY, EWOULDBLOCK: .busy
            case EACCES: .denied
            case EPERM: .forbidden
            default: .failed(code)
            }
    }
}

/// A node that was opened for one port: held alone, and never blocking.
struct OpenNode: Sendable {
    var descriptor: Int32
    /// The tty layer marks line errors, so a ``LineErrorFilter`` has to take the marks out.
    var marksErrors = false
    /// The adapter goes on collecting bytes for its latency timer, against our wish.
    var isSlow = false
}

/// Keeps out the programs that ask for the same lock, until the descriptor is closed.
func lockAlone(_ descriptor: Int32) throws(NodeRefusal) {
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw NodeRefusal(errno) }
}

/// Opens a node for both directions, held alone; neither it nor its reads and writes block.
func openAlone(_ path: String) throws(NodeRefusal) -> Int32 {
    let descriptor = unsafe open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw NodeRefusal(errno) }
    do throws(NodeRefusal) {
        try lockAlone(descriptor)
    } catch {
        close(descriptor)
        throw error
    }
    return descriptor
}

/// The path without symbolic links; nil when nothing is there. One link after the other, so that a
/// node is a node wherever it lies: a mocked one is itself a link, which only lstat(2) hides.
func resolvedPath(_ path: String) -> String? {
    var path = path
    // As many as the kernel follows.
    for _ in 0..<40 {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true)
        guard let name = parts.last else { return nil }
        let folder = (path.hasPrefix("/") ? "/" : "./") + parts.dropLast().joined(separator: "/")
        guard let real = realFolder(folder) else { return nil }
        path = real == "/" ? "/\(name)" : "\(real)/\(name)"
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return nil }
        guard status.st_mode & S_IFMT == S_IFLNK else { return path }
        guard let target = linkTarget(path) else { return nil }
        path = target.hasPrefix("/") ? target : "\(real)/\(target)"
    }
    return nil
}

private func realFolder(_ path: String) -> String? {
    guard let text = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(text) }
    return unsafe String(cString: text)
}
