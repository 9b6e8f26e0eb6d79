import AlarmModel

/// One registered protocol as a value: what the rest of the program, and every test that runs over
/// the registry, knows of it.
public struct ProtocolDescriptor: Sendable {
    public let about: ProtocolDescription
    public let frameLengthMax: Int
    public let identity: Identity
    public let repeatRule: RepeatRule
    public let hasChecksum: Bool
    public let isConversation: Bool
    /// For what has no closure here. Calls by it are not specialised, and so are slow.
    let type: any WireProtocol.Type
    private let decoder: @Sendable (ProtocolOptions, Int) throws(OptionProblem) -> PortDecoder
    private let sampleFrame: @Sendable ([EventKind], UInt32, UInt32, WallTime) -> [UInt8]?
    private let emitted: @Sendable ([UInt8]) throws(DecodeError) -> (frame: [UInt8], same: Bool)

    public var id: ProtocolID { about.id }

    @inline(__always)
    init<P: WireProtocol>(_ type: P.Type) {
        about = P.about
        frameLengthMax = P.frameLengthMax
        identity = P.identity
        repeatRule = P.repeatRule
        hasChecksum = P.hasChecksum
        isConversation = P.isConversation
        self.type = type
        decoder = { options, capacity throws(OptionProblem) in
            try PortDecoder(P.self, options: options, capacity: capacity)
        }
        sampleFrame = { kinds, device, serial, time in
            guard let message = P.sample(of: kinds, device: device, serial: serial, at: time)
            else { return nil }
            var bytes: [UInt8] = []
            P.emit(message, into: &bytes)
            return bytes
        }
        emitted = { frame throws(DecodeError) in
            let message = try P.parse(frame.span)
            var bytes: [UInt8] = []
            P.emit(message, into: &bytes)
            return (bytes, try P.parse(bytes.span) == message)
        }
    }

    /// A decoder for one connection.
    /// - Throws: when an option is unknown or wrong.
    public func makeDecoder(
        options: ProtocolOptions = ProtocolOptions(), capacity: Int = Limits.ringBytes
    ) throws(OptionProblem) -> PortDecoder {
        try decoder(options, capacity)
    }

    /// A frame as a device would send it: see ``WireProtocol/sample(of:device:serial:at:)``.
    public func sample(
        of kinds: [EventKind], device: UInt32 = 1, serial: UInt32, at time: WallTime
    ) -> [UInt8]? {
        sampleFrame(kinds, device, serial, time)
    }

    /// Parses `frame` and emits its message again; `same` tells whether the emitted frame means
    /// the same message.
    public func emitAgain(
        _ frame: [UInt8]
    ) throws(DecodeError) -> (frame: [UInt8], same: Bool) {
        try emitted(frame)
    }
}
