import AlarmModel
import WireProtocols

/// One open way in, for as long as it is open. The edge numbers them and never uses a number
/// twice, so that a late reply cannot reach whoever came after.
public struct PortKey: Hashable, Sendable {
    public var number: Int32
    public init(_ number: Int32) { self.number = number }
}

/// What the station must know of a port that has opened.
public struct PortProfile: Sendable {
    public var wire: Wire
    /// The name in the configuration.
    public var name: String
    public var descriptor: ProtocolDescriptor
    public var options: ProtocolOptions
    /// Of the last bytes, kept for a dump.
    public var captureBytes: Int

    public init(
        wire: Wire, name: String, descriptor: ProtocolDescriptor,
        options: ProtocolOptions = ProtocolOptions(), captureBytes: Int = Limits.captureRingBytes
    ) {
        self.wire = wire
        self.name = name
        self.descriptor = descriptor
        self.options = options
        self.captureBytes = captureBytes
    }
}

/// Everything that can happen to a station, besides bytes coming in
/// (``Station/receive(from:at:_:)``).
public enum Input: Sendable {
    case portOpened(PortKey, PortProfile)
    case portClosed(PortKey)
    /// The first `count` entries that were handed out and not yet reported are durable.
    case committed(count: Int)
    /// The ledger cannot store now and goes on trying: the disk is full.
    case ledgerRetrying(String)
    /// Nothing may be assumed durable any more.
    case ledgerFailed(String)
    /// A person's word on an alert. `token` comes back with the answer; `stored` is the alert as
    /// the ledger has it, once the station has said that it is not at hand.
    case order(Order, on: UUIDv7, stored: Alert?, token: UInt64)
    /// Something of the station itself that a person has to know: becomes an event with this text.
    case stationFault(EventKind, String)
    /// No bytes come any more: what was gathered is stored now.
    case stopping
    /// The datagram that came last on this port has ended, and with it what it left unfinished.
    case datagramEnded(PortKey)
}

/// Everything that a station can want done, in this order and only once.
public enum Action: Sendable {
    /// Store this, in the order given, and report it with ``Input/committed(count:)``.
    case store(LedgerEntry)
    /// Write to the port if it is still open.
    case send([UInt8], to: PortKey)
    /// Show to whoever listens. Durable already, or telemetry.
    case publish(Record)
    /// Keep what the port's capture ring holds: it saw the first damage of this sort.
    case dumpCapture(PortKey, because: String)
    /// Close the port and tell why: with these options, nothing that comes can be decoded.
    case refuse(PortKey, because: OptionProblem)
    case answer(token: UInt64, OrderOutcome)
    /// Too much waits for the ledger: leave the bytes in the kernel.
    case pauseReading
    case resumeReading
}
