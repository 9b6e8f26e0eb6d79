import AlarmModel
import Captures
import DequeModule
import WireProtocols

/// The decisions of an alarm station, without any input or output of its own: bytes and inputs go
/// in with the time, actions come out. The daemon and the simulation drive the same one.
///
/// ```
/// receive(from:at:)  bytes   ->  frames -> drafts -> fold repeats -> store   \
/// handle(_:at:)      inputs  ->  ports, durability, operators' words          > nextAction()
///                                durable -> send reply, publish              /
/// ```
///
/// Not thread-safe: one loop owns it.
public struct Station: ~Copyable {
    private var sessions: [PortKey: PortSession] = [:]
    /// By the port's configured name: counters go on when a port comes back, and those of a
    /// listener's connections add up.
    private var tallies: [String: PortTally] = [:]
    /// Of the few sessions that wait for a time.
    private var deadlines: [PortKey: MonotonicTime] = [:]
    private var queue = CommitQueue()
    private var repeats = RepeatMemory()
    private var alerts: AlertBoard
    private var devices = DeviceStates()
    private var actions = Deque<Action>()
    private let collector = FrameCollector()
    private var random: SplitMix64
    private var nextSequence: Sequence
    private var isPaused = false
    private var ledgerTrouble: StationHealth?

    /// - Parameters:
    ///   - recovery: what the ledger knew when it was opened.
    ///   - seed: of the random part of event ids; a station must not start twice with the same.
    ///   - start: the time on the loop's clock.
    public init(recovery: Recovery, seed: UInt64, start: Moment) {
        random = SplitMix64(seed: seed)
        nextSequence = recovery.lastSequence.next
        alerts = AlertBoard(recovery.ongoingAlerts)
        remember(recovery.recentEvents, at: start)
    }

    // MARK: - In

    /// Bytes came in on a port: lends the free space of its ring to `fill`, which reads into it
    /// and returns the count, and decides on whatever is whole then.
    public mutating func receive(
        from key: PortKey, at now: Moment, _ fill: (UnsafeMutableRawBufferPointer) -> Int
    ) -> Int {
        guard let session = sessions[key] else { return 0 }
        session.decoder.heard(at: now)
        let free = unsafe session.decoder.lend()
        let count = unsafe fill(free)
        let read = unsafe UnsafeRawBufferPointer(rebasing: free[..<count])
        unsafe session.capture.append(
            .received, at: now.wall, read.bindMemory(to: UInt8.self).span)
        session.decoder.received(count, into: collector)
        session.tally.counters.bytesIn += UInt64(count)
        decide(on: session, key, at: now)
        deadlines[key] = session.decoder.deadline
        return count
    }

    /// The same for bytes that are in memory already.
    public mutating func receive(_ bytes: [UInt8], from key: PortKey, at now: Moment) {
        var offset = 0
        while offset < bytes.count, sessions[key] != nil {
            offset += unsafe receive(from: key, at: now) { free in
                let count = min(free.count, bytes.count - offset)
                unsafe bytes.withUnsafeBytes { source in
                    unsafe free.copyMemory(
                        from: UnsafeRawBufferPointer(rebasing: source[offset..<offset + count]))
                }
                return count
            }
        }
    }

    public mutating func handle(_ input: Input, at now: Moment) {
        switch input {
        case .portOpened(let key, let profile): open(key, profile, at: now)
        case .portClosed(let key): close(key)
        case .committed(let count): settle(count, at: now)
        case .ledgerRetrying(let reason), .ledgerFailed(let reason):
            ledgerTrouble = StationHealth(state: .critical, reasons: [reason])
        case .command(let command, let id, let token):
            apply(command, to: id, token: token, at: now)
        }
    }

    /// Lets every session speak whose deadline has passed.
    public mutating func passTime(at now: Moment) {
        guard let due = nextDeadline, due <= now.monotonic else { return }
        for (key, deadline) in deadlines where deadline <= now.monotonic {
            guard let session = sessions[key] else { continue }
            let words = session.decoder.timedOut(at: now)
            deadlines[key] = session.decoder.deadline
            if let words { send(words.bytes, to: key, at: now) }
        }
    }

    // MARK: - Out

    /// The next thing to do; nil when all is done that can be.
    public mutating func nextAction() -> Action? { actions.popFirst() }

    /// When ``passTime(at:)`` has to be called, if nothing comes before.
    public var nextDeadline: MonotonicTime? { deadlines.values.min() }

    public var health: StationHealth {
        var health = ledgerTrouble ?? StationHealth()
        health.pendingEvents = queue.count
        return health
    }

    /// What happened on each port, by its configured name.
    public var counters: [String: PortCounters] { tallies.mapValues(\.counters) }

    /// Bytes of an open port that are in no frame and no skipped run yet.
    public func pendingBytes(of key: PortKey) -> Int? { sessions[key]?.decoder.pending }

    /// Whether a whole frame has come since the port opened.
    public func hasFrame(from key: PortKey) -> Bool {
        sessions[key]?.lastFingerprint != nil
    }

    public func state(of device: DeviceAddress) -> DeviceState? { devices[device] }

    /// The last bytes of a port, both ways, oldest first.
    public func capture(of key: PortKey) -> [CaptureRecord] {
        guard let session = sessions[key] else { return [] }
        return session.capture.snapshot(
            portName: session.profile.name, protocolID: session.profile.descriptor.id)
    }

    public var openPorts: [PortKey] { sessions.keys.sorted { $0.number < $1.number } }

    // MARK: - Ports

    private mutating func open(_ key: PortKey, _ profile: PortProfile, at now: Moment) {
        // Options were checked with the configuration; a port whose options cannot be is not
        // opened, and shows as unusable there.
        let tally = tallies[profile.name] ?? PortTally()
        guard let session = try? PortSession(profile, tally) else { return }
        tallies[profile.name] = tally
        sessions[key] = session
        let greeting = session.decoder.opened(at: now)
        deadlines[key] = session.decoder.deadline
        if let greeting { send(greeting.bytes, to: key, at: now) }
    }

    private mutating func close(_ key: PortKey) {
        sessions[key] = nil
        deadlines[key] = nil
    }

    private mutating func send(_ reply: [UInt8], to key: PortKey, at now: Moment) {
        guard let session = sessions[key] else { return }
        session.tally.counters.replies += 1
        session.lastSent = now.monotonic
        session.capture.append(.sent, at: now.wall, reply.span)
        actions.append(.send(reply, to: key))
    }

    // MARK: - Frames

    private mutating func decide(on session: PortSession, _ key: PortKey, at now: Moment) {
        defer { collector.clear() }
        for skip in collector.skips {
            session.tally.counters.skippedBytes[skip.reason.index] += UInt64(skip.count)
            if skip.reason != .noise { dumpOnce(session, key, because: skip.reason.rawValue) }
        }
        // In a conversation whoever speaks again does not wait for an answer any more, and would
        // take a late one for the answer to what it says now.
        let speaksAgain = !collector.frames.isEmpty || !collector.damageReplies.isEmpty
        if session.decoder.isConversation, speaksAgain { queue.withdrawReplies(to: key) }
        for reply in collector.damageReplies { send(reply.bytes, to: key, at: now) }
        for frame in collector.frames {
            session.tally.counters.frames += 1
            session.tally.counters.frameBytes += UInt64(frame.raw.count)
            if let error = frame.error {
                session.tally.counters.undecodable[error, default: 0] += 1
                dumpOnce(session, key, because: error.rawValue)
            }
            decide(on: frame, of: session, key, at: now)
            session.lastFingerprint = frame.fingerprint
        }
        if queue.count >= Limits.pendingEventsMax, !isPaused {
            isPaused = true
            actions.append(.pauseReading)
        }
    }

    private mutating func decide(
        on frame: FrameCollector.Frame, of session: PortSession, _ key: PortKey, at now: Moment
    ) {
        let drafts = collector.drafts[frame.drafts]
        if drafts.allSatisfy({ $0.kind.isTelemetry && $0.heldConditions == nil }) {
            for draft in drafts { takeTelemetry(draft, of: frame, session, at: now) }
            if !frame.reply.isEmpty { send(frame.reply, to: key, at: now) }
            return
        }
        if foldRepeat(frame, drafts, of: session, key, at: now) { return }
        var stored: [Event] = []
        for draft in drafts {
            if draft.kind.isTelemetry {
                takeTelemetry(draft, of: frame, session, at: now)
                stored += restorals(after: draft, of: frame, session, at: now)
            } else if let event = admit(draft, of: frame, session, at: now) {
                stored.append(event)
            }
        }
        let reply = CommitQueue.PendingReply(frame.reply, to: key)
        guard !stored.isEmpty else {
            // What tells an alarm again must not be answered before that alarm is durable.
            let tellsAgain = drafts.contains { !$0.kind.isTelemetry }
            if let reply, !tellsAgain || !queue.holdBack(reply) {
                send(reply.bytes, to: key, at: now)
            }
            return
        }
        let ticket = store(stored, reply: reply)
        repeats.remember(
            frame.fingerprint, from: origin(of: drafts, session), ticket: ticket,
            at: now.monotonic)
        session.tally.counters.events += UInt64(stored.count)
    }

    /// A resend is answered again, once its original is durable, and counted; it is no new event.
    private mutating func foldRepeat(
        _ frame: FrameCollector.Frame, _ drafts: ArraySlice<WordedDraft>, of session: PortSession,
        _ key: PortKey, at now: Moment
    ) -> Bool {
        guard
            let record = repeats.match(
                frame.fingerprint, from: origin(of: drafts, session),
                rule: session.decoder.repeatRule, at: now.monotonic,
                isNextOnPort: session.lastFingerprint == frame.fingerprint,
                durableTicket: queue.durableTicket)
        else { return false }
        session.tally.counters.repeats += 1
        let reply = CommitQueue.PendingReply(frame.reply, to: key)
        let hasCrossed =
            session.decoder.isConversation
            && session.lastSent.map { now.monotonic - $0 < PortSession.crossing } ?? false
        if !queue.redirectReply(of: record.ticket, to: reply), let reply, !hasCrossed {
            send(reply.bytes, to: key, at: now)
        }
        for draft in drafts where !draft.kind.isTelemetry {
            let device = draft.address.map { DeviceAddress(session.decoder.protocolID, $0) }
            let key = Alert.Key(kind: draft.kind, device: device, portID: session.profile.id)
            if let alert = alerts.countRepeat(key, at: now.wall) {
                hand(.alert(alert, joinedBy: nil), CommitQueue.Consequences())
            }
        }
        return true
    }

    /// A draft as an event, unless it tells again what is known to last.
    private mutating func admit(
        _ draft: WordedDraft, of frame: FrameCollector.Frame, _ session: PortSession,
        at now: Moment
    ) -> Event? {
        if let address = draft.address {
            let device = DeviceAddress(session.decoder.protocolID, address)
            devices.update(device, with: draft, from: session.profile.id, at: now)
            if let bit = draft.heldBit, !devices.raise(bit, of: device, as: draft) {
                session.tally.counters.heldAgain += 1
                return nil
            }
        }
        return makeEvent(draft, of: frame, session, at: now)
    }

    /// Conditions that the message does not hold any more, each as the event of its end.
    private mutating func restorals(
        after draft: WordedDraft, of frame: FrameCollector.Frame, _ session: PortSession,
        at now: Moment
    ) -> [Event] {
        guard let holding = draft.heldConditions, !draft.isLate, let address = draft.address
        else { return [] }
        let device = DeviceAddress(session.decoder.protocolID, address)
        return devices.lower(of: device, to: holding).map { raised in
            var restored = draft
            restored.kind = raised.kind
            restored.code = raised.code
            restored.heldBit = raised.heldBit
            restored.heldConditions = nil
            restored.isRestored = true
            return makeEvent(restored, of: frame, session, at: now)
        }
    }

    private mutating func takeTelemetry(
        _ draft: WordedDraft, of frame: FrameCollector.Frame, _ session: PortSession,
        at now: Moment
    ) {
        if let address = draft.address {
            let device = DeviceAddress(session.decoder.protocolID, address)
            devices.update(device, with: draft, from: session.profile.id, at: now)
        }
        session.tally.counters.telemetry += 1
        actions.append(.publish(makeEvent(draft, of: frame, session, at: now)))
    }

    private mutating func makeEvent(
        _ draft: WordedDraft, of frame: FrameCollector.Frame, _ session: PortSession,
        at now: Moment
    ) -> Event {
        Event(
            id: UUIDv7(time: now.wall, random: (random.next(), random.next())), sequence: 0,
            protocolID: session.decoder.protocolID, portID: session.profile.id, received: now,
            priority: draft.kind.priority, draft: draft, raw: Array(collector.raw[frame.raw]),
            fingerprint: frame.fingerprint)
    }

    private mutating func dumpOnce(_ session: PortSession, _ key: PortKey, because: String) {
        guard !session.hasDumped else { return }
        session.hasDumped = true
        actions.append(.dumpCapture(key, because: because))
    }

    private func origin(
        of drafts: ArraySlice<WordedDraft>, _ session: PortSession
    ) -> RepeatMemory.Origin {
        guard let address = drafts.lazy.compactMap(\.address).first else {
            return .port(session.profile.id)
        }
        return .device(DeviceAddress(session.decoder.protocolID, address))
    }

    // MARK: - Ledger

    /// Hands the events of one frame to the ledger, with the alerts they touch. The reply waits for
    /// the last of these entries, and so for all of them.
    private mutating func store(
        _ events: [Event], reply: CommitQueue.PendingReply?
    ) -> UInt64 {
        var ticket: UInt64 = 0
        for (index, event) in events.enumerated() {
            var event = event
            event.sequence = nextSequence
            nextSequence = nextSequence.next
            let isLast = index == events.count - 1
            let alert = alerts.take(event)
            ticket = hand(
                .event(event),
                CommitQueue.Consequences(
                    publish: event, reply: isLast && alert == nil ? reply : nil))
            if let alert {
                ticket = hand(
                    .alert(alert, joinedBy: event.id),
                    CommitQueue.Consequences(reply: isLast ? reply : nil))
            }
        }
        return ticket
    }

    @discardableResult
    private mutating func hand(
        _ entry: LedgerEntry, _ consequences: CommitQueue.Consequences
    ) -> UInt64 {
        actions.append(.store(entry))
        return queue.append(consequences)
    }

    /// The oldest `count` entries are durable: now, and not before, their replies go out.
    private mutating func settle(_ count: Int, at now: Moment) {
        ledgerTrouble = nil
        for _ in 0..<count {
            guard let due = queue.popDurable() else { break }
            if let event = due.publish { actions.append(.publish(event)) }
            if let reply = due.reply { send(reply.bytes, to: reply.key, at: now) }
            for reply in due.laterReplies { send(reply.bytes, to: reply.key, at: now) }
            if let (token, outcome) = due.answer {
                actions.append(.answer(token: token, outcome))
            }
        }
        if isPaused, queue.count <= Limits.pendingEventsMax / 2 {
            isPaused = false
            actions.append(.resumeReading)
        }
    }

    private mutating func apply(
        _ command: AlertCommand, to id: UUIDv7, token: UInt64, at now: Moment
    ) {
        guard let alert = alerts.apply(command, to: id, at: now.wall) else {
            actions.append(.answer(token: token, .notFound))
            return
        }
        hand(
            .alert(alert, joinedBy: nil),
            CommitQueue.Consequences(answer: (token, .done(alert))))
    }

    /// Takes up what was stored before the restart: a frame that was stored and not answered comes
    /// again and has to be recognised.
    private mutating func remember(_ events: [Event], at start: Moment) {
        for event in events {
            let origin: RepeatMemory.Origin =
                event.device.map { .device($0) } ?? .port(event.portID)
            repeats.remember(
                event.fingerprint, from: origin, ticket: CommitQueue.earlierLife,
                at: start.monotonic)
            guard let device = event.device, let bit = event.draft.heldBit else { continue }
            devices.update(device, with: event.draft, from: event.portID, at: start)
            if event.draft.isRestored {
                _ = devices.lower(of: device, to: ~(UInt32(1) << UInt32(bit & 31)))
            } else {
                _ = devices.raise(bit, of: device, as: event.draft)
            }
        }
    }
}
