import Foundation

/// The few calls on open descriptors that the measurements are made of. None of them blocks but
/// ``wait(for:milliseconds:)``.
enum Descriptor {
    /// - Parameter flags: of open(2), to which closing on exec is added.
    static func open(_ path: String, _ flags: Int32) throws -> Int32 {
        let descriptor = unsafe Glibc.open(path, flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Unmeasured("cannot open \(path): \(lastError())") }
        return descriptor
    }

    /// Writes all of `bytes` or throws: a line that takes no more is a measurement gone wrong.
    static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) throws {
        let count = unsafe bytes.withUnsafeBytes { buffer in
            unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count)
        }
        guard count == bytes.count else {
            throw Unmeasured("a line took \(count) of \(bytes.count) bytes: \(lastError())")
        }
    }

    /// Writes all of `bytes`, as fast as they are taken, to a descriptor that does not block.
    static func pour(_ bytes: [UInt8], into descriptor: Int32) throws {
        var offset = 0
        while offset < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[offset...].prefix(65_536))
                return unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
            }
            if count > 0 {
                offset += count
                continue
            }
            var watched = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard errno == EAGAIN, unsafe poll(&watched, 1, 10_000) == 1 else {
                throw Unmeasured("a line took \(offset) of \(bytes.count) bytes")
            }
        }
    }

    /// What has arrived, at most `limit` bytes; empty when there is nothing, nil at the end.
    static func read(_ descriptor: Int32, limit: Int = 65_536) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = unsafe bytes.withUnsafeMutableBytes { buffer in
            unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        }
        if count == 0 { return nil }
        return Array(bytes.prefix(max(0, count)))
    }

    /// Waits until one of `descriptors` is readable; false when none is in time.
    static func wait(for descriptors: [Int32], milliseconds: Int32) -> Bool {
        var watched = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        return unsafe poll(&watched, nfds_t(watched.count), milliseconds) > 0
    }

    /// Those of `descriptors` that are readable, as places in it, as soon as one is.
    static func readable(of descriptors: [Int32], milliseconds: Int32) -> [Int] {
        var watched = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        guard unsafe poll(&watched, nfds_t(watched.count), milliseconds) > 0 else { return [] }
        return watched.indices.filter { watched[$0].revents != 0 }
    }

    /// Writes all of `bytes`, as fast as they are taken, and throws away what comes back.
    static func feed(_ bytes: [UInt8], to descriptor: Int32) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            var watched = pollfd(
                fd: descriptor, events: Int16(POLLIN | POLLOUT), revents: 0)
            guard unsafe poll(&watched, 1, 20_000) > 0 else {
                throw Unmeasured("a line takes nothing more within 20 s")
            }
            if watched.revents & Int16(POLLIN) != 0 {
                guard read(descriptor) != nil else { throw Unmeasured("a line was closed") }
            }
            guard watched.revents & Int16(POLLOUT) != 0 else { continue }
            let count = unsafe rest.withUnsafeBytes { buffer in
                unsafe send(
                    descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
            }
            guard count > 0 else {
                throw Unmeasured("a line takes nothing more: \(lastError())")
            }
            rest = rest.dropFirst(count)
        }
    }

    static func lastError() -> String { unsafe String(cString: strerror(errno)) }
}

/// Asks again and again, since it can only be asked, until `condition` holds.
func wait(
    within patience: Duration, _ what: String, _ condition: () throws -> Bool
) throws {
    let deadline = ContinuousClock.now + patience
    while try !condition() {
        guard ContinuousClock.now < deadline else { throw Unmeasured("not \(what) in time") }
        usleep(20_000)
    }
}

/// A Unix socket, closed with its object.
final class UnixSocket {
    let descriptor: Int32

    /// - Parameter type: `SOCK_STREAM` or `SOCK_DGRAM`.
    private init(_ type: __socket_type) throws {
        descriptor = socket(AF_UNIX, Int32(type.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Unmeasured("socket: \(Descriptor.lastError())") }
    }

    deinit { close(descriptor) }

    static func connected(to path: String) throws -> UnixSocket {
        let stream = try UnixSocket(SOCK_STREAM)
        guard unsafe withAddress(path, { unsafe connect(stream.descriptor, $0, $1) }) == 0 else {
            throw Unmeasured("cannot connect to \(path): \(Descriptor.lastError())")
        }
        return stream
    }

    static func datagrams(at path: String) throws -> UnixSocket {
        let receiver = try UnixSocket(SOCK_DGRAM)
        guard unsafe withAddress(path, { unsafe bind(receiver.descriptor, $0, $1) }) == 0 else {
            throw Unmeasured("cannot bind \(path): \(Descriptor.lastError())")
        }
        return receiver
    }

    private static func withAddress(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { field in
            // One byte stays 0, the end of the path.
            unsafe field.copyBytes(from: path.utf8.prefix(field.count - 1))
        }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, size)
            }
        }
    }
}

/// A pseudo-terminal: this program holds the device's end, the daemon opens the other by its path.
struct PseudoTerminal {
    let master: Int32
    let path: String

    /// Lends `count` of them, which hang up when `body` ends.
    static func with<Result>(
        _ count: Int, _ body: ([PseudoTerminal]) throws -> Result
    ) throws -> Result {
        let terminals = try (0..<count).map { _ in try PseudoTerminal() }
        defer { for terminal in terminals { close(terminal.master) } }
        return try body(terminals)
    }

    private init() throws {
        var master: Int32 = -1
        var slave: Int32 = -1
        guard unsafe openpty(&master, &slave, nil, nil, nil) == 0 else {
            throw Unmeasured("no pseudo-terminal: \(Descriptor.lastError())")
        }
        defer { close(slave) }
        // Raw, or the bytes would come back, or be changed on the way.
        var attributes = termios()
        unsafe tcgetattr(slave, &attributes)
        unsafe cfmakeraw(&attributes)
        unsafe tcsetattr(slave, TCSANOW, &attributes)
        self.master = master
        path = unsafe String(cString: ttyname(slave))
        _ = fcntl(master, F_SETFL, O_NONBLOCK)
        _ = fcntl(master, F_SETFD, FD_CLOEXEC)
    }
}
