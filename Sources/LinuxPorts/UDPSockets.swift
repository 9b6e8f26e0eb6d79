import AlarmModel
import CLinux
import Glibc

/// The way back to the sender of a datagram.
struct DatagramRoute {
    fileprivate var raw = linux_datagram_route()

    var peer: SocketAddress {
        let length = Int(raw.peer_length)
        return unsafe withUnsafeBytes(of: raw.peer) { bytes in
            SocketAddress(bytes: unsafe Array(bytes.prefix(length)))
        }
    }
}

/// The socket calls of a UDP port. A failure is nil, with the cause in `errno`.
enum UDPSocket {
    static func listen(on address: SocketAddress) -> Int32? {
        guard let descriptor = Socket.make(SOCK_DGRAM, for: address) else { return nil }
        // The kernel grants as much of it as net.core.rmem_max allows.
        Socket.set(descriptor, SOL_SOCKET, SO_RCVBUF, Int32(Limits.datagramBufferBytes))
        linux_ask_for_routes(descriptor, address.family)
        guard Socket.bind(descriptor, to: address) else { return Socket.closing(descriptor) }
        return descriptor
    }

    /// The length of the next datagram, which is at the start of `buffer`.
    ///
    /// - Parameter lost: set to what the kernel has dropped since the socket was opened.
    static func receive(
        from descriptor: Int32, into buffer: inout [UInt8], counting lost: inout UInt32
    ) -> (count: Int, route: DatagramRoute)? {
        var route = DatagramRoute()
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe linux_receive_datagram(
                descriptor, bytes.baseAddress, bytes.count, &route.raw, &lost)
        }
        return count >= 0 ? (count, route) : nil
    }

    static func send(
        _ bytes: UnsafeRawBufferPointer, along route: DatagramRoute, from descriptor: Int32
    ) -> Bool {
        unsafe withUnsafePointer(to: route.raw) { route in
            unsafe linux_send_datagram(descriptor, bytes.baseAddress, bytes.count, route) >= 0
        }
    }
}
