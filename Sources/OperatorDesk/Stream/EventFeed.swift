import AlarmModel
import EventJSON
import Synchronization

/// Where the loop thread hands out events and stream clients take them.
///
/// A slow client delays only itself: it has a ``StreamBuffer`` of its own, and nobody waits for it.
public final class EventFeed: Sendable {
    /// What the feed has counted since it was made.
    struct Counts: Sendable {
        var clients = 0
        /// Items that wait for any client.
        var buffered = 0
        var gaps: UInt64 = 0
        var events = Dictionary(uniqueKeysWithValues: EventKind.allCases.map { ($0, UInt64(0)) })
    }

    enum Refusal: Error {
        /// There are ``Limits/streamClientsMax`` clients.
        case full
        /// The station is stopping.
        case closed
    }

    private struct State {
        var published: Sequence
        var isClosed = false
        var outlets: [EventOutlet] = []
        var counts = Counts()
    }

    private let state: Mutex<State>

    /// - Parameter lastSequence: the newest event in the ledger when the station starts.
    public init(lastSequence: Sequence) {
        state = Mutex(State(published: lastSequence))
    }

    /// Hands out records that are durable, in the order of their sequence. For one thread, the
    /// loop's; it waits for no client.
    ///
    /// Each is made to JSON once, and only when a client wants it.
    public func publish(_ records: [Record]) {
        let outlets = state.withLock { state in
            for record in records {
                if let event = record.event { state.counts.events[event.kind, default: 0] &+= 1 }
                if !record.isTelemetry { state.published = record.sequence }
            }
            return state.outlets
        }
        guard !outlets.isEmpty else { return }
        for record in records {
            var item: StreamItem?
            for outlet in outlets where outlet.filter.wants(record) {
                let made = item ?? StreamItem(record)
                outlet.offer(made)
                item = made
            }
        }
    }

    /// Has every stream that is idle say that it lives.
    func keepAlive() {
        for outlet in state.withLock(\.outlets) { outlet.askForKeepAlive() }
    }

    /// Ends every stream behind what it has buffered, and refuses new ones.
    func close() {
        let outlets = state.withLock { state in
            state.isClosed = true
            return state.outlets
        }
        for outlet in outlets { outlet.close() }
    }

    /// A place in the feed, kept until the subscription is released.
    ///
    /// Whatever is published from now on comes through it; what was published before is read from
    /// the ledger by whoever holds it.
    func subscribe(after: Sequence?, filter: StreamFilter) throws(Refusal) -> EventSubscription {
        try state.withLock { (state) throws(Refusal) in
            guard !state.isClosed else { throw .closed }
            guard state.outlets.count < Limits.streamClientsMax else { throw .full }
            let buffer = StreamBuffer(after: after, published: state.published)
            let outlet = EventOutlet(filter: filter, buffer: buffer)
            state.outlets.append(outlet)
            return EventSubscription(to: self, through: outlet)
        }
    }

    var counts: Counts {
        var (counts, outlets) = state.withLock { ($0.counts, $0.outlets) }
        counts.clients = outlets.count
        counts.buffered = outlets.reduce(0) { $0 + $1.buffer.withLock(\.count) }
        return counts
    }

    fileprivate func countGap() { state.withLock { $0.counts.gaps &+= 1 } }

    fileprivate func remove(_ outlet: EventOutlet) {
        state.withLock { $0.outlets.removeAll { $0 === outlet } }
    }
}

/// The client's end of the feed; letting go of it frees the place.
final class EventSubscription: Sendable {
    private let feed: EventFeed
    private let outlet: EventOutlet

    fileprivate init(to feed: EventFeed, through outlet: EventOutlet) {
        self.feed = feed
        self.outlet = outlet
    }

    deinit { feed.remove(outlet) }

    var filter: StreamFilter { outlet.filter }

    /// Rings when there may be something to take; ends when the feed is closed.
    var bell: AsyncStream<Void> { outlet.bell }

    /// Has the client told that the stream lives.
    func askForAlive() { outlet.askForAlive() }

    func next() -> StreamBuffer.Step {
        let step = outlet.buffer.withLock { $0.next() }
        if case .gap = step { feed.countGap() }
        return step
    }

    /// See ``StreamBuffer/advance(through:)``.
    func advance(through sequence: Sequence?) -> ClosedRange<Sequence>? {
        let gap = outlet.buffer.withLock { $0.advance(through: sequence) }
        if gap != nil { feed.countGap() }
        return gap
    }
}

/// The feed's end of a subscription.
private final class EventOutlet: Sendable {
    let filter: StreamFilter
    let buffer: Mutex<StreamBuffer>
    let bell: AsyncStream<Void>
    private let ringer: AsyncStream<Void>.Continuation

    init(filter: StreamFilter, buffer: StreamBuffer) {
        self.filter = filter
        self.buffer = Mutex(buffer)
        (bell, ringer) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func offer(_ item: StreamItem) {
        buffer.withLock { $0.offer(item) }
        ringer.yield()
    }

    func askForKeepAlive() {
        buffer.withLock { $0.askForKeepAlive() }
        ringer.yield()
    }

    func askForAlive() {
        buffer.withLock { $0.askForAlive() }
        ringer.yield()
    }

    func close() { ringer.finish() }
}

extension StreamItem {
    init(_ record: Record) {
        self.init(
            sequence: record.isTelemetry ? nil : record.sequence, isChange: record.change != nil,
            json: recordJSON(record))
    }
}

extension Record {
    fileprivate var isTelemetry: Bool { event?.kind.isTelemetry ?? false }
}
