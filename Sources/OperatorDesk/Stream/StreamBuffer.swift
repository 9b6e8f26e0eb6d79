import AlarmModel
import DequeModule

/// One record as the stream sends it.
struct StreamItem: Equatable, Sendable {
    /// Nil for telemetry, which has no row and no place in the order.
    var sequence: Sequence?
    var isChange = false
    /// Made once and shared by all clients.
    var json: [UInt8]
}

/// What one client of the stream is to be told next. Pure: the feed puts in, the stream takes out.
///
///     sent           hole          buffered
///     ... 15 16 17 | 18 ... 912 | 913 915 918
///               handled     covered        (914, 916 and 917 were not wanted)
///
/// Every wanted event that was published behind `covered` is in `events`. What lies between
/// `handled` and `covered` is a hole: a client that still reads the past fills it from the ledger,
/// a client that is live is told of it as a gap. So nothing is ever skipped in silence, and an
/// event that was read from the ledger before it was published is not sent twice.
struct StreamBuffer: Sendable {
    /// What to do next for the client.
    enum Step: Equatable, Sendable {
        /// Write these, the gravest order kept: events before telemetry.
        case send([StreamItem])
        /// Tell that these sequences were missed.
        case gap(ClosedRange<Sequence>)
        /// Send what the ledger has behind this sequence, then say how far it went with
        /// ``StreamBuffer/advance(through:)``.
        case page(after: Sequence)
        /// Nothing happened for a while: say that the stream lives.
        case keepAlive
        /// The client asked to be told that it lives, and how far it has everything.
        case alive(Sequence)
        /// Nothing to say until more is offered.
        case rest
    }

    /// Everything up to here was sent, was not wanted, or was told as a gap.
    private var handled: Sequence
    private var covered: Sequence
    /// The first event that a live client lost since it was last told of a gap.
    private var firstDropped: Sequence?
    private var isReadingPast: Bool
    private var isKeepAliveDue = false
    private var isAliveDue = false
    private var events: Deque<StreamItem> = []
    private var telemetry: Deque<StreamItem> = []

    /// - Parameters:
    ///   - after: the client has everything up to here; nil begins with the next event.
    ///   - published: the newest sequence that this buffer will not be offered any more.
    init(after: Sequence?, published: Sequence) {
        handled = after ?? published
        covered = published
        isReadingPast = handled < published
    }

    /// Items held now; at most ``Limits/streamClientEventsMax`` and
    /// ``Limits/streamClientTelemetryMax`` together.
    var count: Int { events.count + telemetry.count }

    /// A client that was live has lost something and does not know it yet.
    var hasLost: Bool { firstDropped != nil }

    /// Takes in one item that the client wants. At the bound the oldest of its own sort gives way,
    /// so telemetry never costs an event its place.
    mutating func offer(_ item: StreamItem) {
        guard let sequence = item.sequence else {
            if telemetry.count == Limits.streamClientTelemetryMax { telemetry.removeFirst() }
            telemetry.append(item)
            return
        }
        // Read from the ledger before it was published.
        guard sequence > handled else { return }
        if events.count == Limits.streamClientEventsMax,
            let dropped = events.removeFirst().sequence
        {
            covered = dropped
            if !isReadingPast { firstDropped = firstDropped ?? dropped }
        }
        events.append(item)
    }

    mutating func askForKeepAlive() { isKeepAliveDue = true }

    /// Is answered behind what is buffered now, however much goes on to come.
    mutating func askForAlive() { isAliveDue = true }

    mutating func next() -> Step {
        defer { isKeepAliveDue = false }
        if covered > handled {
            if isReadingPast { return .page(after: handled) }
            return .gap(skipHole())
        }
        isReadingPast = false
        if isAliveDue, events.isEmpty {
            isAliveDue = false
            return .alive(handled)
        }
        let items = take()
        if !items.isEmpty { return .send(items) }
        return isKeepAliveDue ? .keepAlive : .rest
    }

    /// The client has read the ledger up to here; nil when the ledger had nothing although the
    /// hole says that it should, which is then told as a gap and returned.
    mutating func advance(through sequence: Sequence?) -> ClosedRange<Sequence>? {
        guard let sequence else { return covered > handled ? skipHole() : nil }
        handled = max(handled, sequence)
        while let first = events.first?.sequence, first <= handled { events.removeFirst() }
        return nil
    }

    private mutating func skipHole() -> ClosedRange<Sequence> {
        let gap = (firstDropped ?? handled.next)...covered
        handled = covered
        firstDropped = nil
        return gap
    }

    private mutating func take() -> [StreamItem] {
        var items = Array(events.prefix(Limits.itemsPerWriteMax))
        events.removeFirst(items.count)
        if let last = items.last?.sequence { handled = last }
        let room = Limits.itemsPerWriteMax - items.count
        let rest = telemetry.prefix(room)
        items += rest
        telemetry.removeFirst(rest.count)
        return items
    }
}
