import AlarmModel
import CLinux
import Glibc

/// The socket calls of a TCP port. A failure is nil, with the cause in `errno`.
enum TCPSocket {
    static func listen(on address: SocketAddress) -> Int32? {
        guard let descriptor = Socket.make(SOCK_STREAM, for: address) else { return nil }
        Socket.set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
        guard Socket.bind(descriptor, to: address), Glibc.listen(descriptor, SOMAXCONN) == 0 else {
            return Socket.closing(descriptor)
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
        guard let descriptor = Socket.make(SOCK_STREAM, for: address) else { return nil }
        tune(descriptor)
        let started = unsafe address.withPointer { unsafe Glibc.connect(descriptor, $0, $1) }
        guard started == 0 || errno == EINPROGRESS else { return Socket.closing(descriptor) }
        return descriptor
    }

    /// How connecting ended: 0, or an `errno`.
    static func outcome(of descriptor: Int32) -> Int32 {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
        return code
    }

    /// Replies leave at once, and a peer that vanished without a word is given up after
    /// `Limits.halfOpenPatience`, whether something was sent to it or not.
    private static func tune(_ descriptor: Int32) {
        let tcp = Int32(IPPROTO_TCP)
        Socket.set(descriptor, tcp, TCP_NODELAY, 1)
        Socket.set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
        Socket.set(descriptor, tcp, TCP_KEEPIDLE, 60)
        Socket.set(descriptor, tcp, TCP_KEEPINTVL, 10)
        let patience = Limits.halfOpenPatience.microseconds / 1_000
        Socket.set(descriptor, tcp, TCP_USER_TIMEOUT, Int32(clamping: patience))
    }
}
