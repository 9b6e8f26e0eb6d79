import AlarmModel
import Captures
import LinuxPorts
import OperatorDesk
import StationCore
import StationLedger
import WireProtocols

/// The one loop thread: owns the ports and the station, hands entries to the ledger's thread and
/// events to the desk, and never waits for either.
///
/// ```
///  epoll -> Station.receive / handle -> actions -> ledger thread, ports, event feed
///    ^                                                 |
///    '------------------ inbox <------ commit reports, operators' orders, signals
/// ```
@safe final class StationLoop: PortEvents {
    enum Message: Sendable {
        case input(Input)
        case reconfigure(StationConfiguration)
        /// Somebody asks which devices there are.
        case devices(DeviceQuestion)
        /// The ledger is open, later than the station, or will never be.
        case ledger(Result<OpenLedger, LedgerError>)
        case stop
    }

    private var station: Station
    private var configuration: StationConfiguration
    private let ports: PortLoop
    private let inbox: Inbox<Message>
    /// What the ledger's thread says. Of its own, because the loop must learn of every commit, and
    /// bounded by what is pending: one report stands for at least one entry.
    private let reports: Inbox<CommitReport>
    private let feed: EventFeed
    private let captures: CaptureFiles
    private var captureGate = CaptureGate()
    private let board: StatusBoard
    private let taps: TrafficTaps
    private let keeper: LedgerKeeper
    private let committing: (Ledger) -> any EntryCommitting
    private let seed = UInt64.random(in: .min ... .max)
    /// Nil until the ledger is open. Till then nothing is read from any port, so that there is
    /// nothing to decide: the bytes wait in the kernel.
    private var writer: LedgerWriter?
    private var open: [PortKey: OpenPort] = [:]
    private var sniffed = SniffedPorts()
    private var toStore: [LedgerEntry] = []
    private var toPublish: [Record] = []
    private var outgoing = OutgoingReplies()
    private var warnings: [String] = []
    private var watchdog = Watchdog()
    private var metrics = StationMetrics()
    private var lastShown: MonotonicTime?
    private var heard = HeardBook()
    private var tidings = PortTidings()
    private var clock = ClockWatch()
    private let disk: DiskWatch
    private var isDiskLow = false
    private var lastStatusLine = ""
    private var isStopping = false
    /// Set when the ledger has failed: the daemon has to start again from the file.
    private(set) var fatal: LedgerError?

    /// - Parameters:
    ///   - opened: nil where the ledger has to be waited for.
    ///   - committing: what stands between the loop and the ledger.
    init(
        configuration: StationConfiguration, keeper: LedgerKeeper, opened: OpenLedger?,
        committing: @escaping (Ledger) -> any EntryCommitting, feed: EventFeed
    ) throws {
        self.configuration = configuration
        self.keeper = keeper
        self.committing = committing
        self.feed = feed
        station = Station(recovery: Recovery(), seed: seed, start: Clock.now())
        ports = try PortLoop(definitions: configuration.ports.map(\.definition))
        captures = CaptureFiles(directory: configuration.capturesDirectory)
        disk = DiskWatch(ledgerPath: configuration.ledgerPath)
        taps = TrafficTaps()
        let inbox = Inbox<Message>(capacity: Limits.loopInboxMax, waking: ports.mailbox)
        self.inbox = inbox
        board = StatusBoard(taps: taps) { inbox.post($0) }
        reports = Inbox<CommitReport>(capacity: .max, waking: ports.mailbox)
        if let opened { begin(with: opened) } else { ports.pauseReading() }
    }

    /// The ledger is open: from here on there is a station.
    private func begin(with opened: OpenLedger) {
        let recovery = opened.recovery
        warnings = recovery.warnings
        clock = ClockWatch(
            newest: recovery.recentEvents.last?.received.wall ?? Limits.clockEarliest)
        station = Station(recovery: recovery, seed: seed, start: Clock.now())
        let reports = reports
        writer = LedgerWriter(committing(opened.ledger)) { _ = reports.post($0) }
        feed.begin(behind: recovery.lastSequence)
        keeper.show(opened)
        if let name = recovery.setAside {
            // Before anything else: it is the first event of the new ledger.
            let text =
                "the ledger was damaged, and what there is of it is now \(name); this one is new"
            station.handle(.stationFault(.deviceFault, text), at: Clock.now())
        }
    }

    /// The same while the ports are open already.
    private func take(_ outcome: Result<OpenLedger, LedgerError>) {
        switch outcome {
        case .success(let opened):
            begin(with: opened)
            Journal.write(.notice, "the ledger is open; reading ports")
            for key in open.keys.sorted(by: { $0.number < $1.number }) { greet(key) }
            ports.resumeReading()
        case .failure(let error):
            Journal.write(.critical, "cannot open the ledger", ["REASON": error.description])
            fatal = error
        }
    }

    /// For the desk: answers from a snapshot, orders through the inbox.
    var view: StatusBoard { board }

    /// Hands a message to the loop from any thread; false when its inbox is full.
    var post: @Sendable (Message) -> Bool { { [inbox] in inbox.post($0) } }

    /// Runs until told to stop or until the ledger fails; calls `ready` once its devices are open,
    /// or known not to be.
    func run(ready: () -> Void) throws {
        ports.events = self
        // The first turn looks for the ports and waits for nothing.
        try turn(until: Clock.monotonic())
        while !isStopping, fatal == nil, ports.isOpening { try turn(until: nextDeadline) }
        showStatus()
        ready()
        while !isStopping, fatal == nil {
            try turn(until: nextDeadline)
            showStatus()
        }
        station.handle(.stopping, at: Clock.now())
        perform()
        writer?.stop()
        woken()
        perform()
    }

    private func turn(until deadline: MonotonicTime?) throws(PortError) {
        try ports.turn(until: deadline)
        station.passTime(at: Clock.now())
        listenOn()
        perform()
        watchdog.turned(pending: station.health.pendingEvents)
    }

    private var nextDeadline: MonotonicTime? {
        let status = (lastShown ?? Clock.monotonic()) + Limits.statusInterval
        let others = [watchdog.nextFeed, station.nextDeadline, sniffed.deadline]
        return others.compactMap { $0 }.reduce(status, min)
    }

    // MARK: - PortEvents

    func portOpened(_ port: OpenPort) {
        let key = PortKey(port.handle.rawValue)
        open[key] = port
        // Peers of a listener come and go, and are not told one by one.
        if !port.isPeer { tidings.opened(port) }
        if writer != nil { greet(key) }
    }

    /// Has an open port listened to, or decoded.
    private func greet(_ key: PortKey) {
        guard let port = open[key] else { return }
        if let settings = configuration.sniffedSettings(of: port) {
            guard let verdict = sniffed.opened(port, key, settings, on: ports) else { return }
            open[key]?.protocolID = verdict.protocolID
        }
        begin(key)
    }

    /// Has the station decode an open port from here on.
    private func begin(_ key: PortKey, with heard: [UInt8] = []) {
        guard let port = open[key] else { return }
        guard let profile = configuration.profile(of: port) else {
            let reason = "the configuration has no port \(port.name) that speaks \(port.protocolID)"
            return ports.refuse(port.handle, because: reason)
        }
        let now = Clock.now()
        station.handle(.portOpened(key, profile), at: now)
        station.receive(heard, from: key, at: now)
        perform()
    }

    func portReadable(
        _ handle: PortHandle, _ read: (UnsafeMutableRawBufferPointer) -> ReadOutcome
    ) {
        let key = PortKey(handle.rawValue)
        if sniffed.isListening(to: key) { return unsafe listen(to: key, read) }
        guard let free = unsafe station.lend(to: key) else { return }
        let now = Clock.now()
        guard case .bytes(let count) = unsafe read(free) else {
            return station.received(0, from: key, at: now)
        }
        unsafe sniffed.strip(UnsafeMutableRawBufferPointer(rebasing: free[..<count]), of: key)
        if taps.isAnyOpen, let port = open[key] {
            let bytes = unsafe Array(UnsafeRawBufferPointer(rebasing: free[..<count]))
            taps.record(.received, bytes, of: port, at: now.wall)
        }
        station.received(count, from: key, at: now)
        if station.hasFrame(from: key) { ports.vouch(for: handle) }
        perform()
    }

    func datagramEnded(_ handle: PortHandle) {
        station.handle(.datagramEnded(PortKey(handle.rawValue)), at: Clock.now())
    }

    func portClosed(_ handle: PortHandle, _ reason: PortCloseReason) {
        let key = PortKey(handle.rawValue)
        station.handle(.portClosed(key), at: Clock.now())
        if let port = open.removeValue(forKey: key), !port.isPeer {
            sniffed.closed(key, port.name)
            tidings.closed(port, reason)
        }
        perform()
    }

    func woken() {
        for report in reports.takeAll() { take(Input(report)) }
        for message in inbox.takeAll() {
            switch message {
            case .input(let input): take(input)
            case .reconfigure(let new): reconfigure(new)
            case .devices(let question):
                question.answer(
                    station.devices(silentFirst: question.isSilentFirst, limit: question.limit))
            case .ledger(let outcome): take(outcome)
            case .stop: isStopping = true
            }
        }
        perform()
    }

    // MARK: - Ports whose protocol is not known yet

    private func listen(
        to key: PortKey, _ read: (UnsafeMutableRawBufferPointer) -> ReadOutcome
    ) {
        var bytes = [UInt8](repeating: 0, count: Limits.sniffReadBytes)
        let outcome = unsafe bytes.withUnsafeMutableBytes { unsafe read($0) }
        guard case .bytes(let count) = outcome, let port = open[key] else { return }
        bytes.removeSubrange(count...)
        let now = Clock.now()
        if taps.isAnyOpen { taps.record(.received, bytes, of: port, at: now.wall) }
        if let verdict = sniffed.heard(bytes, from: key, port.id, at: now, on: ports) {
            found(verdict, on: key)
        }
    }

    /// Looks at the lines that are listened to and silent.
    private func listenOn() {
        guard let deadline = sniffed.deadline else { return }
        let now = Clock.monotonic()
        guard deadline <= now else { return }
        for key in sniffed.keys {
            guard let id = open[key]?.id,
                let verdict = sniffed.passTime(of: key, id, at: now, on: ports)
            else { continue }
            found(verdict, on: key)
        }
    }

    /// From here on it is a port like any other, and what was heard meanwhile is its beginning.
    private func found(_ verdict: Verdict, on key: PortKey) {
        open[key]?.protocolID = verdict.protocolID
        Journal.write(
            .notice, "found what a port speaks",
            [
                "PORT": open[key]?.name ?? "", "FOUND": verdict.sentence,
                "REMEDY": "put it into the configuration: \(verdict.settingsLine)",
            ])
        begin(key, with: verdict.heard)
    }

    // MARK: - Decisions carried out

    private func take(_ input: Input) {
        switch input {
        case .committed(let count):
            watchdog.committed()
            metrics.committed(count)
        case .ledgerRetrying(let reason):
            watchdog.committed()
            metrics.retried()
            if station.health.state != .critical {
                Journal.write(.critical, "the ledger cannot store", ["REASON": reason])
            }
        case .ledgerFailed(let reason):
            Journal.write(.critical, "the ledger failed; stopping", ["REASON": reason])
            fatal = LedgerError(.failed, message: reason, remedy: "")
        case .portOpened, .portClosed, .datagramEnded, .order, .stationFault, .stopping: break
        }
        let before = station.health.state
        station.handle(input, at: Clock.now())
        if before == .critical, station.health.state != .critical {
            Journal.write(.notice, "the ledger stores again")
        }
    }

    /// Carries out every action of the station, in order. Entries and events go out in one batch
    /// at the end: the ledger commits them together, the feed wakes its clients once.
    private func perform() {
        while let action = station.nextAction() {
            switch action {
            case .store(let entry): toStore.append(entry)
            case .send(let reply, let key): send(reply, to: key)
            case .publish(let record): toPublish.append(record)
            case .dumpCapture(let key, let reason): dump(key, because: reason)
            case .refuse(let key, let problem):
                guard let port = open[key] else { continue }
                ports.refuse(port.handle, because: "option \(problem.key): \(problem.message)")
            case .answer(let token, let outcome): board.answer(token, outcome)
            case .pauseReading:
                Journal.write(.critical, "too much waits for the ledger; not reading ports")
                ports.pauseReading()
            case .resumeReading:
                Journal.write(.notice, "reading ports again")
                ports.resumeReading()
            }
        }
        outgoing.takeAll { key, replies in
            if let port = open[key] { ports.write(replies.span, to: port.handle) }
        }
        if !toStore.isEmpty {
            writer?.enqueue(toStore)
            toStore.removeAll(keepingCapacity: true)
        }
        if !toPublish.isEmpty {
            feed.publish(toPublish)
            toPublish.removeAll(keepingCapacity: true)
        }
    }

    private func send(_ reply: [UInt8], to key: PortKey) {
        guard let port = open[key] else { return }
        if !outgoing.join(reply, to: key, isStream: { ports.isStream(port.handle) }) {
            ports.write(reply.span, to: port.handle)
        }
        if taps.isAnyOpen { taps.record(.sent, reply, of: port, at: Clock.now().wall) }
    }

    private func dump(_ key: PortKey, because reason: String) {
        guard let port = open[key],
            captureGate.admits(reason, of: port.name, at: Clock.monotonic())
        else { return }
        captures.dump(
            station.capture(of: key),
            port: CapturePort(name: port.name, protocolID: port.protocolID, path: port.path),
            because: reason, at: Clock.now().wall)
    }

    /// Ports that did not change stay open. What the daemon was started with, it keeps.
    private func reconfigure(_ new: StationConfiguration) {
        let startedWith = [configuration.ledgerPath, configuration.capturesDirectory]
        if [new.listen, new.hosts] != [configuration.listen, configuration.hosts]
            || [new.ledgerPath, new.capturesDirectory] != startedWith
        {
            Journal.write(
                .warning, "listen, hosts, ledger and captures change at the next start only")
        }
        let old = configuration
        configuration = new
        configuration.makeRoomForFiles()
        ports.reconfigure(new.ports.map(\.definition))
        renewSessions(since: old)
        let changes = PortChanges(from: old.ports, to: new.ports)
        Journal.write(
            .notice, "configuration read again",
            [
                "PORTS": "\(new.ports.count)", "ADDED": "\(changes.added)",
                "REMOVED": "\(changes.removed)", "CHANGED": "\(changes.changed)",
            ])
        ServiceManager.ready(lastStatusLine)
    }

    /// A port that has got other options and nothing else stays open, and is read anew. What a
    /// peer of a listener has said of itself, a login, would be forgotten with the old options: so
    /// its connection is closed, and the device says it again.
    private func renewSessions(since old: StationConfiguration) {
        for (key, port) in open where writer != nil {
            guard let profile = configuration.profile(of: port),
                profile.options != old.profile(of: port)?.options
            else { continue }
            if port.isPeer {
                ports.close(port.handle)
                continue
            }
            station.handle(.portClosed(key), at: Clock.now())
            station.handle(.portOpened(key, profile), at: Clock.now())
        }
    }

    // MARK: - What is shown

    /// Writes the snapshot for the desk, at most every ``Limits/statusInterval``.
    private func showStatus() {
        let now = Clock.now()
        if let lastShown, now.monotonic - lastShown < Limits.statusInterval { return }
        lastShown = now.monotonic
        let counters = station.counters
        var statuses = ports.statuses.map { status in
            var status = status
            status.counters += (counters[status.name] ?? PortCounters()).named
            sniffed.explain(&status)
            return status
        }
        heard.look(at: &statuses, now: now.wall)
        tidings.look(at: statuses)
        let health = HealthReport(
            ledger: ledgerHealth, warnings: surroundings(at: now) + warnings, ports: statuses)
        if health.statusLine != lastStatusLine {
            lastStatusLine = health.statusLine
            ServiceManager.status(lastStatusLine)
        }
        board.show(
            StatusBoard.Snapshot(
                ports: statuses, health: health.health, metrics: metrics.families(captures),
                shownAt: now.monotonic))
    }

    private var ledgerHealth: StationHealth {
        guard writer == nil, let trouble = keeper.trouble else { return station.health }
        return StationHealth(state: .critical, reasons: [trouble.description])
    }

    /// Clock and disk, in sentences; what is new of them goes to the journal.
    private func surroundings(at now: Moment) -> [String] {
        for news in clock.look(at: now) {
            switch news {
            case .stepped(let step):
                Journal.write(
                    .warning, "the clock was set",
                    ["BY_MILLISECONDS": "\(step.microseconds / 1_000)"])
            case .unset:
                Journal.write(
                    .warning, "the clock is not set", ["REMEDY": "set it: timedatectl"])
            case .set: Journal.write(.notice, "the clock is set")
            }
        }
        let low = disk.reason
        if isDiskLow != (low != nil) {
            isDiskLow.toggle()
            if let low {
                Journal.write(.warning, "little space is left", ["REASON": low])
            } else {
                Journal.write(.notice, "there is space again")
            }
        }
        return [low].compactMap(\.self) + clock.reasons(at: now)
    }
}

extension Input {
    /// What the ledger's thread says, as the station hears it.
    init(_ report: CommitReport) {
        switch report {
        case .committed(let count): self = .committed(count: count)
        case .retrying(let error): self = .ledgerRetrying(error.description)
        case .failed(let error): self = .ledgerFailed(error.description)
        }
    }
}
