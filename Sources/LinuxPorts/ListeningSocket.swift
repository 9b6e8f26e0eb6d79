import AlarmModel
import Glibc

/// A socket that peers come to, watched for reading until it is let go of.
final class ListeningSocket {
    let descriptor: Int32
    let token: UInt64
    /// Where it listens, with the port that the kernel chose when 0 was asked for.
    let path: String

    /// - Parameter make: nil, with the cause in `errno`, when it cannot be had.
    init(
        _ address: NetworkAddress, of way: any WayIn, on host: any PortHost,
        _ make: (SocketAddress) -> Int32?
    ) throws(PortProblem) {
        let addresses = SocketAddress.resolve(address.host, address.port, numericOnly: true)
        guard case .success(let list) = addresses, let local = list.first else {
            throw .notAnAddress(address)
        }
        guard let descriptor = make(local) else { throw .notListening(address, errno) }
        do throws(PortError) {
            token = try host.watch(descriptor, for: .read, serving: way)
        } catch {
            Glibc.close(descriptor)
            throw .notListening(address, error.code)
        }
        self.descriptor = descriptor
        path = Socket.localAddress(of: descriptor)?.description ?? address.description
    }

    deinit { Glibc.close(descriptor) }
}

extension PortProblem {
    static func notListening(_ address: NetworkAddress, _ code: Int32) -> PortProblem {
        switch code {
        case EADDRINUSE: .addressInUse(address)
        case EACCES: .listenDenied(address)
        default: .failed("cannot listen on \(address)", code)
        }
    }
}
