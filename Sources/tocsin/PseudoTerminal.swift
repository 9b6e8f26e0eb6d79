import Foundation
import OperatorDesk

/// The device's end of a serial line that is no hardware: a pty whose other end stands under a name
/// that the daemon's configuration can give as a port's path.
final class PseudoTerminal {
    /// The master: what is written here, the daemon reads.
    let descriptor: Int32
    /// Where the other end is found: a symbolic link to `/dev/pts/N`.
    let link: String
    private let target: String

    /// - Throws: when the kernel has no pty left, or something is in the way of the link.
    init(link: String) throws(Trouble) {
        var master: Int32 = -1
        var slave: Int32 = -1
        var name = [CChar](repeating: 0, count: 128)
        guard unsafe openpty(&master, &slave, &name, nil, nil) == 0 else {
            throw .init("cannot open a pty: \(systemReason(errno))", .inTheWay)
        }
        descriptor = master
        self.link = link
        target = String(
            decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        var settings = termios()
        unsafe tcgetattr(slave, &settings)
        unsafe cfmakeraw(&settings)
        unsafe tcsetattr(slave, TCSANOW, &settings)
        _ = fcntl(master, F_SETFL, O_NONBLOCK)
        // Not held open here, so that the master tells whether a daemon has it open.
        close(slave)
        // It fails where anything is, even a link that leads nowhere: that is somebody's.
        guard unsafe symlink(target, link) == 0 else {
            throw .init(Self.refusal(of: link, errno), .inTheWay)
        }
    }

    private static func refusal(of link: String, _ code: Int32) -> String {
        guard code == EEXIST else { return "cannot make \(link): \(systemReason(code))" }
        return
            "\(link) is there already and is not replaced; name another place, or remove it first"
    }

    /// The line hangs up, as when an adapter is pulled.
    deinit {
        // Somebody may have put something else there meanwhile.
        let found = try? FileManager.default.destinationOfSymbolicLink(atPath: link)
        if found == target { _ = unsafe unlink(link) }
        close(descriptor)
    }

    /// Somebody has the other end open.
    var isListening: Bool {
        var poller = pollfd(fd: descriptor, events: 0, revents: 0)
        return unsafe poll(&poller, 1, 0) == 0 || poller.revents & Int16(POLLHUP) == 0
    }

    /// Writes all of `bytes`, waiting for room.
    /// - Returns: false when nobody has read for `patience` milliseconds.
    func write(_ bytes: [UInt8], patience: Int32 = 10_000) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Foundation.write(descriptor, $0.baseAddress, $0.count)
            }
            if count > 0 {
                rest = rest.dropFirst(count)
                continue
            }
            var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            if unsafe poll(&poller, 1, patience) == 0 { return false }
        }
        return true
    }

    /// What the daemon has written since, without waiting.
    func read() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe Foundation.read(descriptor, $0.baseAddress, $0.count)
        }
        return count > 0 ? Array(bytes.prefix(count)) : []
    }
}

/// Makes a folder, and those around it, where there is none yet.
func makeFolder(_ path: String) throws(Trouble) {
    var isFolder = ObjCBool(false)
    if unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) {
        guard !isFolder.boolValue else { return }
        throw Trouble("\(path) is a file and is not replaced; name another place", .inTheWay)
    }
    do {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
        throw Trouble("cannot make \(path): \(plainReason(of: error))", .inTheWay)
    }
}
