import HTTPTypes
import NIOCore
import NIOHTTP1

/// The names under which the desk may be asked for.
///
/// A page of some other site can have its own name lead to this machine, and the browser then takes
/// the desk for a part of that site and lets it read all alerts. It cannot have the browser send
/// another name than its own: so whoever asks for a name that is not the desk's is refused,
/// whatever else he asks for.
struct HostList: Sendable {
    /// In small letters, addresses in their shortest form.
    private let names: Set<String>

    /// - Parameters:
    ///   - listen: what the desk listens on.
    ///   - machine: the machine's own name.
    ///   - more: what the configuration adds.
    init(listen: [ListenAddress], machine: String?, more: [String]) {
        var names = Set(more.map(Self.plain))
        for case .tcp(let host, _) in listen { names.insert(Self.plain(host)) }
        if let machine = machine.map(Self.plain), !machine.isEmpty {
            names.insert(machine)
            names.insert(String(machine.prefix { $0 != "." }))
        }
        self.names = names
    }

    /// Why a request is refused before anything else is looked at; nil when it is not.
    ///
    /// - Parameter local: the address that the client has connected to.
    func refusal(of head: HTTPRequestHead, local: SocketAddress?) -> DeskError? {
        let hosts = head.headers["host"]
        guard hosts.count <= 1 else {
            return .badRequest("the request has several hosts", remedy: "send one Host")
        }
        // Whoever speaks HTTP/1.0 need not say it, and is no browser.
        guard hosts.count == 1 || head.version != .http1_1 else {
            return .badRequest("the request has no host", remedy: "send a Host, as HTTP/1.1 asks")
        }
        let asked = hosts + [Self.authority(of: head.uri)].compactMap(\.self)
        guard let stranger = asked.first(where: { !allows($0, local: local) }) else { return nil }
        return DeskError(
            status: .misdirectedRequest, message: "this desk is not known as \(stranger)",
            remedy: "use one of its addresses or localhost, or list the name under hosts: in the "
                + "configuration")
    }

    /// - Parameter authority: a name or address, with or without a port.
    func allows(_ authority: String, local: SocketAddress?) -> Bool {
        guard let host = Self.host(of: authority) else { return false }
        if names.contains(host) || host == "localhost" || host.hasSuffix(".localhost") {
            return true
        }
        guard let address = try? SocketAddress(ipAddress: host, port: 0) else { return false }
        return address.isLoopback || host == local?.ipAddress.map(Self.plain)
    }

    /// The host of `name:port` or `[address]:port`; nil when it is no such thing.
    private static func host(of authority: String) -> String? {
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            let port = authority[authority.index(after: end)...]
            guard port.isEmpty || port.hasPrefix(":") else { return nil }
            return plain(String(authority[authority.index(after: authority.startIndex)..<end]))
        }
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, let host = parts.first, !host.isEmpty else { return nil }
        return plain(String(host))
    }

    /// What stands between `http://` and the path; nil where the address begins with its path.
    private static func authority(of uri: String) -> String? {
        guard !uri.hasPrefix("/"), let scheme = uri.firstRange(of: "://") else { return nil }
        return String(uri[scheme.upperBound...].prefix { !"/?#".contains($0) })
    }

    /// One form for what is the same host.
    private static func plain(_ host: String) -> String {
        let name = host.lowercased()
        guard let address = try? SocketAddress(ipAddress: name, port: 0) else {
            return name.hasSuffix(".") ? String(name.dropLast()) : name
        }
        let text = address.ipAddress ?? name
        // An IPv4 client of an IPv6 listener has connected to an IPv4 address.
        return text.hasPrefix("::ffff:") && text.contains(".") ? String(text.dropFirst(7)) : text
    }
}

extension SocketAddress {
    var isLoopback: Bool {
        switch self {
        case .v4: ipAddress?.hasPrefix("127.") ?? false
        case .v6: ipAddress == "::1"
        case .unixDomainSocket: false
        }
    }
}
