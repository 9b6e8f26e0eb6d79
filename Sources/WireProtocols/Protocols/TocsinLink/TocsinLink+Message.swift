import AlarmModel

extension TocsinLink {
    /// One message of either side.
    public struct Message: Equatable, Sendable {
        public var header: Header
        public var body: Body

        @inline(__always)
        public init(_ header: Header, _ body: Body) {
            self.header = header
            self.body = body
        }
    }

    public enum Body: Equatable, Sendable {
        /// The receiver has started, or was asked.
        case hello(Hello)
        /// Something happened to a device.
        case event(Report)
        /// The receiver is alive, and this is how it is.
        case keepAlive(KeepAlive)
        /// The station has opened the port, or answers a HELLO.
        case stationHello(Hello)
        /// The message with this nonce and sequence number is durable.
        case ack
        /// Something arrived damaged: a ``NakReason``, or one of a later version.
        case nak(UInt8)
        /// A type that this version does not describe.
        case other(type: UInt8)
    }

    /// Which message of which start of the receiver.
    public struct Header: Equatable, Sendable {
        /// Chosen by the receiver at each start, never 0.
        public var nonce: UInt32
        /// 1 for the first message after a start, never 0.
        public var sequence: UInt32

        public init(nonce: UInt32, sequence: UInt32) {
            self.nonce = nonce
            self.sequence = sequence
        }

        /// Of a message of the station that answers none.
        public static let unaddressed = Header(nonce: 0, sequence: 0)
    }

    public struct Hello: Equatable, Sendable {
        /// The highest version that the sender speaks.
        public var version: UInt8
        /// Bit 0: unacknowledged events outlive a power loss. The others are 0.
        public var capabilities: UInt32
        /// These three at most 32 bytes of UTF-8.
        public var maker: String?
        public var model: String?
        public var serial: String?

        public init(version: UInt8, capabilities: UInt32) {
            self.version = version
            self.capabilities = capabilities
        }
    }

    public struct Report: Equatable, Sendable {
        /// Milliseconds since the receiver's start when it heard this; wraps after 49.7 days.
        public var tick: UInt32
        public var kinds: KindSet
        public var fields = Fields()

        public init(tick: UInt32, address: ShortText?, kinds: KindSet) {
            self.tick = tick
            self.kinds = kinds
            self.address = address
        }
    }

    public struct KeepAlive: Equatable, Sendable {
        /// A bit for each condition that lasts, in the order of the specification.
        public var state: UInt16
        public var fields = Fields()

        public init(state: UInt16) { self.state = state }
    }

    /// What a body may say besides its fixed part. Nil: not said.
    public struct Fields: Equatable, Sendable {
        /// All but the words, where the station's events have it: no event costs a copy of each.
        var draft = EventDraft(.checkIn)
        /// At most 128 bytes of UTF-8.
        public var text: String?

        public init() {}
    }
}

extension TocsinLink.Report {
    public var isRestored: Bool {
        get { fields.draft.isRestored }
        set { fields.draft.isRestored = newValue }
    }

    public var isTest: Bool {
        get { fields.draft.isTest }
        set { fields.draft.isTest = newValue }
    }

    public var isLate: Bool {
        get { fields.draft.isLate }
        set { fields.draft.isLate = newValue }
    }

    /// At most 16 printable bytes; nil for the receiver itself.
    public var address: ShortText? {
        get { fields.draft.address }
        set { fields.draft.address = newValue }
    }
}

extension TocsinLink.Fields {
    public var position: Position? {
        get { draft.position }
        set { draft.position = newValue }
    }

    /// The device's own clock.
    public var clock: WallTime? {
        get { draft.reportedAt }
        set { draft.reportedAt = newValue }
    }

    /// 0...100.
    public var batteryPercent: UInt8? {
        get { draft.batteryPercent }
        set { draft.batteryPercent = newValue }
    }

    /// 0...100.
    public var signalPercent: UInt8? {
        get { draft.signalPercent }
        set { draft.signalPercent = newValue }
    }

    public var zone: UInt32? {
        get { draft.zone }
        set { draft.zone = newValue }
    }

    public var partition: UInt16? {
        get { draft.partition }
        set { draft.partition = newValue }
    }

    /// At most 16 printable bytes.
    public var fence: ShortText? {
        get { draft.fence }
        set { draft.fence = newValue }
    }

    /// The pendant's own code, at most 16 printable bytes.
    public var code: ShortText? {
        get { draft.code }
        set { draft.code = newValue }
    }
}
