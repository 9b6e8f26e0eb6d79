import AlarmModel

/// What the desk shows and asks of the running station. The daemon answers the questions from a
/// snapshot, so that a question never waits for the loop.
public protocol StationView: Sendable {
    /// In the order of the configuration.
    var ports: [PortStatus] { get }
    var health: StationHealth { get }
    /// What the daemon counts besides the desk's own families. Names must differ from those.
    var metrics: [MetricFamily] { get }

    /// A person's word on an alert, answered when it is durable.
    ///
    /// - Parameter stored: the alert as the ledger has it, once the station has said that it is not
    ///   at hand.
    func carryOut(_ order: Order, on alert: UUIDv7, stored: Alert?) async -> OrderOutcome

    /// Devices by when they were heard last, at most `limit`, and how many there are besides; nil
    /// when the station is too busy to say.
    func devices(silentFirst: Bool, limit: Int) async -> (devices: [DeviceState], more: Int)?

    /// The bytes of one port, or of all, as a capture file that goes on until it is let go.
    ///
    /// - Returns: nil when as many captures as are allowed run already.
    func capture(port: String?) -> AsyncStream<[UInt8]>?
}
