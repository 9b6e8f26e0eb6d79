import AlarmModel
import Glibc

/// The ports of the station and the one loop that serves them all.
///
/// A single thread owns it; only its ``mailbox`` may be used from others. Nothing in here blocks
/// but the wait in ``turn(until:)``. A port that cannot be opened is a ``PortStatus``, never an
/// error.
public final class PortLoop {
    /// Wakes the loop from another thread.
    public let mailbox: Mailbox

    enum Source {
        case mailbox
        case devices
        case listener(PortSlot, TCPListener)
        /// The connections of a listener, of which some have something to say.
        case connections(TCPListener)
        case attempt(PortSlot, TCPAttempt)
        case datagrams(PortSlot, UDPListener)
        case channel(Channel)
    }

    /// Told of everything. Set before the first turn; it has to outlive the loop.
    public weak var events: (any PortEvents)?
    var epoll: Epoll
    let scan: DeviceScan?
    let resolver: NameResolver
    /// In the order of the configuration.
    var slots: [PortSlot] = []
    /// The same by their numbers.
    private var numbered: [Int32: PortSlot] = [:]
    /// What epoll's tokens stand for.
    var sources: [UInt64: Source] = [:]
    /// Who has a node open.
    var nodes: [String: PortHandle] = [:]
    /// What is due when.
    let timetable = Timetable()

    /// What the last scan found, and the ids that go with it.
    var devices: [(facts: DeviceFacts, id: PortID)] = []
    var identity = PortIdentity()
    /// Nodes that udev has not described yet, and since when they are known.
    var unsettled: [String: MonotonicTime] = [:]
    /// Something about the devices may have changed.
    var devicesChanged = true
    var scannedAt = MonotonicTime(microseconds: 0)

    /// Closed, and the daemon not yet told.
    private var closed: [(handle: PortHandle, reason: PortCloseReason)] = []
    var isPaused = false
    /// Found readable while reading is paused, and not watched for that since.
    private var muted: Set<PortHandle> = []
    /// When the events that are being served were taken from the kernel.
    var servedAt = MonotonicTime(microseconds: 0)
    var bounds = PeerBounds()
    /// How many peers each listener has, by its slot's number, and how many of them have a
    /// connection of their own.
    var listeners = Tally<Int32>()
    var connections = Tally<Int32>()
    private var lastNumber: Int32 = 0

    private static let mailboxToken: UInt64 = 0
    private static let devicesToken: UInt64 = UInt64.max

    /// Opens nothing yet; the first turn does.
    ///
    /// - Parameter events: see ``events``.
    public init(
        definitions: [PortDefinition], events: (any PortEvents)? = nil
    ) throws(PortError) {
        self.events = events
        epoll = try Epoll()
        mailbox = try Mailbox()
        resolver = NameResolver(waking: mailbox)
        scan = DeviceScan()
        try epoll.add(mailbox.descriptor, token: Self.mailboxToken, for: .read)
        sources[Self.mailboxToken] = .mailbox
        if let descriptor = scan?.descriptor {
            try epoll.add(descriptor, token: Self.devicesToken, for: .read)
            sources[Self.devicesToken] = .devices
        }
        slots = definitions.map(makeSlot)
        bounds.files = OpenFiles.forPeers
        timetable[.scan] = scannedAt
    }

    private func makeSlot(_ definition: PortDefinition) -> PortSlot {
        let slot = PortSlot(definition, number: nextNumber(), timetable)
        numbered[slot.number] = slot
        return slot
    }

    func slot(numbered number: Int32) -> PortSlot? { numbered[number] }

    deinit {
        for source in sources.values {
            switch source {
            case .channel(let channel): channel.close()
            case .listener(_, let listener): Glibc.close(listener.descriptor)
            case .attempt(_, let attempt): Glibc.close(attempt.descriptor)
            case .datagrams(_, let listener): Glibc.close(listener.descriptor)
            case .connections, .mailbox, .devices: break
            }
        }
    }

    /// Waits until something happens, at most until `deadline` (nil: for as long as it takes), and
    /// serves whatever is ready once. Returns early when a signal arrives.
    public func turn(until deadline: MonotonicTime?) throws(PortError) {
        attend()
        let count = try epoll.wait(milliseconds: patience(until: deadline))
        servedAt = Clock.monotonic()
        let share = Self.share(of: Limits.bytesPerTurnMax, among: count)
        for index in 0..<count {
            let event = epoll.event(index)
            if let source = sources[event.token] { serve(source, event.readiness, share) }
        }
        tellOfClosed()
    }

    /// What each of so many gets of the bytes that may be read.
    private static func share(of bytes: Int, among count: Int) -> Int {
        max(Limits.readShareBytesMin, bytes / max(1, count))
    }

    /// Queues bytes for a port, at most `Limits.portOutputBytesMax`; a port that takes none is
    /// closed as stuck. Bytes for a handle that is no longer open are forgotten.
    public func write(_ bytes: Span<UInt8>, to handle: PortHandle) {
        guard let channel = channel(handle) else { return }
        settle(channel, channel.write(bytes))
    }

    /// Closes one way in. Its port is opened again as after any other loss.
    public func close(_ handle: PortHandle) {
        if let channel = channel(handle) { retire(channel, .requested) }
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
        for slot in slots {
            if case .receiving(let listener) = slot.stage { watch(listener) }
        }
    }

    /// Takes another set of definitions. Ports that are defined as before stay as they are.
    public func reconfigure(_ definitions: [PortDefinition]) {
        var old = Dictionary(slots.map { ($0.definition.name, $0) }) { first, _ in first }
        let before = slots
        slots = definitions.map { definition in
            guard let slot = old[definition.name], slot.definition == definition else {
                return makeSlot(definition)
            }
            old[definition.name] = nil
            return slot
        }
        let kept = Set(slots.map(\.number))
        for slot in before where !kept.contains(slot.number) { abandon(slot) }
        bounds.files = OpenFiles.forPeers
        lookSoon()
    }

    /// One per definition, in the order of the configuration.
    public var statuses: [PortStatus] {
        // The connections of listeners have nothing to gather, and there may be many.
        for slot in slots {
            if case .open(let channel) = slot.stage { channel.gatherCounts() }
        }
        return slots.map(\.status)
    }
}

// MARK: - Serving what is ready

extension PortLoop {
    private func serve(_ source: Source, _ readiness: Epoll.Readiness, _ share: Int) {
        switch source {
        case .mailbox:
            mailbox.clear()
            takeResolvedNames()
            events?.woken()
        case .devices: if scan?.takeHints() == true { lookSoon() }
        case .listener(let slot, let listener): acceptConnections(slot, listener)
        case .connections(let listener): serve(listener, share)
        case .attempt(let slot, let attempt): finishAttempt(slot, attempt)
        case .datagrams(let slot, let listener): receiveDatagrams(slot, listener, share)
        case .channel(let channel): serve(channel, readiness, share)
        }
    }

    /// The connections of one listener get what one port gets, however many they are.
    private func serve(_ listener: TCPListener, _ share: Int) {
        let ready = listener.ready(atMost: share / Limits.readShareBytesMin)
        let part = Self.share(of: share, among: ready.count)
        for (token, readiness) in ready {
            guard case .channel(let channel)? = sources[token] else { continue }
            serve(channel, readiness, part)
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
            if isBroken { unwatch(channel) } else { watch(channel) }
        } else if isBroken || readiness.contains(.read) {
            read(channel, share, isBroken: isBroken)
        }
    }

    private func read(_ channel: Channel, _ share: Int, isBroken: Bool) {
        var outcome: ReadOutcome?
        unsafe events?.portReadable(channel.handle) { buffer in
            // Without room it is as if nobody read it.
            guard unsafe !buffer.isEmpty else { return .nothing }
            let result = unsafe channel.read(into: buffer, atMost: share)
            outcome = result
            return result
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
        if channel.telnet != nil {
            settle(channel, channel.isStuck ? .stuck : nil)
            showSettling(channel)
        }
    }

    private func settle(_ channel: Channel, _ failure: PortCloseReason?) {
        if let failure { retire(channel, failure) } else { watch(channel) }
    }
}

// MARK: - Opening and closing

extension PortLoop {
    /// Precondition: the channel's slot is in the stage that fits.
    func open(_ channel: Channel, id: PortID, path: String) {
        sources[UInt64(channel.handle.rawValue)] = .channel(channel)
        if let node = channel.node { nodes[node] = channel.handle }
        channel.slot.counters.opens &+= 1
        let definition = channel.slot.definition
        events?.portOpened(
            OpenPort(
                handle: channel.handle, id: id, name: definition.name, path: path,
                isPeer: definition.way.idle != nil, protocolID: definition.protocolID))
        watch(channel)
    }

    /// Closes it now and tells the daemon from inside the turn, so that a write that fails in the
    /// middle of the daemon's work does not call back into it.
    func retire(_ channel: Channel, _ reason: PortCloseReason) {
        guard sources.removeValue(forKey: UInt64(channel.handle.rawValue)) != nil else { return }
        unwatch(channel)
        channel.close()
        closed.append((channel.handle, reason))
        if let node = channel.node { nodes[node] = nil }
        timetable[.ended(channel.handle)] = nil
        muted.remove(channel.handle)
        let slot = channel.slot
        slot.counters.closes &+= 1
        slot.counters.countEnd(reason)
        dismiss(channel)
        switch slot.definition.way {
        case .tcpListen: resumeAccepting(slot)
        case .udpListen: break
        case _ where reason == .unread:
            slot.wait(.unread, until: Clock.monotonic() + Limits.unreadRetry)
        case .serial(let match, _): waitForDevice(slot, match)
        case .hidraw(let match): waitForDevice(slot, match)
        case .pipe(let source): waitForPipe(slot, source, reason)
        case .tcpConnect(let address), .serialServer(let address, _):
            delayConnecting(slot, .notConnected(address, reason.description))
        }
    }

    /// Closes whatever a slot that is no longer wanted has open.
    private func abandon(_ slot: PortSlot) {
        while let peer = slot.peers.any.flatMap(channel) { retire(peer, .reconfigured) }
        switch slot.stage {
        case .open(let channel): retire(channel, .reconfigured)
        case .listening(let listener):
            drop(listener.descriptor, token: listener.token)
            sources[listener.connectionsToken] = nil
            epoll.remove(listener.connections)
        case .receiving(let listener): drop(listener.descriptor, token: listener.token)
        case .connecting(let attempt): drop(attempt.descriptor, token: attempt.token)
        case .waiting, .resolving: break
        }
        slot.stage = .waiting
        slot.retryAt = nil
        timetable[.reaping(slot.number)] = nil
        numbered[slot.number] = nil
    }

    /// Forgets and closes a descriptor that is not a channel's.
    func drop(_ descriptor: Int32, token: UInt64) {
        sources[token] = nil
        epoll.remove(descriptor)
        Glibc.close(descriptor)
    }

    /// Watches for what the channel is ready to have happen.
    private func watch(_ channel: Channel) {
        guard channel.isWatchable, self.channel(channel.handle) != nil else { return }
        var wanted: Epoll.Readiness = []
        if !muted.contains(channel.handle) && !channel.hasEnded { wanted.insert(.read) }
        if channel.hasOutput { wanted.insert(.write) }
        guard channel.watched != wanted else { return }
        let token = UInt64(channel.handle.rawValue)
        let isWatched = channel.watched != nil
        channel.watched = wanted
        do throws(PortError) {
            if case .listening(let listener) = channel.slot.stage {
                try listener.watch(channel.descriptor, token, for: wanted, isNew: !isWatched)
            } else if isWatched {
                epoll.change(channel.descriptor, token: token, to: wanted)
            } else {
                try epoll.add(channel.descriptor, token: token, for: wanted)
            }
        } catch {
            channel.watched = nil
            retire(channel, .failed(error.code))
        }
    }

    private func unwatch(_ channel: Channel) {
        guard channel.isWatchable, channel.watched != nil else { return }
        channel.watched = nil
        if case .listening(let listener) = channel.slot.stage {
            listener.unwatch(channel.descriptor)
        } else {
            epoll.remove(channel.descriptor)
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
            case .attempt(let number): if let slot = numbered[number] { attempt(slot, now) }
            case .reaping(let number): if let slot = numbered[number] { reapIdle(slot, now) }
            case .ended(let handle):
                if let channel = channel(handle) { retire(channel, .peerClosed) }
            }
        }
        tellOfClosed()
    }

    private func attempt(_ slot: PortSlot, _ now: MonotonicTime) {
        switch (slot.definition.way, slot.stage) {
        case (.serial(let match, let settings), .waiting):
            openSerial(slot, match, settings, now)
        case (.hidraw(let match), .waiting): openHidraw(slot, match, now)
        case (.pipe(let source), .waiting): openPipe(slot, source, now)
        case (.pipe(.fifo(let path)), .open(let channel)): check(channel, at: path, now)
        case (.tcpListen(let address, _), .waiting): listen(slot, on: address, now)
        case (.tcpListen, .listening): resumeAccepting(slot)
        case (.udpListen(let address, _), .waiting): receive(slot, on: address, now)
        case (.tcpConnect(let address), .waiting), (.tcpConnect(let address), .resolving),
            (.serialServer(let address, _), .waiting), (.serialServer(let address, _), .resolving):
            startConnecting(slot, to: address, now)
        case (.serialServer, .open(let channel)): endSettling(slot, channel)
        case (_, .connecting(let attempt)): giveUpAttempt(slot, attempt, "no answer")
        case (_, _): break
        }
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
