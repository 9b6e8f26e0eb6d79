/// The way that bytes took into the station: a configured port, and on a listener the peer.
public struct Wire: Hashable, Sendable {
    /// Stable across re-plugging; of a listener the same for all its connections.
    public var portID: PortID
    /// The port's name in the configuration; nil in what an older station has stored.
    public var portName: String?
    /// The far end of a connection of a listener, `192.0.2.7:47396` or `[2001:db8::7]:47396`.
    public var peer: String?

    public init(_ portID: PortID, portName: String? = nil, peer: String? = nil) {
        self.portID = portID
        self.portName = portName
        self.peer = peer
    }

    /// Of what the station itself has to say.
    public static let station = Wire("station")

    /// What makes two wires the same one.
    public var id: WireID { WireID(portID: portID, host: host) }

    /// The peer's address without its port number, which is another one for each connection.
    public var host: String? {
        peer.map { peer in peer.lastIndex(of: ":").map { String(peer[..<$0]) } ?? peer }
    }
}

/// The same port and the same peer address: what one of them told folds, holds and answers nothing
/// that another tells.
public struct WireID: Hashable, Sendable {
    public var portID: PortID
    public var host: String?

    public init(portID: PortID, host: String? = nil) {
        self.portID = portID
        self.host = host
    }
}
