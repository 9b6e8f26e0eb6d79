import AlarmModel
import EventJSON
import NIOCore
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

        fileprivate mutating func add(_ run: (kind: EventKind, length: UInt64)?) {
            if let run { events[run.kind, default: 0] &+= run.length }
        }
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

        mutating func count(_ records: [Record]) {
            // One kind often comes many times in a row: it is looked up once.
            var run: (kind: EventKind, length: UInt64)?
            for record in records {
                let kind = record.kind
                if kind?.isTelemetry != true { published = record.sequence }
                if let kind, run?.kind == kind {
                    run?.length += 1
                    continue
                }
                counts.add(run)
                run = kind.map { ($0, 1) }
            }
            counts.add(run)
        }
    }

    private let state: Mutex<State>
    fileprivate let pumps = StreamPumps()

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
            state.count(records)
            return state.outlets
        }
        guard !outlets.isEmpty else { return }
        var items = [StreamItem?](repeating: nil, count: records.count)
        wake(outlets) { $0.offer(records, as: &items) }
    }

    /// Has every stream that is idle say that it lives, and notices which has not even looked since
    /// the last time: its client does not read.
    func keepAlive() { wake(state.withLock(\.outlets)) { $0.askForKeepAlive() } }

    /// Ends every stream behind what it has buffered, and refuses new ones.
    func close() {
        let outlets = state.withLock { state in
            state.isClosed = true
            return state.outlets
        }
        wake(outlets) { $0.end(.closed) }
    }

    /// Does `body` to all, then has each event loop look once.
    private func wake(_ outlets: [EventOutlet], _ body: (EventOutlet) -> StreamPump?) {
        var woken: [StreamPump] = []
        for outlet in outlets {
            guard let pump = body(outlet), !woken.contains(where: { $0 === pump }) else { continue }
            woken.append(pump)
        }
        for pump in woken { pump.start() }
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
                state.outlets.remove(at: longest).end(.cut)?.start()
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

    /// The pump that wakes the streams of this event loop.
    func pump(of eventLoop: any EventLoop) -> StreamPump { feed.pumps[eventLoop] }

    /// Has `stream` woken whenever there may be something to take. Nil lets go of it.
    func listen(_ stream: LiveStream?) { outlet.listen(stream) }

    /// Has the client told that the stream lives.
    func askForAlive() { outlet.askForAlive()?.start() }

    var state: StreamState { outlet.streamState }

    /// What to do next, and how the stream stood then.
    func take() -> (step: StreamBuffer.Step, state: StreamState) {
        let taken = outlet.take()
        if case .gap = taken.step { feed.countGap() }
        return taken
    }

    /// See ``StreamBuffer/advance(through:)``.
    func advance(through sequence: Sequence?) -> ClosedRange<Sequence>? {
        let gap = outlet.advance(through: sequence)
        if gap != nil { feed.countGap() }
        return gap
    }
}

/// How long a stream has to go.
enum StreamState: Sendable {
    case open
    /// The station stops: the stream ends behind what it has buffered.
    case closed
    /// The feed has given the place to another: the client is to see that it does not have all.
    case cut
}

/// The feed's end of a subscription.
private final class EventOutlet: Sendable {
    private struct State {
        var buffer: StreamBuffer
        var stream = StreamState.open
        /// Woken when there is something to take; nil while the past is read, which asks by itself.
        var listener: LiveStream?
        /// There was something to take and nobody has looked since.
        var isRung = false
        /// How many times in a row nobody had looked since the last sign of life was asked for.
        var vainKeepAlives = 0

        /// The pump that is to be started: whoever was rung for already comes by itself.
        mutating func ring() -> StreamPump? {
            defer { isRung = true }
            guard !isRung, let listener else { return nil }
            listener.pump.add(listener)
            return listener.pump
        }
    }

    let filter: StreamFilter
    private let state: Mutex<State>

    init(filter: StreamFilter, buffer: StreamBuffer) {
        self.filter = filter
        state = Mutex(State(buffer: buffer))
    }

    var buffered: Int { state.withLock { $0.buffer.count } }
    /// Zero for a client that reads; the longer another has not, the more.
    var unread: Int {
        state.withLock { $0.vainKeepAlives + ($0.buffer.hasLost ? 1 : 0) }
    }
    var streamState: StreamState { state.withLock { $0.stream } }

    func listen(_ listener: LiveStream?) { state.withLock { $0.listener = listener } }

    func take() -> (step: StreamBuffer.Step, state: StreamState) {
        state.withLock { state in
            state.isRung = false
            state.vainKeepAlives = 0
            return (state.buffer.next(), state.stream)
        }
    }

    func advance(through sequence: Sequence?) -> ClosedRange<Sequence>? {
        state.withLock { $0.buffer.advance(through: sequence) }
    }

    /// - Parameter items: what was made of `records` so far, for the next client.
    func offer(_ records: [Record], as items: inout [StreamItem?]) -> StreamPump? {
        state.withLock { state in
            var isNews = false
            for index in records.indices where filter.wants(records[index]) {
                let item = items[index] ?? StreamItem(records[index])
                items[index] = item
                state.buffer.offer(item)
                isNews = true
            }
            return isNews ? state.ring() : nil
        }
    }

    func askForKeepAlive() -> StreamPump? {
        state.withLock { state in
            if state.isRung { state.vainKeepAlives += 1 }
            state.buffer.askForKeepAlive()
            return state.ring()
        }
    }

    func askForAlive() -> StreamPump? {
        state.withLock { state in
            state.buffer.askForAlive()
            return state.ring()
        }
    }

    func end(_ new: StreamState) -> StreamPump? {
        state.withLock { state in
            state.stream = new
            // Whoever does not read has been rung for long ago and never comes by itself.
            state.isRung = false
            return state.ring()
        }
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
    fileprivate var kind: EventKind? {
        if case .event(let event) = self { event.kind } else { nil }
    }

    fileprivate var isTelemetry: Bool { kind?.isTelemetry ?? false }
}
