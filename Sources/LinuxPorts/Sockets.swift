import CLinux
import Glibc

/// What TCP and UDP sockets have in common. Every descriptor is non-blocking and closed on exec. A
/// failure is nil, with the cause in `errno`.
enum Socket {
    static func make(_ type: __socket_type, for address: SocketAddress) -> Int32? {
        let kind = Int32(type.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.family, kind, 0)
        return descriptor >= 0 ? descriptor : nil
    }

    static func bind(_ descriptor: Int32, to address: SocketAddress) -> Bool {
        unsafe address.withPointer { unsafe Glibc.bind(descriptor, $0, $1) } == 0
    }

    /// The port that a socket is bound to, which the kernel chose when 0 was asked for.
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

    static func set(_ descriptor: Int32, _ level: Int32, _ name: Int32, _ value: Int32) {
        var value = value
        unsafe setsockopt(
            descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Closes it and keeps `errno`.
    static func closing(_ descriptor: Int32) -> Int32? {
        let code = errno
        close(descriptor)
        errno = code
        return nil
    }
}
