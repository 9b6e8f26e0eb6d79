/// How a port is doing, for operators and technicians.
public struct PortStatus: Equatable, Sendable {
    public enum State: String, CaseIterable, Sendable {
        case open
        /// Its device is not there. Not an error: it is opened when it comes.
        case absent
        /// Another program holds it.
        case busy
        /// The daemon may not open it.
        case denied
        /// It is there and cannot be used as configured.
        case unusable
    }

    /// The name in the configuration.
    public var name: String
    /// Nil as long as nothing matched.
    public var id: PortID?
    /// The node or peer, `/dev/ttyUSB0`.
    public var path: String?
    public var protocolID: ProtocolID
    public var state: State
    /// What is wrong, and what a person can do about it; nil when open, unless the port has
    /// something to say: what was found on it.
    public var reason: String?
    public var remedy: String?
    /// When bytes came last, to about ``Limits/statusInterval``; nil when none have come since the
    /// start.
    public var lastHeardAt: WallTime?
    /// By name, in a fixed order: `bytesIn`, `frames`, `skippedBytes.noise` ...
    public var counters: [Counter]

    public struct Counter: Equatable, Sendable {
        public var name: String
        public var value: UInt64

        public init(_ name: String, _ value: UInt64) {
            self.name = name
            self.value = value
        }
    }

    public init(
        name: String, id: PortID? = nil, path: String? = nil, protocolID: ProtocolID,
        state: State, reason: String? = nil, remedy: String? = nil, counters: [Counter] = []
    ) {
        self.name = name
        self.id = id
        self.path = path
        self.protocolID = protocolID
        self.state = state
        self.reason = reason
        self.remedy = remedy
        self.counters = counters
    }
}

/// How the whole station is, for `/healthz` and the journal. The worst state wins.
public struct StationHealth: Equatable, Sendable {
    public enum State: String, CaseIterable, Sendable {
        case ok
        /// Works, with something to be mended: a port is missing.
        case degraded
        /// Alarms are not being stored, and no device gets its reply.
        case critical
    }

    public var state: State
    /// Sentences that say what is wrong and what to do, the gravest first.
    public var reasons: [String]
    /// Events that wait for the ledger.
    public var pendingEvents: Int

    public init(state: State = .ok, reasons: [String] = [], pendingEvents: Int = 0) {
        self.state = state
        self.reasons = reasons
        self.pendingEvents = pendingEvents
    }
}
