import Foundation

/// The test's end of a line: of a pseudo-terminal, or of a socket. Never blocks.
final class Wire {
    let descriptor: Int32
    /// Of a pseudo-terminal, the end that the daemon opens. Kept open, so that the line outlives
    /// the daemon as a cable does.
    private let farEnd: Int32?
    private var unsent = Data()
    /// The other end has closed.
    private(set) var hasEnded = false

    private init(_ descriptor: Int32, farEnd: Int32? = nil) {
        self.descriptor = descriptor
        self.farEnd = farEnd
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    deinit {
        close(descriptor)
        if let farEnd { close(farEnd) }
    }

    /// A serial line, which the daemon finds at `path`.
    static func line(at path: String) throws -> Wire {
        var (near, far): (Int32, Int32) = (-1, -1)
        guard openpty(&near, &far, nil, nil, nil) == 0 else { throw HarnessError("no pty is left") }
        var attributes = termios()
        tcgetattr(far, &attributes)
        cfmakeraw(&attributes)
        tcsetattr(far, TCSANOW, &attributes)
        _ = fcntl(far, F_SETFD, FD_CLOEXEC)
        try? FileManager.default.removeItem(atPath: path)
        try FileManager.default.createSymbolicLink(
            atPath: path, withDestinationPath: String(cString: ttyname(far)))
        return Wire(near, farEnd: far)
    }

    /// - Parameter receiveBuffer: bytes that the kernel takes for a client that does not read.
    static func connect(port: UInt16, receiveBuffer: Int32? = nil) throws -> Wire {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var receiveBuffer {
            setsockopt(
                descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer,
                socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in.loopback(port)
        try connect(descriptor, &address)
        return Wire(descriptor)
    }

    static func connect(socket path: String) throws -> Wire {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un(path: path)
        try connect(descriptor, &address)
        return Wire(descriptor)
    }

    private static func connect<Address>(_ descriptor: Int32, _ address: inout Address) throws {
        let outcome = withGeneric(&address) { Foundation.connect(descriptor, $0, $1) }
        guard outcome == 0 else {
            close(descriptor)
            throw HarnessError("cannot connect: \(String(cString: strerror(errno)))")
        }
    }

    func send(_ bytes: some Swift.Sequence<UInt8>) {
        unsent += bytes
        flush()
    }

    /// Hands over what the kernel takes.
    func flush() {
        guard !unsent.isEmpty else { return }
        let count = unsent.withUnsafeBytes { bytes in
            farEnd == nil
                ? Foundation.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
                : write(descriptor, bytes.baseAddress, bytes.count)
        }
        if count > 0 { unsent = Data(unsent.dropFirst(count)) }
    }

    /// All that has arrived and was not read yet.
    func receive() -> Data {
        flush()
        var received = Data()
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else {
                hasEnded = hasEnded || count == 0 || (errno != EAGAIN && errno != EINTR)
                return received
            }
            received += buffer.prefix(count)
        }
    }

    /// Sends a frame and waits until the daemon replies to it.
    func exchange(_ frame: [UInt8]) throws {
        _ = receive()
        send(frame)
        let end = ContinuousClock.now + .seconds(20)
        while receive().isEmpty {
            guard ContinuousClock.now < end else { throw HarnessError("a frame is not replied to") }
            Self.wait(for: [self], atMost: .milliseconds(50))
        }
    }

    /// Drops what was sent and the daemon has not read, as a serial port does that nobody has open.
    func loseUnread() {
        unsent = Data()
        if let farEnd { tcflush(farEnd, TCIFLUSH) }
    }

    func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Returns when one of `wires` has something to read, or room for what is unsent; after
    /// `patience` at the latest.
    static func wait(for wires: [Wire], atMost patience: Duration) {
        var watched = wires.filter { !$0.hasEnded }.map { wire in
            let events = POLLIN | (wire.unsent.isEmpty ? 0 : POLLOUT)
            return pollfd(fd: wire.descriptor, events: Int16(events), revents: 0)
        }
        let milliseconds = Int32((patience.inSeconds * 1_000).rounded(.up))
        poll(&watched, nfds_t(watched.count), milliseconds)
    }
}

/// A port on the loopback interface that nobody listens on now.
func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in.loopback(0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withGeneric(&address) { bind(descriptor, $0, $1) } == 0
    let isNamed = withGeneric(&address) { pointer, _ in
        getsockname(descriptor, UnsafeMutablePointer(mutating: pointer), &length) == 0
    }
    guard isBound, isNamed else { throw HarnessError("no port is free") }
    return UInt16(bigEndian: address.sin_port)
}

/// Lends `address` to a call that takes addresses of any family.
func withGeneric<Address, Result>(
    _ address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
) -> Result {
    withUnsafeMutableBytes(of: &address) { bytes in
        body(
            UnsafePointer(bytes.assumingMemoryBound(to: sockaddr.self).baseAddress!),
            socklen_t(bytes.count))
    }
}

extension sockaddr_in {
    static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}

extension sockaddr_un {
    /// - Precondition: `path` fits, as those in a ``TemporaryFolder`` do.
    init(path: String) {
        self.init()
        sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &sun_path) { $0.copyBytes(from: path.utf8) }
    }
}
