import Foundation

/// Sockets on 127.0.0.1, that close with their object.
final class Loopback: Sendable {
    let descriptor: Int32

    private init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// A connection to a listener there.
    static func connected(to port: UInt16) throws -> Loopback {
        let stream = try socket(SOCK_STREAM)
        let connected = unsafe with(port) { unsafe connect(stream.descriptor, $0, $1) }
        guard connected == 0 else {
            throw Unmeasured("cannot connect to 127.0.0.1:\(port): \(Descriptor.lastError())")
        }
        return stream
    }

    /// A sender of datagrams to a port there, from a port of its own.
    static func datagrams(to port: UInt16) throws -> Loopback {
        let sender = try socket(SOCK_DGRAM)
        guard unsafe with(port, { unsafe connect(sender.descriptor, $0, $1) }) == 0 else {
            throw Unmeasured("no datagrams to 127.0.0.1:\(port): \(Descriptor.lastError())")
        }
        return sender
    }

    /// A port that was free a moment ago.
    static func freePort() throws -> UInt16 {
        let socket = try socket(SOCK_STREAM)
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = unsafe with(0) { unsafe bind(socket.descriptor, $0, $1) }
        let named = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(socket.descriptor, $0, &length)
            }
        }
        guard bound == 0, named == 0 else { throw Unmeasured("no free port") }
        return UInt16(bigEndian: address.sin_port)
    }

    /// The other ends of all connections are in this process; the daemon inherits the limit.
    static func raiseFileLimit(to count: Int) throws {
        var limit = rlimit()
        let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        unsafe getrlimit(kind, &limit)
        guard limit.rlim_max > rlim_t(count) else {
            throw Unmeasured("only \(limit.rlim_max) files may be open: ulimit -Hn 20000")
        }
        limit.rlim_cur = limit.rlim_max
        unsafe setrlimit(kind, &limit)
    }

    private static func socket(_ type: __socket_type) throws -> Loopback {
        let descriptor = Glibc.socket(AF_INET, Int32(type.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Unmeasured("socket: \(Descriptor.lastError())") }
        return Loopback(descriptor)
    }

    private static func with(
        _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, size)
            }
        }
    }
}
