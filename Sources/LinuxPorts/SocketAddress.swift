import CLinux
import Glibc

/// A `sockaddr` of any family, as its bytes.
struct SocketAddress: Sendable, Hashable {
    let bytes: [UInt8]

    func withPointer<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R? {
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
    /// The addresses of `host`, for TCP and UDP alike.
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

extension SocketAddress {
    /// `AF_INET` or `AF_INET6`.
    var family: Int32 {
        unsafe withPointer { address, _ in unsafe Int32(address.pointee.sa_family) } ?? AF_INET
    }

    /// Where a peer comes from, for counting: its IPv4 address, or the /64 of its IPv6 address,
    /// which is all one subscriber's.
    struct Host: Hashable, Sendable {
        var bits: UInt64
    }

    var host: Host {
        switch family {
        // struct sockaddr_in: family, port, address.
        case AF_INET: return Host(bits: number(bytes.dropFirst(4).prefix(4)))
        // struct sockaddr_in6: family, port, flow, address.
        case AF_INET6:
            let address = bytes.dropFirst(8).prefix(16)
            let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
            return Host(
                bits: number(
                    address.starts(with: mapped) ? address.dropFirst(12) : address.prefix(8)))
        default: return Host(bits: 0)
        }
    }

    /// Big-endian, of at most eight bytes.
    private func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
