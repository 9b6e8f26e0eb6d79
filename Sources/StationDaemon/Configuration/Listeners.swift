import Glibc
import LinuxPorts
import Yams

/// The addresses on which a station listens, desk and ports together, to tell what cannot stand
/// beside each other: the kernel gives an address and port to one listener, and `0.0.0.0` is all
/// addresses.
struct Listeners {
    enum Transport { case tcp, udp }

    private struct Taken {
        var transport: Transport
        var address: NetworkAddress
        /// Follows "overlaps": `'127.0.0.1:8119' on line 4`.
        var words: String
    }

    let document: ConfigurationDocument
    private var taken: [Taken] = []

    init(document: ConfigurationDocument) { self.document = document }

    /// Of the desk, as it listens where the file does not say it.
    mutating func takeDefault(_ addresses: [String]) {
        for address in addresses.compactMap({ NetworkAddress($0) }) {
            let words = "\(Wording.quoted(address.description)), where the desk listens"
            taken.append(Taken(transport: .tcp, address: address, words: words))
        }
    }

    /// Of the desk. A socket is nobody else's.
    mutating func takeDesk(_ text: String, _ node: Node) {
        guard !text.hasPrefix("unix:"), let address = NetworkAddress(text) else { return }
        add(.tcp, address, node, "of the desk on line \(node.position.line)")
        if ListenHost(address.host)?.isLoopback ?? (address.host.lowercased() == "localhost") {
            return
        }
        document.warn(
            node.position,
            "on \(Wording.quoted(text)) everyone in the network can read and end all alerts",
            "listen on 127.0.0.1 and on a socket, behind a proxy that asks who it is")
    }

    /// Of a port, whose listener asks no name service.
    mutating func take(_ transport: Transport, _ address: NetworkAddress, _ node: Node) {
        guard ListenHost(address.host) != nil else {
            return document.report(
                node.position, "\(Wording.quoted(address.host)) is no IP address",
                "a port listens on an address of this machine, or on 0.0.0.0 or [::] for all")
        }
        add(transport, address, node, "on line \(node.position.line)")
    }

    private mutating func add(
        _ transport: Transport, _ address: NetworkAddress, _ node: Node, _ place: String
    ) {
        let words = Wording.quoted(address.description)
        if let other = taken.first(where: {
            $0.transport == transport && Self.overlap($0.address, address)
        }) {
            document.report(
                node.position, "\(words) overlaps \(other.words)",
                "give one of them another port")
        }
        taken.append(Taken(transport: transport, address: address, words: "\(words) \(place)"))
    }

    private static func overlap(_ a: NetworkAddress, _ b: NetworkAddress) -> Bool {
        guard a.port == b.port else { return false }
        if a.host.lowercased() == b.host.lowercased() { return true }
        return hosts(of: a).contains { one in hosts(of: b).contains(where: one.overlaps) }
    }

    /// `localhost` is either of two; of another name nothing is known here.
    private static func hosts(of address: NetworkAddress) -> [ListenHost] {
        let isLocal = address.host.lowercased() == "localhost"
        return (isLocal ? ["127.0.0.1", "::1"] : [address.host]).compactMap { ListenHost($0) }
    }
}

/// An IP address, however it is written.
struct ListenHost {
    /// Four or sixteen.
    private let bytes: [UInt8]

    /// Nil when `text` is none: a name, or not quite an address.
    init?(_ text: String) {
        var hints = unsafe addrinfo()
        unsafe hints.ai_flags = AI_NUMERICHOST
        var list: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(text, nil, &hints, &list) == 0 else { return nil }
        defer { unsafe freeaddrinfo(list) }
        guard let entry = unsafe list?.pointee, let address = unsafe entry.ai_addr else {
            return nil
        }
        let all = unsafe Array(
            UnsafeRawBufferPointer(start: address, count: Int(entry.ai_addrlen)))
        // struct sockaddr_in: family, port, address; sockaddr_in6: family, port, flow, address.
        let isShort = unsafe entry.ai_family == AF_INET
        let host = isShort ? all.dropFirst(4).prefix(4) : all.dropFirst(8).prefix(16)
        let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
        bytes = Array(!isShort && host.starts(with: mapped) ? host.suffix(4) : host)
    }

    var isLoopback: Bool {
        bytes.count == 4 ? bytes[0] == 127 : bytes == [UInt8](repeating: 0, count: 15) + [1]
    }

    private var isAny: Bool { bytes.allSatisfy { $0 == 0 } }

    /// Whether no two listeners can have one port of both. `[::]` takes IPv4 too.
    func overlaps(_ other: ListenHost) -> Bool {
        if isAny, bytes.count == 16 || other.bytes.count == 4 { return true }
        if other.isAny, other.bytes.count == 16 || bytes.count == 4 { return true }
        return bytes == other.bytes
    }
}
