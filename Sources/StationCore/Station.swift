import AlarmModel
import Captures
import DequeModule
import WireProtocols

/// The decisions of an alarm station, without any input or output of its own: bytes and inputs go
/// in with the time, actions come out. The daemon and the simulation drive the same one.
///
/// ```
/// lend, received     bytes   ->  FrameDesk -> EventMaker -> AlertBoard -> store  \
/// handle(_:at:)      inputs  ->  ports, durability, orders                        > nextAction()
///                                Commitments: durable -> send reply, publish     /
/// ```
///
/// It is a façade: what it decides is decided in its rooms. Not thread-safe: one loop owns it.
@safe public struct Station: ~Copyable {
    private enum Due: Hashable, Sendable {
        case session(PortKey)
        /// The time is over for which an alert was put aside.
        case parking(UUIDv7)
        /// Presses that were gathered become a row.
        case storm(StormGate.Place)
        /// A port that flooded has been calm.
        case flood(String)
    }

    private var frames = FrameDesk()
    private var maker: EventMaker
    private var alerts: AlertBoard
    private var commitments = Commitments()
    private var storms = StormGate()
    /// By the port's configured name, what it is said to do.
    private var floods: [String: String] = [:]
    private var devices = DeviceBook()
    private var deadlines = Deadlines<Due>()
    private var actions = Deque<Action>()
    /// What was lent last.
    private var lent = unsafe UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var isPaused = false
    private var ledgerTrouble: StationHealth?

    /// - Parameters:
    ///   - recovery: what the ledger knew when it was opened.
    ///   - seed: of the random part of ids; a station must not start twice with the same.
    ///   - start: the time on the loop's clock.
    ///   - ongoingAlertsMax: alerts on the board; a simulation reaches it sooner.
    ///   - identity: how far the addresses of a protocol tell people apart.
    public init(
        recovery: Recovery, seed: UInt64, start: Moment,
        ongoingAlertsMax: Int = Limits.ongoingAlertsMax,
        identity: @escaping (ProtocolID) -> Identity = {
            ProtocolRegistry.find($0)?.identity ?? Identity(.port)
        }
    ) {
        maker = EventMaker(seed: seed, after: recovery.lastSequence, boot: recovery.boot)
        alerts = AlertBoard(recovery.ongoingAlerts, most: ongoingAlertsMax, identity: identity)
        frames.recover(recovery.recentEvents, earlierBoot: recovery.earlierBootEvents)
        for alert in recovery.ongoingAlerts {
            // A wall clock from before it was put aside has lost the time.
            watchParking(of: alert, at: start, isTimeLost: start.wall < alert.changedAt)
        }
    }

    // MARK: - In

    /// Free space for bytes that come in on a port, to be filled from its start; nil when the port
    /// is not open or the kernel gives no memory. Otherwise ``received(_:from:at:)`` has to follow
    /// before anything else.
    public mutating func lend(to key: PortKey) -> UnsafeMutableRawBufferPointer? {
        guard let session = frames.sessions[key] else { return nil }
        unsafe lent = session.decoder.lend()
        return unsafe lent.isEmpty ? nil : lent
    }

    /// Decides on whatever is whole now that `count` bytes have come.
    public mutating func received(_ count: Int, from key: PortKey, at now: Moment) {
        guard let session = frames.sessions[key] else { return }
        let read = unsafe UnsafeRawBufferPointer(rebasing: lent[..<count])
        unsafe session.capture.append(
            .received, at: now.wall, read.bindMemory(to: UInt8.self).span)
        session.decoder.heard(at: now)
        session.decoder.received(count, into: frames.heard)
        session.tally.counters.bytesIn += UInt64(count)
        judge(session, key, at: now)
        deadlines[.session(key)] = session.decoder.deadline
    }

    /// The same for bytes that are in memory already.
    public mutating func receive(_ bytes: [UInt8], from key: PortKey, at now: Moment) {
        var offset = 0
        while offset < bytes.count, let free = unsafe lend(to: key) {
            let count = min(free.count, bytes.count - offset)
            unsafe bytes.withUnsafeBytes { source in
                unsafe free.copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: source[offset..<offset + count]))
            }
            received(count, from: key, at: now)
            offset += count
        }
    }

    public mutating func handle(_ input: Input, at now: Moment) {
        switch input {
        case .portOpened(let key, let profile): open(key, profile, at: now)
        case .portClosed(let key): close(key, at: now)
        case .datagramEnded(let key): frames.sessions[key]?.countCutOff()
        case .committed(let count): durable(count, at: now)
        case .ledgerRetrying(let reason), .ledgerFailed(let reason):
            ledgerTrouble = StationHealth(state: .critical, reasons: [reason])
        case .order(let order, let id, let stored, let token):
            carryOut(order, on: id, stored, token: token, at: now)
        case .stationFault(let kind, let text): tell(kind, text, at: now)
        case .stopping: for place in storms.places { release(place, at: now) }
        }
    }

    /// Does whatever is due.
    public mutating func passTime(at now: Moment) {
        while let due = deadlines.popDue(by: now.monotonic) {
            switch due {
            case .session(let key):
                guard let session = frames.sessions[key] else { continue }
                let words = session.decoder.timedOut(at: now)
                deadlines[due] = session.decoder.deadline
                if let words { send(words.bytes, to: key, at: now) }
            case .parking(let id): endParking(of: id, at: now)
            case .storm(let place): release(place, at: now)
            case .flood(let name): floods[name] = nil
            }
        }
    }

    // MARK: - Out

    /// The next thing to do; nil when all is done that can be.
    public mutating func nextAction() -> Action? { actions.popFirst() }

    /// When ``passTime(at:)`` has to be called, if nothing comes before.
    public var nextDeadline: MonotonicTime? { deadlines.next }

    public var health: StationHealth {
        var health = ledgerTrouble ?? StationHealth()
        if !floods.isEmpty {
            if health.state == .ok { health.state = .degraded }
            health.reasons += floods.sorted { $0.key < $1.key }.map(\.value)
        }
        health.pendingEvents = commitments.count
        return health
    }

    /// What happened on each port, by its configured name.
    public var counters: [String: PortCounters] { frames.counters }

    /// Bytes of an open port that are in no frame and no skipped run yet.
    public func pendingBytes(of key: PortKey) -> Int? { frames.sessions[key]?.decoder.pending }

    /// Whether the last bytes made a frame whole.
    public func hasFrame(from key: PortKey) -> Bool { frames.sessions[key]?.hasFrame ?? false }

    /// What is known of the device that says this address, as it is told apart from others.
    public func state(of origin: Origin) -> DeviceState? { devices[origin] }

    /// Devices by when they were heard last, the newest or the longest silent first, at most
    /// `limit`, and how many there are besides.
    public func devices(
        silentFirst: Bool, limit: Int
    ) -> (devices: [DeviceState], more: Int) {
        devices.list(silentFirst: silentFirst, limit: limit)
    }

    /// The last bytes of a port, both ways, oldest first.
    public func capture(of key: PortKey) -> [CaptureRecord] {
        guard let session = frames.sessions[key] else { return [] }
        return session.capture.snapshot(
            portName: session.profile.name, protocolID: session.profile.descriptor.id)
    }

    // MARK: - Ports

    private mutating func open(_ key: PortKey, _ profile: PortProfile, at now: Moment) {
        let session: PortSession
        do throws(OptionProblem) {
            session = try frames.open(key, profile)
        } catch {
            return actions.append(.refuse(key, because: error))
        }
        let greeting = session.decoder.opened(at: now)
        deadlines[.session(key)] = session.decoder.deadline
        if let greeting { send(greeting.bytes, to: key, at: now) }
    }

    private mutating func close(_ key: PortKey, at now: Moment) {
        for place in storms.places(of: key) { release(place, at: now) }
        frames.close(key)
        deadlines[.session(key)] = nil
    }

    private mutating func send(_ reply: [UInt8], to key: PortKey, at now: Moment) {
        guard let session = frames.sessions[key] else { return }
        session.tally.counters.replies += 1
        session.noteSent(reply, at: now.monotonic)
        session.capture.append(.sent, at: now.wall, reply.span)
        actions.append(.send(reply, to: key))
    }

    // MARK: - Frames

    /// Decides on all that one read has yielded.
    private mutating func judge(_ session: PortSession, _ key: PortKey, at now: Moment) {
        let heard = frames.heard
        defer { heard.clear() }
        session.hasFrame = !heard.frames.isEmpty
        for skip in heard.skips {
            session.tally.counters.skippedBytes[skip.reason.index] += UInt64(skip.count)
            if skip.reason != .noise { dumpOnce(session, key, because: skip.reason.rawValue) }
        }
        // Whoever has one message on its way and speaks again does not wait for an answer any more,
        // and would take a late one for the answer to what it says now.
        let speaksAgain = !heard.frames.isEmpty || !heard.damageReplies.isEmpty
        if session.hasOneOnItsWay, speaksAgain {
            commitments.withdrawReplies(to: key)
            storms.withdrawReplies(to: key)
        }
        for reply in heard.damageReplies where session.mayAnswer(at: now.monotonic) {
            send(reply.bytes, to: key, at: now)
        }
        for frame in heard.frames {
            session.tally.counters.frames += 1
            session.tally.counters.frameBytes += UInt64(frame.raw.count)
            if let error = frame.error {
                session.tally.counters.undecodable[error, default: 0] += 1
                dumpOnce(session, key, because: error.rawValue)
            }
            judge(frame, of: session, key, at: now)
            session.note(heard.raw[frame.raw])
        }
        if commitments.count >= Limits.pendingEventsMax, !isPaused {
            isPaused = true
            actions.append(.pauseReading)
        }
    }

    private mutating func judge(
        _ frame: FrameCollector.Frame, of session: PortSession, _ key: PortKey, at now: Moment
    ) {
        let verdict = frames.weigh(
            frame, of: session, durableTicket: commitments.durableTicket, at: now, on: alerts)
        switch verdict {
        case .telemetry:
            let source = source(of: frame, session)
            for draft in frames.heard.drafts[frame.drafts] {
                publishTelemetry(draft, from: source, session, at: now)
            }
            let raw = frames.heard.raw[frame.raw]
            if !frame.reply.isEmpty, session.deservesAnswer(raw, at: now.monotonic) {
                send(frame.reply, to: key, at: now)
            }
        case .folded(let ticket): answerAgain(frame, ticket, session, key, at: now)
        case .news: store(frame, of: session, key, at: now)
        }
    }

    /// A resend is answered again, once its original is durable, and counted; it is no new event.
    private mutating func answerAgain(
        _ frame: FrameCollector.Frame, _ ticket: UInt64, _ session: PortSession, _ key: PortKey,
        at now: Moment
    ) {
        session.tally.counters.repeats += 1
        let reply = Commitments.PendingReply(frame.reply, to: key)
        if commitments.redirectReply(of: ticket, to: reply) { return }
        guard let reply, !session.isCrossing(at: now.monotonic),
            session.deservesAnswer(frames.heard.raw[frame.raw], at: now.monotonic)
        else { return }
        send(reply.bytes, to: key, at: now)
    }

    /// All that a frame says becomes one entry of the ledger. Its reply waits for that.
    private mutating func store(
        _ frame: FrameCollector.Frame, of session: PortSession, _ key: PortKey, at now: Moment
    ) {
        let source = source(of: frame, session)
        let news = news(of: frame, from: source, session, at: now)
        let reply = Commitments.PendingReply(frame.reply, to: key)
        guard !news.isEmpty else {
            // What tells an alarm again must not be answered before that alarm is durable.
            let told = frames.heard.drafts[frame.drafts].first { !$0.kind.isTelemetry }
            if let reply, !(told.map { holdBack(reply, behind: $0, of: session) } ?? false) {
                send(reply.bytes, to: key, at: now)
            }
            return
        }
        let place = place(of: news[0], session)
        if gather(news, from: source, session, key, at: place, reply, at: now) { return }
        // What was said before is stored before.
        release(place, at: now)
        var entry = EntryBuilder()
        for draft in news { admit(draft, from: source, to: &entry, at: now) }
        let touched = entry.references
        let ticket = store(&entry, reply: reply)
        note(news.count, on: session, at: now)
        frames.remember(frame, of: session, ticket: ticket, alerts: touched, at: now)
    }

    /// Has the reply wait for what the draft tells again, which is gathered or on its way to the
    /// disk. False when it is durable already.
    private mutating func holdBack(
        _ reply: Commitments.PendingReply, behind draft: WordedDraft, of session: PortSession
    ) -> Bool {
        storms.holdBack(reply, at: place(of: draft, session)) || commitments.holdBack(reply)
    }

    private func place(of draft: WordedDraft, _ session: PortSession) -> StormGate.Place {
        StormGate.Place(origin: session.origin(draft.caller), wire: session.wireID)
    }

    /// What a frame says that is to be stored; state is shown on the way.
    private mutating func news(
        of frame: FrameCollector.Frame, from source: EventMaker.Source, _ session: PortSession,
        at now: Moment
    ) -> [WordedDraft] {
        var news: [WordedDraft] = []
        for draft in frames.heard.drafts[frame.drafts] {
            if draft.kind.isTelemetry {
                publishTelemetry(draft, from: source, session, at: now)
                news += frames.restorals(after: draft, of: session)
                continue
            }
            devices.update(
                session.origin(draft.caller), with: draft, from: session.profile.wire, at: now)
            if frames.isNews(draft, of: session) {
                news.append(draft)
            } else {
                session.tally.counters.heldAgain += 1
            }
        }
        return news
    }

    // MARK: - Storms

    /// True when what the frame says waits for a row together with others like it.
    private mutating func gather(
        _ news: [WordedDraft], from source: EventMaker.Source, _ session: PortSession,
        _ key: PortKey, at place: StormGate.Place, _ reply: Commitments.PendingReply?,
        at now: Moment
    ) -> Bool {
        guard !session.isPacedByAnswers else { return false }
        let identity = session.profile.descriptor.identity
        let presses = news.map { draft in
            StormGate.Manner.Press(
                subject: Subject(of: draft, session.origin(draft.caller), identity),
                kind: draft.kind, isTest: draft.isTest, isRestored: draft.isRestored)
        }
        let manner = StormGate.Manner(place: place, presses: presses)
        guard !storms.isWithinPace(manner, at: now.monotonic),
            zip(news, presses).allSatisfy({ alerts.isNoNews($0, of: $1.subject) })
        else { return false }
        let isFirst = !storms.isGathering(place)
        let isAnswered = storms.gather(news, as: manner, from: source, on: key, reply: reply)
        session.tally.counters.gathered += 1
        if !isAnswered { session.tally.counters.answersWithheld += 1 }
        if isFirst { deadlines[.storm(place)] = now.monotonic + Limits.stormRowEvery }
        return true
    }

    /// What was gathered becomes rows, and its answers go out with them.
    private mutating func release(_ place: StormGate.Place, at now: Moment) {
        deadlines[.storm(place)] = nil
        for storm in storms.release(place, at: now.monotonic) {
            var entry = EntryBuilder()
            for draft in storm.drafts {
                admit(draft, times: storm.count, from: storm.source, to: &entry, at: now)
            }
            store(&entry, replies: storm.replies)
            guard let session = frames.sessions[storm.key] else { continue }
            note(storm.drafts.count, on: session, at: now)
            // One that is gathered in a second is the end of a storm.
            if storm.count > 1 { flood(session, at: now) }
        }
    }

    /// Counts events of a port, and tells of one that says more than people press.
    private mutating func note(_ events: Int, on session: PortSession, at now: Moment) {
        let tally = session.tally
        tally.counters.events += UInt64(events)
        let isWithin = (0..<events).allSatisfy { _ in tally.pace.take(at: now.monotonic) }
        if !isWithin { flood(session, at: now) }
    }

    private mutating func flood(_ session: PortSession, at now: Moment) {
        let name = session.profile.name
        let text =
            "\(name): more comes in than people press, for longer than a device has kept; find out "
            + "who sends it (tocsin ports, tocsin watch), and mend that device or shut it out"
        floods[name] = text
        deadlines[.flood(name)] = now.monotonic + Limits.floodRest
        let told = session.tally.floodToldAt
        guard told.map({ now.monotonic - $0 >= Limits.floodTold }) ?? true else { return }
        session.tally.floodToldAt = now.monotonic
        tell(.communicationFault, text, at: now)
    }

    private func source(
        of frame: FrameCollector.Frame, _ session: PortSession
    ) -> EventMaker.Source {
        .frame(
            protocolID: session.decoder.protocolID, wire: session.profile.wire,
            raw: Array(frames.heard.raw[frame.raw]))
    }

    private mutating func publishTelemetry(
        _ draft: WordedDraft, from source: EventMaker.Source, _ session: PortSession,
        at now: Moment
    ) {
        devices.update(
            session.origin(draft.caller), with: draft, from: session.profile.wire, at: now)
        session.tally.counters.telemetry += 1
        actions.append(.publish(.event(maker.telemetry(draft, from: source, at: now))))
    }

    private mutating func dumpOnce(_ session: PortSession, _ key: PortKey, because: String) {
        guard session.dumpedSorts.insert(because).inserted else { return }
        actions.append(.dumpCapture(key, because: because))
    }

    // MARK: - Alerts

    /// A draft as an event, with what it does to the alert that it opens or joins.
    private mutating func admit(
        _ draft: WordedDraft, times count: UInt32 = 1, from source: EventMaker.Source,
        to entry: inout EntryBuilder, at now: Moment
    ) {
        var event = maker.event(draft, times: count, from: source, at: now)
        switch alerts.admit(event) {
        case .none: entry.add(event)
        case .opened(let alert):
            event.alert = alert.reference
            entry.add(event, alert)
        case .joined(let alert, let changes):
            event.alert = alert.reference
            entry.add(event, alert)
            for change in changes { apply(change, to: alert.id, in: &entry, at: now) }
        }
    }

    /// What the station says of itself.
    private mutating func tell(_ kind: EventKind, _ text: String, at now: Moment) {
        var entry = EntryBuilder()
        admit(WordedDraft(EventDraft(kind), text: text), from: .station, to: &entry, at: now)
        store(&entry)
    }

    /// What the station itself does to an alert.
    private mutating func apply(
        _ change: ChangeDraft, to id: UUIDv7, in entry: inout EntryBuilder, at now: Moment
    ) {
        guard let alert = alerts.apply(change, to: id, at: now.wall) else { return }
        entry.add(maker.change(change, of: alert, at: now), alert)
        if alert.parkedUntil == nil { watchParking(of: alert, at: now) }
    }

    private mutating func carryOut(
        _ order: Order, on id: UUIDv7, _ stored: Alert?, token: UInt64, at now: Moment
    ) {
        if let problem = order.problem(at: now.wall) {
            return actions.append(.answer(token: token, .refused(problem)))
        }
        switch alerts.carryOut(order, on: id, stored: stored, at: now.wall) {
        case .changed(let alert):
            var entry = EntryBuilder()
            entry.add(maker.change(order.change, of: alert, at: now), alert)
            // How long is left is known since it was put aside; the wall clock may have jumped.
            if order.kind != .note { watchParking(of: alert, at: now) }
            store(&entry, answer: (token, .done(alert)))
        case .already(let alert): answerBehindAll(token, .done(alert))
        case .conflict(let alert): answerBehindAll(token, .conflict(alert))
        case .notAtHand: actions.append(.answer(token: token, .notAtHand))
        case .refused(let reason): actions.append(.answer(token: token, .refused(reason)))
        }
    }

    /// What such an answer tells may not be durable yet, and is when all is that waits now: nobody
    /// may rely on another's word that a crash can still unsay.
    private mutating func answerBehindAll(_ token: UInt64, _ outcome: OrderOutcome) {
        guard !commitments.holdBack(answer: (token, outcome)) else { return }
        actions.append(.answer(token: token, outcome))
    }

    private mutating func watchParking(
        of alert: Alert, at now: Moment, isTimeLost: Bool = false
    ) {
        deadlines[.parking(alert.id)] = alert.parkedUntil.map { until in
            let left = isTimeLost ? 0 : until.microseconds - now.wall.microseconds
            let most = Limits.parkingMax.microseconds
            return now.monotonic + TimeSpan(microseconds: min(max(0, left), most))
        }
    }

    private mutating func endParking(of id: UUIDv7, at now: Moment) {
        var entry = EntryBuilder()
        apply(ChangeDraft(.raisedAgain), to: id, in: &entry, at: now)
        if entry.hasRecords { store(&entry) }
    }

    // MARK: - Ledger

    @discardableResult
    private mutating func store(
        _ entry: inout EntryBuilder, reply: Commitments.PendingReply? = nil,
        replies: [Commitments.PendingReply] = [], answer: (token: UInt64, OrderOutcome)? = nil
    ) -> UInt64 {
        let stored = entry.finish()
        actions.append(.store(stored))
        return commitments.append(
            Commitments.Consequences(
                publish: stored.records, reply: reply, laterReplies: replies,
                answers: answer.map { [$0] } ?? []))
    }

    /// The oldest `count` entries are durable: now, and not before, their replies go out.
    private mutating func durable(_ count: Int, at now: Moment) {
        ledgerTrouble = nil
        for _ in 0..<count {
            guard let due = commitments.popDurable() else { break }
            for record in due.publish { actions.append(.publish(record)) }
            if let reply = due.reply { send(reply.bytes, to: reply.key, at: now) }
            for reply in due.laterReplies { send(reply.bytes, to: reply.key, at: now) }
            for (token, outcome) in due.answers {
                actions.append(.answer(token: token, outcome))
            }
        }
        if isPaused, commitments.count <= Limits.pendingEventsMax / 2 {
            isPaused = false
            actions.append(.resumeReading)
        }
    }
}
