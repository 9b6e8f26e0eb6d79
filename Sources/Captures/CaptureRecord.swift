import AlarmModel

/// What one read from a port returned, or one write to it took.
public struct CaptureRecord: Equatable, Sendable {
    public enum Direction: UInt8, CaseIterable, Sendable {
        case received, sent
    }

    /// The port's name in the configuration.
    public var portName: String
    /// Nil in a file that another program wrote.
    public var protocolID: ProtocolID?
    public var direction: Direction
    public var at: WallTime
    public var bytes: [UInt8]
    /// What a person should know of these bytes: "decode error badChecksum".
    public var note: String?

    public init(
        portName: String, protocolID: ProtocolID? = nil, direction: Direction, at: WallTime,
        bytes: [UInt8], note: String? = nil
    ) {
        self.portName = portName
        self.protocolID = protocolID
        self.direction = direction
        self.at = at
        self.bytes = bytes
        self.note = note
    }
}

/// The port that records come from: one interface of a capture file.
public struct CapturePort: Hashable, Sendable {
    /// The port's name in the configuration.
    public var name: String
    public var protocolID: ProtocolID?
    /// The node or peer: `/dev/ttyUSB0`.
    public var path: String?

    public init(name: String, protocolID: ProtocolID? = nil, path: String? = nil) {
        self.name = name
        self.protocolID = protocolID
        self.path = path
    }
}

/// Where and why a capture was made: the head of a file. Files may be joined end to end, so there
/// can be several in one.
public struct CaptureSection: Equatable, Sendable {
    public var hardware: String?
    public var operatingSystem: String?
    public var application: String?
    /// Why the file was written: "dumped after decode error badChecksum".
    public var note: String?

    public init(
        hardware: String? = nil, operatingSystem: String? = nil, application: String? = nil,
        note: String? = nil
    ) {
        self.hardware = hardware
        self.operatingSystem = operatingSystem
        self.application = application
        self.note = note
    }
}

/// One thing read from a capture file, in file order.
public enum CaptureItem: Equatable, Sendable {
    case section(CaptureSection)
    case port(CapturePort)
    case record(CaptureRecord)
    case problem(CaptureProblem)
}

/// Something in a capture file that could not be read. What follows it is read all the same.
public struct CaptureProblem: Equatable, Sendable, CustomStringConvertible {
    /// The raw value is the sentence for a person.
    public enum Reason: String, CaseIterable, Sendable {
        case notPcapng = "no section header here; is this a pcapng file?"
        case badBlockLength =
            "the block's two lengths differ or are impossible; looking for the next block"
        case cutOff = "the file ends inside a block"
        case unsupportedVersion = "a pcapng version other than 1; skipping to the next section"
        case badBlock = "the block is shorter than its fields"
        case badOption = "an option is longer than its block; the options behind it are lost"
        case unknownInterface = "a packet of an interface that is not described"
        case badTime = "a time stamp that is no date; the packet's bytes are kept with time 0"
        case tooManyInterfaces = "more interfaces than are kept; packets of this one are skipped"
    }

    /// Bytes from the start of the file to the block.
    public var offset: Int
    public var reason: Reason

    public init(offset: Int, reason: Reason) {
        self.offset = offset
        self.reason = reason
    }

    public var description: String { "offset \(offset): \(reason.rawValue)" }
}
