import AlarmModel

/// One entry of `ports:` in the configuration.
public struct PortDefinition: Sendable, Equatable {
    /// How the port is reached.
    public enum Way: Sendable, Equatable {
        case serial(DeviceMatch, SerialSettings)
        /// Reports of a HID device, each behind one octet with its length: see ``HidrawWay``.
        case hidraw(DeviceMatch)
        case pipe(PipeSource)
        /// Each connection is a peer of its own; `idle` is how long one may be silent.
        case tcpListen(NetworkAddress, idle: TimeSpan = Limits.peerIdle)
        case tcpConnect(NetworkAddress)
        /// A line behind a server that takes its settings over the network (RFC 2217).
        case serialServer(NetworkAddress, SerialSettings)
        /// Each sender is a peer of its own, as if it were connected.
        case udpListen(NetworkAddress, idle: TimeSpan = Limits.peerIdle)
    }

    /// Unique in the configuration.
    public var name: String
    public var protocolID: ProtocolID
    public var way: Way

    public init(name: String, protocolID: ProtocolID, way: Way) {
        self.name = name
        self.protocolID = protocolID
        self.way = way
    }
}

/// Which device a port is: a path, or the marks of a USB device. All given marks must fit.
public struct DeviceMatch: Sendable, Equatable {
    /// `/dev/ttyS0`, `/dev/serial/by-id/…`, `/dev/hidraw0`. With a path, no marks are looked at.
    public var path: String?
    /// USB ids in hexadecimal, upper or lower case: `0403`.
    public var vendor: String?
    public var product: String?
    /// udev's `ID_SERIAL_SHORT`, exactly.
    public var serial: String?
    /// The USB interface number in hexadecimal: `00`.
    public var interface: String?
    /// udev's `ID_PATH`, exactly: the socket that the device is plugged into.
    public var idPath: String?

    public init(
        path: String? = nil, vendor: String? = nil, product: String? = nil,
        serial: String? = nil, interface: String? = nil, idPath: String? = nil
    ) {
        self.path = path
        self.vendor = vendor
        self.product = product
        self.serial = serial
        self.interface = interface
        self.idPath = idPath
    }
}

extension DeviceMatch: CustomStringConvertible {
    /// As the configuration would say it.
    public var description: String {
        if let path { return path }
        let marks = [
            ("vendor", vendor), ("product", product), ("serial", serial),
            ("interface", interface), ("idPath", idPath),
        ]
        return marks.compactMap { name, value in value.map { "\(name) \($0)" } }
            .joined(separator: ", ")
    }
}

/// What a pipe port reads. Nothing can be written to either.
public enum PipeSource: Sendable, Equatable, CustomStringConvertible {
    /// A FIFO at an absolute path; made when nothing is there.
    case fifo(String)
    /// What the daemon was started behind: `rtl_433 -F json | tocsind`.
    case standardInput

    public var description: String {
        switch self {
        case .fifo(let path): path
        case .standardInput: "standard input"
        }
    }
}

/// `host:port`, where the host is an IPv4 address, an IPv6 address in brackets, or a name.
public struct NetworkAddress: Sendable, Equatable, CustomStringConvertible {
    /// Without brackets.
    public var host: String
    public var port: UInt16

    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Nil when the text is not of that form.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...])
        else { return nil }
        var host = text[..<colon]
        if host.first == "[", host.last == "]" {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.init(host: String(host), port: port)
    }

    public var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
