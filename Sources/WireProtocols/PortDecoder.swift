import AlarmModel

/// The decoder of one connection, whichever protocol it speaks.
///
/// It is made of closures over the concrete reader: inside them everything is specialised, and the
/// dynamic call costs once per read, not per byte. A generic class behind a protocol would run
/// unspecialised.
@safe public final class PortDecoder {
    public let protocolID: ProtocolID
    public let repeatRule: RepeatRule
    public let isConversation: Bool
    private let receiveInto: ((UnsafeMutableRawBufferPointer) -> Int) -> Int
    private let drainInto: (any FrameHandler) -> Void
    private let pendingCount: () -> Int
    private let openedReply: (Moment) -> Reply?
    private let hear: (Moment) -> Void
    private let nextDeadline: () -> MonotonicTime?
    private let timedOutReply: (Moment) -> Reply?

    @inline(__always)
    init<P: WireProtocol>(
        _: P.Type, options: ProtocolOptions, capacity: Int
    ) throws(OptionProblem) {
        let box = ReaderBox(try FrameReader<P>(options: options, capacity: capacity))
        protocolID = P.about.id
        repeatRule = P.repeatRule
        isConversation = P.isConversation
        unsafe receiveInto = { fill in unsafe box.reader.ring.receive(fill) }
        drainInto = { handler in box.reader.drain(into: handler) }
        pendingCount = { box.reader.pending }
        openedReply = { box.reader.session.opened(at: $0) }
        hear = { box.reader.session.heard(at: $0) }
        nextDeadline = { box.reader.session.deadline }
        timedOutReply = { box.reader.session.timedOut(at: $0) }
    }

    /// Lends the ring's free space to `fill`, then decodes what is whole. Returns what `fill` did.
    public func receive(
        into handler: any FrameHandler, _ fill: (UnsafeMutableRawBufferPointer) -> Int
    ) -> Int {
        let count = unsafe receiveInto(fill)
        drainInto(handler)
        return count
    }

    /// The same for bytes that are already in memory, however many.
    public func receive(_ bytes: Span<UInt8>, into handler: any FrameHandler) {
        var offset = 0
        while offset < bytes.count {
            let rest = bytes.extracting(offset..<bytes.count)
            offset += unsafe receive(into: handler) { free in
                let count = min(rest.count, free.count)
                unsafe rest.extracting(0..<count).withUnsafeBytes { source in
                    unsafe free.copyMemory(from: source)
                }
                return count
            }
        }
    }

    /// Bytes received that are in no frame and no skipped run yet.
    public var pending: Int { pendingCount() }

    /// What the station says first on this connection, if anything.
    public func opened(at now: Moment) -> Reply? { openedReply(now) }

    /// Tells the session the time of the bytes that follow.
    public func heard(at now: Moment) { hear(now) }

    /// When ``timedOut(at:)`` is due.
    public var deadline: MonotonicTime? { nextDeadline() }

    /// The deadline has passed: what the station says then.
    public func timedOut(at now: Moment) -> Reply? { timedOutReply(now) }
}

/// One reader shared by the closures of one decoder.
private final class ReaderBox<P: WireProtocol> {
    var reader: FrameReader<P>
    init(_ reader: consuming FrameReader<P>) { self.reader = reader }
}
