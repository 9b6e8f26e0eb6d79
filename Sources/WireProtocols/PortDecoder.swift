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
    private let lendFree: () -> UnsafeMutableRawBufferPointer
    private let decode: (Int, any FrameHandler) -> Void
    private let forget: () -> Int
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
        unsafe lendFree = { unsafe box.reader.lend() }
        decode = { box.reader.received($0, into: $1) }
        forget = { box.reader.close() }
        pendingCount = { box.reader.pending }
        openedReply = { box.reader.session.opened(at: $0) }
        hear = { box.reader.session.heard(at: $0) }
        nextDeadline = { box.reader.session.deadline }
        timedOutReply = { box.reader.session.timedOut(at: $0) }
    }

    /// Lends the ring's free space, for read(2) to fill from its start; ``received(_:into:)`` says
    /// how far it did, 0 for not at all, and ends the loan.
    public func lend() -> UnsafeMutableRawBufferPointer { unsafe lendFree() }

    /// Takes the first `count` bytes of what was lent, and decodes what is whole.
    public func received(_ count: Int, into handler: any FrameHandler) { decode(count, handler) }

    /// The same for bytes that are already in memory, however many.
    public func receive(_ bytes: Span<UInt8>, into handler: any FrameHandler) {
        var rest = bytes
        while !rest.isEmpty {
            let free = unsafe lend()
            let count = min(rest.count, free.count)
            unsafe rest.extracting(first: count).withUnsafeBytes {
                unsafe free.copyMemory(from: $0)
            }
            received(count, into: handler)
            rest = rest.extracting(droppingFirst: count)
        }
    }

    /// The connection, datagram or tty has ended: forgets the bytes that wait for more, and returns
    /// how many they were, for the caller to count as ``SkipReason/cutOff``.
    public func close() -> Int { forget() }

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
