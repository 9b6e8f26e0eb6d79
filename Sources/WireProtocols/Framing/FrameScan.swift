import AlarmModel

/// What the front of the unread bytes is.
///
/// A scan looks only at bytes that decide: its answer for some bytes stays the same when more
/// follow, unless it was ``needMore(searched:)``. That is what makes the outcome independent of how
/// the bytes were cut into reads.
public enum FrameScan: Equatable, Sendable {
    /// Too early to tell. The first `searched` bytes need not be searched again when more come.
    case needMore(searched: Int)
    /// The first `length` bytes are a whole frame whose integrity was checked.
    case frame(length: Int)
    /// The first `length` bytes are a frame if they parse; if not, ``WireProtocol/rescan(_:)`` says
    /// what they are. So a frame is read once where its grammar is all that tells it from noise, or
    /// where its integrity is best checked on the way.
    case likelyFrame(length: Int)
    /// The first `count` bytes, at least one, belong to no frame. Skip as few as the protocol
    /// allows: a good frame may begin inside a bad one.
    case skip(count: Int, reason: SkipReason)

    /// Of a frame, or of what is likely one.
    @inline(__always)
    var frameLength: Int? {
        switch self {
        case .frame(let length), .likelyFrame(let length): length
        case .needMore, .skip: nil
        }
    }

    /// Whether ``WireProtocol/rescan(_:)`` may say this.
    var isDecided: Bool {
        if case .likelyFrame = self { false } else { true }
    }
}

/// Why bytes are in no frame. The raw value is the name in vectors, counters and JSON.
public enum SkipReason: String, CaseIterable, Sendable {
    /// Nothing that begins a frame.
    case noise
    /// A frame whose checksum disagrees with its bytes.
    case badChecksum
    /// A frame whose length field disagrees with its bytes.
    case badLength
    /// An escape sequence that does not exist.
    case badEscape
    /// Bytes that the protocol's grammar has no place for.
    case badFormat
    /// More bytes without an end than any frame has.
    case tooLong
    /// Bytes of a frame whose end never came: the connection, datagram or tty ended.
    case cutOff

    /// Its place in a table of counters.
    public var index: Int {
        switch self {
        case .noise: 0
        case .badChecksum: 1
        case .badLength: 2
        case .badEscape: 3
        case .badFormat: 4
        case .tooLong: 5
        case .cutOff: 6
        }
    }
}

/// Why a frame with good integrity has no meaning. The raw value is the name in counters and the
/// code of the `deviceFault` event that such a frame becomes.
public enum DecodeError: String, Error, CaseIterable, Sendable {
    /// A field lies beyond the end of the frame.
    case truncated
    /// A field holds a value that it cannot have.
    case badField
    /// A kind or version of message that the protocol does not describe.
    case unknownFormat
}

/// What becomes of a frame that has no meaning.
public enum UndecodableVerdict: Equatable, Sendable {
    /// Store this (a `deviceFault`), then send the reply.
    case report(EventDraft, text: String?, reply: Reply?)
    /// Possibly line noise that the integrity check cannot see: the bytes count as skipped, and
    /// this asks the device to send again.
    case askAgain(Reply)
}

/// How a protocol tells a resend of the same thing from a new press.
public enum RepeatRule: Equatable, Sendable {
    /// A frame carries a number or a time that every new press changes: the same bytes again are a
    /// resend, within this time from the first copy.
    case sameBytes(within: TimeSpan)
    /// A frame carries nothing of the kind. The same bytes are a resend while the first are not
    /// answered yet; then only as the next frame of their port, while their sender may not have
    /// heard the answer, and at most so many times.
    case afterAnswer(within: TimeSpan, most: Int)
    /// Nothing is a resend: the sender does not wait for an answer, so equal bytes are another
    /// press. For links of one way, and those whose session tells copies itself.
    case never

    /// For a frame that lacks the number and the time which its protocol has: a sender waits some
    /// 20 s for an answer before it sends again, and does not try for longer than a minute.
    public static let unnumbered = RepeatRule.afterAnswer(within: .seconds(20), most: 3)
}
