/// What is known of one device without asking the ledger: where and when it was heard last since
/// the daemon started, and how it is.
public struct DeviceState: Equatable, Sendable {
    public var origin: Origin
    public var lastHeard: Moment
    public var wire: Wire
    public var position: Position?
    public var batteryPercent: UInt8?
    public var signalPercent: UInt8?

    public init(_ origin: Origin, lastHeard: Moment, wire: Wire) {
        self.origin = origin
        self.lastHeard = lastHeard
        self.wire = wire
    }
}
