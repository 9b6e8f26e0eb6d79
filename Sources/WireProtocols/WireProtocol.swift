import AlarmModel

/// A wire protocol: how its frames are found, what they mean, and what the device is answered.
///
/// A conforming type is an `enum` without cases, in a folder of its own below `Protocols/`. All of
/// it is static and pure: no clock, no I/O, and no heap allocation per frame on the plain path.
/// What one connection has to remember is its ``Session``.
public protocol WireProtocol: SendableMetatype {
    /// The meaning of one frame, always valid.
    associatedtype Message: Equatable & Sendable
    associatedtype Session: ProtocolSession = NoSession

    static var about: ProtocolDescription { get }
    /// Bytes of the longest frame as it stands on the wire, escapes included.
    static var frameLengthMax: Int { get }
    /// How far an address, and what a message says below it, tell people apart.
    static var identity: Identity { get }
    static var repeatRule: RepeatRule { get }
    /// Whether a checksum tells every single damaged bit. Where only the grammar does, a damaged
    /// digit can be another digit, and the line's parity is what is left.
    static var hasChecksum: Bool { get }
    /// Whether the two ends take turns, so that whoever speaks again has stopped to wait for an
    /// answer, and a late one would be taken for the answer to what was said since.
    static var isConversation: Bool { get }

    /// Looks at the front of the unread bytes, which are at least one.
    /// - Parameter searched: what an earlier ``FrameScan/needMore(searched:)`` said of the same
    ///   bytes, 0 at first.
    static func scan(_ unread: Span<UInt8>, searched: Int) -> FrameScan

    /// What the front of the unread bytes is when it was ``FrameScan/likelyFrame(length:)`` and did
    /// not parse: anything but that again.
    static func rescan(_ unread: Span<UInt8>) -> FrameScan

    /// The meaning of a frame that ``scan(_:searched:)`` found.
    static func parse(_ frame: Span<UInt8>) throws(DecodeError) -> Message

    /// Appends the frame that means `message`: `parse` of it gives `message` again.
    static func emit(_ message: Message, into bytes: inout [UInt8])

    /// Calls `body` for each event of the message, the gravest first, and at least once: a message
    /// that says nothing else is a `checkIn`.
    static func events(of message: Message, in session: inout Session, _ body: borrowing EventBody)

    /// Appends what the device is sent once the message's events are durable; nothing, where it
    /// is sent nothing. `reply` is empty.
    static func reply(to message: Message, in session: inout Session, into reply: inout Reply)

    /// What becomes of a frame that `parse` refused.
    static func undecodable(
        _ frame: Span<UInt8>, _ error: DecodeError, in session: inout Session
    ) -> UndecodableVerdict

    /// What the device is sent, at once, about bytes that were skipped for `reason`.
    static func reply(toDamage reason: SkipReason, in session: inout Session) -> Reply?

    /// A message as a device would send it, for simulations and tests: all of `kinds` at once, or
    /// nil where the protocol has no such message.
    /// - Parameters:
    ///   - device: any number; the same number is the same device.
    ///   - serial: grows with each press, wraps where the wire's number does.
    ///   - time: the device's clock.
    static func sample(
        of kinds: [EventKind], device: UInt32, serial: UInt32, at time: WallTime
    ) -> Message?
}

extension WireProtocol {
    public static var hasChecksum: Bool { true }
    public static var isConversation: Bool { false }

    /// Never asked for where ``scan(_:searched:)`` never says "likely".
    public static func rescan(_ unread: Span<UInt8>) -> FrameScan {
        .skip(count: 1, reason: .badFormat)
    }

    public static func undecodable(
        _ frame: Span<UInt8>, _ error: DecodeError, in session: inout Session
    ) -> UndecodableVerdict {
        .report(faultDraft(error), text: nil, reply: nil)
    }

    public static func reply(toDamage reason: SkipReason, in session: inout Session) -> Reply? {
        nil
    }

    /// The `deviceFault` that an undecodable frame becomes.
    static func faultDraft(_ error: DecodeError, address: ShortText? = nil) -> EventDraft {
        var draft = EventDraft(.deviceFault, address: address)
        draft.code = ShortText(error.rawValue)
        return draft
    }
}

/// What one connection remembers: options, a login, the parts of a long message.
public protocol ProtocolSession: Sendable {
    init(options: ProtocolOptions) throws(OptionProblem)

    /// What the station says first when a port opens, if the protocol has it speak first.
    mutating func opened(at now: Moment) -> Reply?

    /// Told before the bytes that came at this time are looked at: a session has no other clock.
    mutating func heard(at now: Moment)

    /// When ``timedOut(at:)`` is due, unless something is heard before and changes it.
    var deadline: MonotonicTime? { get }

    /// The deadline has passed. What the station says then: a poll, an order once more, the end.
    mutating func timedOut(at now: Moment) -> Reply?
}

extension ProtocolSession {
    public mutating func opened(at now: Moment) -> Reply? { nil }
    public mutating func heard(at now: Moment) {}
    public var deadline: MonotonicTime? { nil }
    public mutating func timedOut(at now: Moment) -> Reply? { nil }
}

/// Takes the events of one message: `body(draft, text)` for each, with what the message says in
/// words of no fixed length.
///
/// It lends the handler instead of capturing it, because counting its references up and down costs
/// more than an event.
public struct EventBody: ~Copyable {
    private let handler: any FrameHandler

    public init(_ handler: any FrameHandler) { self.handler = handler }

    @inline(__always)
    public func callAsFunction(_ draft: EventDraft, _ text: String?) {
        handler.event(draft, text: text)
    }
}

/// The session of a protocol whose frames stand alone.
public struct NoSession: ProtocolSession {
    public init(options: ProtocolOptions) throws(OptionProblem) {
        try options.refuseAll(except: [])
    }
}

/// What a person should know of a protocol: `tocsin protocols` prints it.
public struct ProtocolDescription: Sendable, Equatable {
    public var id: ProtocolID
    public var title: String
    /// `serial`, `serial, TCP` ...
    public var link: String
    /// What the device is answered, in words.
    public var reply: String
    /// Where the format is laid down, and how sure that is.
    public var authority: String
    /// Every kind that it can raise.
    public var kinds: [EventKind]

    public init(
        id: ProtocolID, title: String, link: String, reply: String, authority: String,
        kinds: [EventKind]
    ) {
        self.id = id
        self.title = title
        self.link = link
        self.reply = reply
        self.authority = authority
        self.kinds = kinds
    }
}
