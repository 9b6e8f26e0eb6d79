/// Where the desk listens, and where the command line finds it: `127.0.0.1:8119`, `[::1]:8119`,
/// `localhost:8119`, `unix:/run/tocsin/tocsin.sock`.
public enum ListenAddress: Hashable, Sendable, CustomStringConvertible {
    case tcp(host: String, port: Int)
    case unix(path: String)

    /// Bytes of a path in `sockaddr_un`, without the zero at its end.
    static let unixPathBytesMax = 107

    /// - Throws: ``ParseError``, which says what is wrong and what would be right.
    public static func parse(_ text: String) throws(ParseError) -> ListenAddress {
        if text.hasPrefix("unix:") { return try unix(text) }
        guard let colon = text.lastIndex(of: ":"), colon > text.startIndex else {
            throw ParseError(text: text, problem: "has no port")
        }
        let digits = text[text.index(after: colon)...]
        guard let port = UInt16(digits), digits.first?.isNumber == true else {
            throw ParseError(text: text, problem: "has the port \"\(digits)\", not 0 to 65535")
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw ParseError(text: text, problem: "has an IPv6 address without brackets")
        }
        guard !host.isEmpty, !host.contains(where: { " []/".contains($0) }) else {
            throw ParseError(text: text, problem: "has no host")
        }
        return .tcp(host: String(host), port: Int(port))
    }

    private static func unix(_ text: String) throws(ParseError) -> ListenAddress {
        let path = text.dropFirst("unix:".count)
        guard path.hasPrefix("/"), !path.hasSuffix("/") else {
            throw ParseError(text: text, problem: "is not the whole path of a socket")
        }
        guard path.utf8.count <= unixPathBytesMax else {
            throw ParseError(
                text: text, problem: "is longer than the \(unixPathBytesMax) bytes of a socket path"
            )
        }
        return .unix(path: String(path))
    }

    public var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    /// Why a text is no address to listen on.
    public struct ParseError: Error, Equatable, CustomStringConvertible {
        public var text: String
        /// The rest of a sentence that begins with the text.
        public var problem: String

        public var description: String {
            "\"\(text)\" \(problem); right would be 127.0.0.1:8119, [::1]:8119 or "
                + "unix:/run/tocsin/tocsin.sock"
        }
    }
}
