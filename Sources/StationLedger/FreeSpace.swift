import Glibc

/// What a file system has left for whoever is not root.
public struct FreeSpace: Equatable, Sendable {
    public var bytes: Int
    /// Nil where the file system makes as many as there is space for.
    public var files: Int?

    public init(bytes: Int, files: Int? = nil) {
        self.bytes = bytes
        self.files = files
    }

    /// Nil when there is no such file or folder. Asks the file system, which may take its time.
    public init?(at path: String) {
        var status = statvfs()
        guard unsafe statvfs(path, &status) == 0 else { return nil }
        bytes = Int(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
        files = status.f_files == 0 ? nil : Int(clamping: status.f_favail)
    }
}
