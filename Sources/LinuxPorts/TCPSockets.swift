import CLinux
import Glibc

/// A `sockaddr` of any family, as its bytes.
struct SocketAddress: Sendable, Equatable {
    fileprivate var bytes: [UInt8]

    fileprivate func withPointer<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R? {
        unsafe bytes.withUnsafeBytes { buffer in
            guard let start = buffer.baseAddress else { return nil }
            return unsafe body(
                start.assumingMemoryBound(to: sockaddr.self), socklen_t(buffer.count))
        }
    }

    /// `192.0.2.7:40122`, `[2001:db8::7]:40122`. An IPv4 peer of an IPv6 listener is shown as IPv4.
    var description: String {
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        var port = [CChar](repeating: 0, count: Int(NI_MAXSERV))
        let (hostSize, portSize) = (socklen_t(host.count), socklen_t(port.count))
        let failed = unsafe withPointer { address, length in
            unsafe getnameinfo(
                address, length, &host, hostSize, &port, portSize,
                NI_NUMERICHOST | NI_NUMERICSERV)
        }
        guard failed == 0 else { return "unknown" }
        var name = Self.text(host)
        if name.hasPrefix("::ffff:"), name.contains(".") { name = String(name.dropFirst(7)) }
        return (name.contains(":") ? "[\(name)]" : name) + ":" + Self.text(port)
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

extension SocketAddress {
    /// The addresses of `host`.
    ///
    /// - Parameter numericOnly: true never asks a name service, so it never blocks; a name then has
    ///   no addresses.
    static func resolve(
        _ host: String, _ port: UInt16, numericOnly: Bool
    ) -> Result<[SocketAddress], NameError> {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_NUMERICSERV | (numericOnly ? AI_NUMERICHOST : 0)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(host, String(port), &hints, &list)
        guard code == 0 else {
            return .failure(NameError(reason: unsafe String(cString: gai_strerror(code))))
        }
        defer { unsafe freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = unsafe list
        while let entry = unsafe next?.pointee {
            if let address = unsafe entry.ai_addr {
                let bytes = unsafe UnsafeRawBufferPointer(
                    start: address, count: Int(entry.ai_addrlen))
                unsafe addresses.append(SocketAddress(bytes: Array(bytes)))
            }
            unsafe next = entry.ai_next
        }
        return .success(addresses)
    }

    struct NameError: Error, Equatable {
        /// The system's words.
        var reason: String
    }
}

/// The socket calls of a TCP port. Every descriptor is non-blocking and closed on exec. A failure
/// is nil, with the cause in `errno`.
enum TCPSocket {
    static func listen(on address: SocketAddress) -> Int32? {
        guard let descriptor = make(for: address) else { return nil }
        setOption(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
        let bound = unsafe address.withPointer { unsafe bind(descriptor, $0, $1) }
        guard bound == 0, Glibc.listen(descriptor, SOMAXCONN) == 0 else {
            return closing(descriptor)
        }
        return descriptor
    }

    /// The next connection that waits.
    static func accept(from listener: Int32) -> (descriptor: Int32, peer: SocketAddress)? {
        var bytes = [UInt8](repeating: 0, count: MemoryLayout<sockaddr_storage>.size)
        var length = socklen_t(bytes.count)
        let descriptor = unsafe bytes.withUnsafeMutableBytes { buffer in
            unsafe linux_accept(
                listener, buffer.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
        }
        guard descriptor >= 0 else { return nil }
        tune(descriptor)
        return (descriptor, SocketAddress(bytes: Array(bytes.prefix(Int(length)))))
    }

    /// Starts to connect; the socket becomes writable when that has ended, see ``outcome(of:)``.
    static func connect(to address: SocketAddress) -> Int32? {
        guard let descriptor = make(for: address) else { return nil }
        tune(descriptor)
        let started = unsafe address.withPointer { unsafe Glibc.connect(descriptor, $0, $1) }
        guard started == 0 || errno == EINPROGRESS else { return closing(descriptor) }
        return descriptor
    }

    /// How connecting ended: 0, or an `errno`.
    static func outcome(of descriptor: Int32) -> Int32 {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
        return code
    }

    /// The port that a listener has, which the kernel chose when 0 was asked for.
    static func localAddress(of descriptor: Int32) -> SocketAddress? {
        var bytes = [UInt8](repeating: 0, count: MemoryLayout<sockaddr_storage>.size)
        var length = socklen_t(bytes.count)
        let failed = unsafe bytes.withUnsafeMutableBytes { buffer -> Int32 in
            guard let start = buffer.baseAddress else { return -1 }
            return unsafe getsockname(
                descriptor, start.assumingMemoryBound(to: sockaddr.self), &length)
        }
        return failed == 0 ? SocketAddress(bytes: Array(bytes.prefix(Int(length)))) : nil
    }

    private static func make(for address: SocketAddress) -> Int32? {
        let family = unsafe address.withPointer { address, _ in
            unsafe Int32(address.pointee.sa_family)
        }
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(family ?? AF_INET, kind, 0)
        return descriptor >= 0 ? descriptor : nil
    }

    /// Replies leave at once, and a peer that vanished without a word is noticed after
    /// 60 s + 6 × 10 s.
    private static func tune(_ descriptor: Int32) {
        let tcp = Int32(IPPROTO_TCP)
        setOption(descriptor, tcp, TCP_NODELAY, 1)
        setOption(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
        setOption(descriptor, tcp, TCP_KEEPIDLE, 60)
        setOption(descriptor, tcp, TCP_KEEPINTVL, 10)
        setOption(descriptor, tcp, TCP_KEEPCNT, 6)
    }

    private static func setOption(
        _ descriptor: Int32, _ level: Int32, _ name: Int32, _ value: Int32
    ) {
        var value = value
        unsafe setsockopt(
            descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func closing(_ descriptor: Int32) -> Int32? {
        let code = errno
        close(descriptor)
        errno = code
        return nil
    }
}
