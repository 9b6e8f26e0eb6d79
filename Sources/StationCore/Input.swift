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
    public var id: PortID
    /// The name in the configuration.
    public var name: String
    public var descriptor: ProtocolDescriptor
    public var options: ProtocolOptions
    /// Of the last bytes, kept for a dump.
    public var captureBytes: Int

    public init(
        id: PortID, name: String, descriptor: ProtocolDescriptor,
        options: ProtocolOptions = ProtocolOptions(), captureBytes: Int = Limits.captureRingBytes
    ) {
        self.id = id
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
    /// An operator's word on an alert. `token` comes back with the answer.
    case command(AlertCommand, on: UUIDv7, token: UInt64)
}

public enum AlertCommand: String, Sendable {
    case acknowledge, resolve
}

/// Everything that a station can want done, in this order and only once.
public enum Action: Sendable {
    /// Store this, in the order given, and report it with ``Input/committed(count:)``.
    case store(LedgerEntry)
    /// Write to the port if it is still open.
    case send([UInt8], to: PortKey)
    /// Show to whoever listens. Durable already, or telemetry.
    case publish(Event)
    /// Keep what the port's capture ring holds: it saw the first damage since it opened.
    case dumpCapture(PortKey, because: String)
    case answer(token: UInt64, CommandOutcome)
    /// Too much waits for the ledger: leave the bytes in the kernel.
    case pauseReading
    case resumeReading
}
