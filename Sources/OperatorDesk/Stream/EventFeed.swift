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
        /// There are ``Limits/streamClientsMax`` clients, and all of them read.
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

    /// The ledger is open, later than the feed: this is its newest record. To be said before
    /// anybody can ask it.
    public func begin(behind last: Sequence) { state.withLock { $0.published = last } }

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

    /// Has every stream that is idle say that it lives, and notices which has not even looked since
    /// the last time: its client does not read.
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
    /// the ledger by whoever holds it. When all places are taken, the client that has not read for
    /// longest gives way, and its stream is cut.
    ///
    /// - Parameter isOnSocket: it may have one of ``Limits/streamsReservedForSocket``.
    func subscribe(
        after: Sequence?, filter: StreamFilter, isOnSocket: Bool = false
    ) throws(Refusal) -> EventSubscription {
        try state.withLock { (state) throws(Refusal) in
            guard !state.isClosed else { throw .closed }
            let reserved = isOnSocket ? Limits.streamsReservedForSocket : 0
            if state.outlets.count >= Limits.streamClientsMax + reserved {
                guard let longest = Self.longestUnread(of: state.outlets) else { throw .full }
                state.outlets.remove(at: longest).cut()
            }
            let buffer = StreamBuffer(after: after, published: state.published)
            let outlet = EventOutlet(filter: filter, buffer: buffer)
            state.outlets.append(outlet)
            return EventSubscription(to: self, through: outlet)
        }
    }

    private static func longestUnread(of outlets: [EventOutlet]) -> Int? {
        let unread = outlets.enumerated().map { (index: $0, count: $1.unread) }
        return unread.filter { $0.count > 0 }.max { $0.count < $1.count }?.index
    }

    /// The newest record that was handed out.
    var published: Sequence { state.withLock(\.published) }

    var counts: Counts {
        var (counts, outlets) = state.withLock { ($0.counts, $0.outlets) }
        counts.clients = outlets.count
        counts.buffered = outlets.reduce(0) { $0 + $1.buffered }
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

    /// The feed has given the place to another: the client is to see that it does not have all.
    var isCut: Bool { outlet.isCut }

    func next() -> StreamBuffer.Step {
        let step = outlet.next()
        if case .gap = step { feed.countGap() }
        return step
    }

    /// See ``StreamBuffer/advance(through:)``.
    func advance(through sequence: Sequence?) -> ClosedRange<Sequence>? {
        let gap = outlet.advance(through: sequence)
        if gap != nil { feed.countGap() }
        return gap
    }
}

/// The feed's end of a subscription.
private final class EventOutlet: Sendable {
    private struct State {
        var buffer: StreamBuffer
        /// The bell was rung and nobody has looked since.
        var isRung = false
        /// How many times in a row nobody had looked since the last sign of life was asked for.
        var vainKeepAlives = 0
        var isCut = false
    }

    let filter: StreamFilter
    let bell: AsyncStream<Void>
    private let state: Mutex<State>
    private let ringer: AsyncStream<Void>.Continuation

    init(filter: StreamFilter, buffer: StreamBuffer) {
        self.filter = filter
        state = Mutex(State(buffer: buffer))
        (bell, ringer) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    var buffered: Int { state.withLock { $0.buffer.count } }
    /// Zero for a client that reads; the longer another has not, the more.
    var unread: Int {
        state.withLock { $0.vainKeepAlives + ($0.buffer.hasLost ? 1 : 0) }
    }
    var isCut: Bool { state.withLock { $0.isCut } }

    func next() -> StreamBuffer.Step {
        state.withLock { state in
            state.isRung = false
            state.vainKeepAlives = 0
            return state.buffer.next()
        }
    }

    func advance(through sequence: Sequence?) -> ClosedRange<Sequence>? {
        state.withLock { $0.buffer.advance(through: sequence) }
    }

    func offer(_ item: StreamItem) { ring { $0.buffer.offer(item) } }

    func askForKeepAlive() {
        ring { state in
            if state.isRung { state.vainKeepAlives += 1 }
            state.buffer.askForKeepAlive()
        }
    }

    func askForAlive() { ring { $0.buffer.askForAlive() } }

    func cut() {
        state.withLock { $0.isCut = true }
        ringer.finish()
    }

    func close() { ringer.finish() }

    private func ring(_ body: (inout State) -> Void) {
        state.withLock { state in
            body(&state)
            state.isRung = true
        }
        ringer.yield()
    }
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
