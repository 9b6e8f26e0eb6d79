import LinuxPorts
import WireProtocols

/// What `tocsin.yaml` says, checked: nothing in it is out of range, double or unknown.
public struct StationConfiguration: Sendable, Equatable {
    /// Names the station wherever several meet: `linping-east`.
    public var stationID: String
    /// The name that people read.
    public var stationName: String
    /// Absolute, as are all paths here.
    public var ledgerPath: String
    public var capturesDirectory: String
    /// Where the desk is reached: `127.0.0.1:8119`, `unix:/run/tocsin/tocsin.sock`.
    public var listen: [String]
    /// Names besides its own under which the desk may be asked for: `desk.linping.example`.
    public var hosts: [String]
    /// In the order of the file. May be empty.
    public var ports: [ConfiguredPort]
    /// What works and is unwise.
    public var warnings: [ConfigurationProblems.Problem]

    public init(
        stationID: String, stationName: String, ledgerPath: String, capturesDirectory: String,
        listen: [String], hosts: [String] = [], ports: [ConfiguredPort],
        warnings: [ConfigurationProblems.Problem] = []
    ) {
        self.stationID = stationID
        self.stationName = stationName
        self.ledgerPath = ledgerPath
        self.capturesDirectory = capturesDirectory
        self.listen = listen
        self.hosts = hosts
        self.ports = ports
        self.warnings = warnings
    }
}

/// One port of the configuration: how it is reached and what its protocol is told.
public struct ConfiguredPort: Sendable, Equatable {
    public var definition: PortDefinition
    public var options: ProtocolOptions

    public init(definition: PortDefinition, options: ProtocolOptions = ProtocolOptions()) {
        self.definition = definition
        self.options = options
    }
}
