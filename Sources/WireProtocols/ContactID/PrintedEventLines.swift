import AlarmModel

/// Receivers that print nothing but a ``PrintedEvent`` or a heartbeat in each line.
public protocol PrintedEventLines: PrintedLines where Message == PrintedEventLine {
    /// Whether F stands before CCC: see ``PrintedEvent``.
    static var hasMark: Bool { get }
    /// Receiver and line, or receiver and group, of samples.
    static var sampleReceiver: ShortText { get }
    /// The event of a line; nil when it is none.
    static func event(in line: Span<UInt8>) -> PrintedEvent?
    /// Receiver and line of a heartbeat, as printed; nil when it is none.
    static func heartbeat(in line: Span<UInt8>) -> ShortText?
}

public enum PrintedEventLine: Equatable, Sendable {
    case event(PrintedEvent)
    /// The receiver and its line, as printed.
    case heartbeat(ShortText)
}

extension PrintedEventLines {
    public static func isLine(_ bytes: Span<UInt8>) -> Bool { message(in: bytes) != nil }

    @inline(__always)
    public static func parse(_ frame: Span<UInt8>) throws(DecodeError) -> Message {
        guard let end = frame.indices.last, frame[end] == terminator else { throw .truncated }
        let line = frame.extracting(0..<lineCount(of: frame))
        guard let message = message(in: line) else { throw .unknownFormat }
        return message
    }

    @inline(always)
    private static func message(in line: Span<UInt8>) -> Message? {
        if let event = event(in: line) { return .event(event) }
        return heartbeat(in: line).map { .heartbeat($0) }
    }

    @inline(__always)
    public static func events(
        of message: Message, in session: inout Session, _ body: borrowing EventBody
    ) {
        switch message {
        case .event(let event): event.tell(body)
        case .heartbeat(let receiver):
            var draft = EventDraft(.checkIn)
            draft.scope = receiver
            body(draft, nil)
        }
    }

    public static func sample(
        of kinds: [EventKind], device: UInt32, serial: UInt32, at time: WallTime
    ) -> Message? {
        guard kinds.count == 1, let kind = kinds.first else { return nil }
        if kind == .checkIn { return .heartbeat(sampleReceiver) }
        return PrintedEvent.sample(
            of: kind, receiver: sampleReceiver, device: device, serial: serial,
            isUser: hasMark ? true : nil
        ).map { .event($0) }
    }
}

extension EventKind {
    /// Every kind that a Contact ID line can say, and the heartbeat's.
    static let ofPrintedContactID = EventKind.allCases.filter {
        $0 == .checkIn || ContactIDCodes.plainest(of: $0) != nil
    }
}
