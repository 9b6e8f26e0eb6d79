import AlarmModel
import Glibc

/// The ports of the station and the one loop that serves them all.
///
/// A single thread owns it; only its ``mailbox`` may be used from others. Nothing in here blocks
/// but the wait in ``turn(until:)``. A port that cannot be opened is a ``PortStatus``, never an
/// error.
public final class PortLoop: PortHost {
    /// Wakes the loop from another thread.
    public let mailbox: Mailbox

    private enum Source {
        case mailbox
        case devices
        /// What a way in watches for itself.
        case way(any WayIn)
        case channel(Channel)
    }

    /// Told of everything. Set before the first turn; it has to outlive the loop.
    public weak var events: (any PortEvents)?
    let epoll: Epoll
    let errands: Errands
    let calls: NodeCalls
    let devices: DeviceTable
    let nodes = NodeBook()
    /// In the order of the configuration.
    private var ways: [any WayIn] = []
    /// The same by the numbers of their slots.
    private var numbered: [Int32: any WayIn] = [:]
    /// What epoll's tokens stand for.
    private var sources: [UInt64: Source] = [:]
    /// What is due when.
    let timetable = Timetable()

    /// Closed, and the daemon not yet told.
    private var closed: [(handle: PortHandle, reason: PortCloseReason)] = []
    private(set) var isPaused = false
    /// Found readable while reading is paused, and not watched for that since.
    private var muted: Set<PortHandle> = []
    /// When the events that are being served were taken from the kernel.
    private(set) var servedAt = MonotonicTime(microseconds: 0)
    var places = PeerPlaces()
    private var lastNumber: Int32 = 0

    private static let mailboxToken: UInt64 = 0
    private static let devicesToken: UInt64 = UInt64.max

    /// Opens nothing yet; the first turn does.
    ///
    /// - Parameter events: see ``events``.
    public convenience init(
        definitions: [PortDefinition], events: (any PortEvents)? = nil
    ) throws(PortError) {
        try self.init(definitions: definitions, events: events, calls: .kernel)
    }

    init(
        definitions: [PortDefinition], events: (any PortEvents)?, calls: NodeCalls
    ) throws(PortError) {
        self.events = events
        self.calls = calls
        epoll = try Epoll()
        mailbox = try Mailbox()
        errands = Errands(waking: mailbox)
        devices = DeviceTable(timetable)
        try epoll.add(mailbox.descriptor, token: Self.mailboxToken, for: .read)
        sources[Self.mailboxToken] = .mailbox
        if let descriptor = devices.descriptor {
            try epoll.add(descriptor, token: Self.devicesToken, for: .read)
            sources[Self.devicesToken] = .devices
        }
        devices.onGone = { [unowned self] node in
            let lost = ways.lazy.compactMap(\.slot.channel).first { $0.node == node }
            if let lost { retire(lost, .unplugged) }
        }
        ways = definitions.map(makeWay)
        places.bounds.files = OpenFiles.forPeers
    }

    private func makeWay(_ definition: PortDefinition) -> any WayIn {
        let slot = PortSlot(definition, number: nextNumber(), timetable)
        let way = definition.way.make(slot, on: self)
        numbered[slot.number] = way
        return way
    }

    func way(numbered number: Int32) -> (any WayIn)? { numbered[number] }

    func slot(of channel: Channel) -> PortSlot? { numbered[channel.slotNumber]?.slot }

    /// In the order of the configuration.
    var slots: [PortSlot] { ways.map(\.slot) }

    deinit {
        for case .channel(let channel) in sources.values { channel.close() }
    }

    /// Waits until something happens, at most until `deadline` (nil: for as long as it takes), and
    /// serves whatever is ready once. Returns early when a signal arrives.
    public func turn(until deadline: MonotonicTime?) throws(PortError) {
        attend()
        let count = try epoll.wait(milliseconds: patience(until: deadline))
        servedAt = Clock.monotonic()
        let share = share(of: Limits.bytesPerTurnMax, among: count)
        for index in 0..<count {
            let event = epoll.event(index)
            serve(event.token, event.readiness, share)
        }
        tellOfClosed()
    }

    func share(of bytes: Int, among count: Int) -> Int {
        max(Limits.readShareBytesMin, bytes / max(1, count))
    }

    /// Queues bytes for a port, at most `Limits.portOutputBytesMax`; a port that takes none is
    /// closed as stuck. Bytes for a handle that is no longer open are forgotten.
    public func write(_ bytes: Span<UInt8>, to handle: PortHandle) {
        guard let channel = channel(handle) else { return }
        settle(channel, channel.write(bytes))
    }

    /// Whether bytes written one behind the other are the same as all of them written at once: they
    /// are no datagrams and no reports.
    public func isStream(_ handle: PortHandle) -> Bool { channel(handle)?.isStream ?? false }

    /// Closes one way in. Its port is opened again as after any other loss.
    public func close(_ handle: PortHandle) {
        if let channel = channel(handle) { retire(channel, .requested) }
    }

    /// Closes a port that opened and cannot be decoded, for a reason that holds for all its peers.
    /// It is told, and tried again as seldom as one that nobody reads.
    public func refuse(_ handle: PortHandle, because reason: String) {
        guard let channel = channel(handle), let way = numbered[channel.slotNumber] else { return }
        let slot = way.slot
        if slot.peers == nil {
            retire(channel, .refused(reason))
        } else {
            while let peer = slot.peers?.any.flatMap(self.channel) {
                retire(peer, .refused(reason))
            }
            way.abandon()
        }
        slot.wait(.undecodable(reason), until: Clock.monotonic() + Limits.unreadRetry)
    }

    /// Leaves what arrives in the kernel, for when the station can take no more. What has something
    /// to say is found one by one and is watched no more, so that pausing itself costs nothing.
    public func pauseReading() { isPaused = true }

    public func resumeReading() {
        isPaused = false
        let found = muted
        muted = []
        for handle in found {
            if let channel = channel(handle) { watch(channel) }
        }
        for way in ways { way.resume() }
    }

    /// Takes another set of definitions. Ports that are defined as before stay as they are.
    public func reconfigure(_ definitions: [PortDefinition]) {
        var old = Dictionary(ways.map { ($0.slot.definition.name, $0) }) { first, _ in first }
        let before = ways
        ways = definitions.map { definition in
            guard let way = old[definition.name], way.slot.definition == definition else {
                return makeWay(definition)
            }
            old[definition.name] = nil
            return way
        }
        let kept = Set(ways.map(\.slot.number))
        for way in before where !kept.contains(way.slot.number) { abandon(way) }
        places.bounds.files = OpenFiles.forPeers
        devices.lookSoon()
    }

    /// A device is being opened, or a FIFO, and that has not taken longer than it may.
    public var isOpening: Bool {
        ways.contains { $0.isLocal && $0.slot.stage == .opening && $0.slot.retryAt != nil }
    }

    /// One per definition, in the order of the configuration.
    public var statuses: [PortStatus] {
        // The connections of listeners have nothing to gather, and there may be many.
        for way in ways { way.slot.channel?.gatherCounts() }
        return ways.map { $0.slot.status(with: $0.counts) }
    }
}

// MARK: - Serving what is ready

extension PortLoop {
    func serve(_ token: UInt64, _ readiness: Epoll.Readiness, _ share: Int) {
        guard let source = sources[token] else { return }
        switch source {
        case .mailbox:
            mailbox.clear()
            errands.finish()
            events?.woken()
        case .devices: devices.takeHints()
        case .way(let way): way.serve(token, share)
        case .channel(let channel): serve(channel, readiness, share)
        }
    }

    private func serve(_ channel: Channel, _ readiness: Epoll.Readiness, _ share: Int) {
        if readiness.contains(.write) {
            settle(channel, channel.flush())
            // What a failed write closed must not be read.
            guard self.channel(channel.handle) != nil else { return }
        }
        let isBroken = !readiness.isDisjoint(with: .broken)
        if channel.hasEnded {
            if isBroken { retire(channel, channel.endReason) }
        } else if isPaused {
            // It would be reported without end. Not watched, it is found when reading goes on; a
            // hang-up cannot be told not to be reported.
            muted.insert(channel.handle)
            if isBroken { channel.unwatch() } else { watch(channel) }
        } else if isBroken || readiness.contains(.read) {
            read(channel, share, isBroken: isBroken)
        }
    }

    private func read(_ channel: Channel, _ share: Int, isBroken: Bool) {
        var outcome: ReadOutcome?
        let portion = channel.pace.portion(of: share)
        let began = Clock.monotonic()
        unsafe events?.portReadable(channel.handle) { buffer in
            // Without room it is as if nobody read it.
            guard unsafe !buffer.isEmpty else { return .nothing }
            let result = unsafe channel.read(into: buffer, atMost: portion)
            outcome = result
            return result
        }
        if case .bytes(let count) = outcome {
            channel.pace.took(Clock.monotonic() - began, for: count, of: share)
        }
        switch outcome {
        case .closed(.peerClosed) where channel.keepsHalfClosed && !isBroken:
            channel.hasEnded = true
            timetable[.ended(channel.handle)] = Clock.monotonic() + Limits.halfClosedRest
            watch(channel)
        case .closed(let reason): retire(channel, reason)
        // What nobody reads would be reported without end.
        case nil: retire(channel, isBroken ? channel.endReason : .unread)
        case .bytes, .nothing: break
        }
        guard channel.answersByItself else { return }
        settle(channel, channel.isStuck ? .stuck : nil)
        guard let slot = slot(of: channel), slot.channel === channel else { return }
        slot.problem = channel.complaint
    }

    private func settle(_ channel: Channel, _ failure: PortCloseReason?) {
        if let failure { retire(channel, failure) } else { watch(channel) }
    }
}

// MARK: - Opening and closing

extension PortLoop {
    func open(_ channel: Channel, of slot: PortSlot, _ id: PortID, path: String) {
        sources[UInt64(channel.handle.rawValue)] = .channel(channel)
        slot.counters.opens &+= 1
        let definition = slot.definition
        events?.portOpened(
            OpenPort(
                handle: channel.handle, id: id, name: definition.name, path: path,
                isPeer: slot.peers != nil, protocolID: definition.protocolID))
        watch(channel)
    }

    /// Closes it now and tells the daemon from inside the turn, so that a write that fails in the
    /// middle of the daemon's work does not call back into it.
    func retire(_ channel: Channel, _ reason: PortCloseReason) {
        guard sources.removeValue(forKey: UInt64(channel.handle.rawValue)) != nil else { return }
        channel.unwatch()
        channel.gatherCounts()
        channel.left()
        if let node = channel.node { leave(node, channel.closing) } else { channel.closing() }
        closed.append((channel.handle, reason))
        timetable[.ended(channel.handle)] = nil
        muted.remove(channel.handle)
        channel.counters.countEnd(reason)
        guard let way = numbered[channel.slotNumber] else { return }
        dismiss(channel, of: way.slot)
        if reason == .unread, way.slot.peers == nil {
            way.slot.wait(.unread, until: Clock.monotonic() + Limits.unreadRetry)
        } else {
            way.ended(reason)
        }
    }

    func leave(_ node: String, _ closing: @escaping @Sendable () -> Void) {
        nodes.leave(node, at: Clock.monotonic())
        let free = { [nodes] in nodes.free(node, at: Clock.monotonic()) }
        if errands.run(closing, then: free) { return }
        // Without a thread there is nothing but to wait for it.
        closing()
        free()
    }

    /// Closes whatever a way in that is no longer wanted has open.
    private func abandon(_ way: any WayIn) {
        let slot = way.slot
        while let peer = slot.peers?.any.flatMap(channel) { retire(peer, .reconfigured) }
        if let channel = slot.channel { retire(channel, .reconfigured) }
        way.abandon()
        slot.retryAt = nil
        timetable[.reaping(slot.number)] = nil
        numbered[slot.number] = nil
    }

    func watch(
        _ descriptor: Int32, for interest: Epoll.Readiness, serving way: any WayIn
    ) throws(PortError) -> UInt64 {
        let token = UInt64(nextNumber())
        try epoll.add(descriptor, token: token, for: interest)
        sources[token] = .way(way)
        return token
    }

    func isWatched(_ token: UInt64) -> Bool { sources[token] != nil }

    func unwatch(_ descriptor: Int32, _ token: UInt64) {
        sources[token] = nil
        epoll.remove(descriptor)
    }

    /// Watches for what the channel is ready to have happen.
    private func watch(_ channel: Channel) {
        guard self.channel(channel.handle) != nil else { return }
        var wanted: Epoll.Readiness = []
        if !muted.contains(channel.handle) && !channel.hasEnded { wanted.insert(.read) }
        if channel.hasOutput { wanted.insert(.write) }
        do throws(PortError) {
            try channel.watch(for: wanted)
        } catch {
            retire(channel, .failed(error.code))
        }
    }

    func nextHandle() -> PortHandle { PortHandle(rawValue: nextNumber()) }

    /// Names handles, listeners and slots. After two thousand million it begins again, past those
    /// still in use.
    func nextNumber() -> Int32 {
        repeat {
            lastNumber = lastNumber == Int32.max ? 1 : lastNumber + 1
        } while sources[UInt64(lastNumber)] != nil || numbered[lastNumber] != nil
        return lastNumber
    }

    func channel(_ handle: PortHandle) -> Channel? {
        guard case .channel(let channel)? = sources[UInt64(handle.rawValue)] else { return nil }
        return channel
    }
}

// MARK: - What is due

extension PortLoop {
    /// Tells of closed ports, and does what is due: looks for devices if there may be new ones,
    /// tries the ports whose time has come, gives up peers that were silent for too long.
    private func attend() {
        tellOfClosed()
        let now = Clock.monotonic()
        for _ in 0..<Limits.duesPerTurnMax {
            guard let due = timetable.popDue(by: now) else { break }
            switch due {
            case .scan: lookForDevices(now)
            case .attempt(let number): numbered[number]?.attend(now)
            case .reaping(let number): if let way = numbered[number] { reapIdle(way.slot, now) }
            case .ended(let handle):
                if let channel = channel(handle) { retire(channel, .peerClosed) }
            }
        }
        tellOfClosed()
    }

    /// Has every missing port of a device tried again.
    private func lookForDevices(_ now: MonotonicTime) {
        let missing = ways.filter { $0.isDevice && $0.slot.stage == .waiting }
        guard devices.look(now, isMissingAny: !missing.isEmpty) else { return }
        for way in missing { way.slot.retryAt = now }
    }

    private func tellOfClosed() {
        while !closed.isEmpty {
            let batch = closed
            closed = []
            for (handle, reason) in batch { events?.portClosed(handle, reason) }
        }
    }

    /// The milliseconds to wait in the kernel: rounded up, so that nothing due is found too early.
    private func patience(until deadline: MonotonicTime?) -> Int32 {
        if !closed.isEmpty { return 0 }
        guard let next = [deadline, timetable.next].compactMap({ $0 }).min() else { return -1 }
        let rest = next.microseconds - Clock.monotonic().microseconds
        return Int32(clamping: max(0, (rest + 999) / 1_000))
    }
}
