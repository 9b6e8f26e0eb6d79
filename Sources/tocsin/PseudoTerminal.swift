import ArgumentParser
import Foundation

/// The device's end of a serial line that is no hardware: a pty whose other end stands under a name
/// that the daemon's configuration can give as a port's path.
final class PseudoTerminal {
    /// The master: what is written here, the daemon reads.
    let descriptor: Int32
    /// Where the other end is found: a symbolic link to `/dev/pts/N`.
    let link: String

    /// - Throws: when the kernel has no pty left or the link cannot be made.
    init(link: String) throws {
        var master: Int32 = -1
        var slave: Int32 = -1
        var name = [CChar](repeating: 0, count: 128)
        guard unsafe openpty(&master, &slave, &name, nil, nil) == 0 else {
            let reason = unsafe String(cString: strerror(errno))
            throw ValidationError("cannot open a pty: \(reason)")
        }
        descriptor = master
        self.link = link
        var settings = termios()
        unsafe tcgetattr(slave, &settings)
        unsafe cfmakeraw(&settings)
        unsafe tcsetattr(slave, TCSANOW, &settings)
        _ = fcntl(master, F_SETFL, O_NONBLOCK)
        // Not held open here, so that the master tells whether a daemon has it open.
        close(slave)
        let target = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        _ = unsafe unlink(link)
        let isLinked = unsafe symlink(String(decoding: target, as: UTF8.self), link) == 0
        guard isLinked else {
            let reason = unsafe String(cString: strerror(errno))
            throw ValidationError("cannot make \(link): \(reason)")
        }
    }

    /// The line hangs up, as when an adapter is pulled.
    deinit {
        _ = unsafe unlink(link)
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
