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
    /// What epoll's tokens stand for.
    var sources: [UInt64: Source] = [:]

    /// What the last scan found, and the ids that go with it.
    var devices: [(facts: DeviceFacts, id: PortID)] = []
    var identity = PortIdentity()
    /// Nodes that udev has not described yet, and since when they are known.
    var unsettled: [String: MonotonicTime] = [:]
    /// Something about the devices may have changed.
    var devicesChanged = true
    var scannedAt = MonotonicTime(microseconds: 0)
    var rescanAt = MonotonicTime(microseconds: 0)

    /// Closed, and the daemon not yet told.
    private var closed: [(handle: PortHandle, reason: PortCloseReason)] = []
    /// Connections whose peer has sent its last byte, the oldest first.
    private var halfClosed: [(handle: PortHandle, until: MonotonicTime)] = []
    var isPaused = false
    /// When the events that are being served were taken from the kernel.
    var servedAt = MonotonicTime(microseconds: 0)
    var bounds = PeerBounds()
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
        slots = definitions.map { PortSlot($0, number: nextNumber()) }
    }

    deinit {
        for source in sources.values {
            switch source {
            case .channel(let channel): channel.close()
            case .listener(_, let listener): Glibc.close(listener.descriptor)
            case .attempt(_, let attempt): Glibc.close(attempt.descriptor)
            case .datagrams(_, let listener): Glibc.close(listener.descriptor)
            case .mailbox, .devices: break
            }
        }
    }

    /// Waits until something happens, at most until `deadline` (nil: for as long as it takes), and
    /// serves whatever is ready once. Returns early when a signal arrives.
    public func turn(until deadline: MonotonicTime?) throws(PortError) {
        attend()
        let count = try epoll.wait(milliseconds: patience(until: deadline))
        servedAt = Clock.monotonic()
        for index in 0..<count {
            let event = epoll.event(index)
            if let source = sources[event.token] { serve(source, event.readiness) }
        }
        attend()
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

    /// Leaves what arrives in the kernel, for when the station can take no more.
    public func pauseReading() {
        isPaused = true
        watchAll()
    }

    public func resumeReading() {
        isPaused = false
        watchAll()
    }

    /// Takes another set of definitions. Ports that are defined as before stay as they are.
    public func reconfigure(_ definitions: [PortDefinition]) {
        var old = slots
        slots = definitions.map { definition in
            if let index = old.firstIndex(where: { $0.definition == definition }) {
                return old.remove(at: index)
            }
            return PortSlot(definition, number: nextNumber())
        }
        for slot in old { abandon(slot) }
        devicesChanged = true
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
    private func serve(_ source: Source, _ readiness: Epoll.Readiness) {
        switch source {
        case .mailbox:
            mailbox.clear()
            takeResolvedNames()
            events?.woken()
        case .devices:
            if scan?.takeHints() == true { devicesChanged = true }
        case .listener(let slot, let listener): acceptConnections(slot, listener)
        case .attempt(let slot, let attempt): finishAttempt(slot, attempt)
        case .datagrams(let slot, let listener): receiveDatagrams(slot, listener)
        case .channel(let channel): serve(channel, readiness)
        }
    }

    private func serve(_ channel: Channel, _ readiness: Epoll.Readiness) {
        if readiness.contains(.write) {
            settle(channel, channel.flush())
            // What a failed write closed must not be read.
            guard self.channel(channel.handle) != nil else { return }
        }
        let isBroken = !readiness.isDisjoint(with: .broken)
        if channel.hasEnded {
            if isBroken { retire(channel, channel.endReason) }
        } else if isPaused {
            // A hang-up is reported without end. Not watched, it is found when reading goes on.
            if isBroken { unwatch(channel) }
        } else if isBroken || readiness.contains(.read) {
            read(channel, isBroken: isBroken)
        }
    }

    private func read(_ channel: Channel, isBroken: Bool) {
        var outcome: ReadOutcome?
        unsafe events?.portReadable(channel.handle) { buffer in
            let result = unsafe channel.read(into: buffer)
            outcome = result
            if case .bytes = result { channel.slot.peers.heard(channel.handle, at: servedAt) }
            return result
        }
        switch outcome {
        case .closed(.peerClosed) where channel.keepsHalfClosed && !isBroken:
            channel.hasEnded = true
            halfClosed.append((channel.handle, Clock.monotonic() + Limits.halfClosedRest))
            watch(channel)
        case .closed(let reason): retire(channel, reason)
        // A broken port that nobody reads would be reported without end.
        case nil where isBroken: retire(channel, channel.endReason)
        case .bytes, .nothing, nil: break
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
        let slot = channel.slot
        slot.counters.closes &+= 1
        slot.counters.countEnd(reason)
        slot.peers.remove(channel.handle)
        switch slot.definition.way {
        case .serial(let match, _): waitForDevice(slot, match)
        case .hidraw(let match): waitForDevice(slot, match)
        case .pipe(let source): waitForPipe(slot, source, reason)
        case .tcpConnect(let address), .serialServer(let address, _):
            delayConnecting(slot, .notConnected(address, reason.description))
        case .tcpListen: resumeAccepting(slot)
        case .udpListen: break
        }
    }

    /// Closes whatever a slot that is no longer wanted has open.
    private func abandon(_ slot: PortSlot) {
        for channel in channels where channel.slot === slot { retire(channel, .reconfigured) }
        switch slot.stage {
        case .listening(let listener): drop(listener.descriptor, token: listener.token)
        case .receiving(let listener): drop(listener.descriptor, token: listener.token)
        case .connecting(let attempt): drop(attempt.descriptor, token: attempt.token)
        case .waiting, .resolving, .open: break
        }
        slot.stage = .waiting
        slot.retryAt = nil
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
        if !isPaused && !channel.hasEnded { wanted.insert(.read) }
        if channel.hasOutput { wanted.insert(.write) }
        guard channel.watched != wanted else { return }
        let token = UInt64(channel.handle.rawValue)
        if channel.watched != nil {
            epoll.change(channel.descriptor, token: token, to: wanted)
        } else if (try? epoll.add(channel.descriptor, token: token, for: wanted)) == nil {
            return retire(channel, .failed(errno))
        }
        channel.watched = wanted
    }

    private func watchAll() {
        for channel in channels { watch(channel) }
        for case .datagrams(_, let listener) in sources.values { watch(listener) }
    }

    private func unwatch(_ channel: Channel) {
        guard channel.isWatchable else { return }
        epoll.remove(channel.descriptor)
        channel.watched = nil
    }

    func nextHandle() -> PortHandle { PortHandle(rawValue: nextNumber()) }

    /// Names handles, listeners and slots. After two thousand million it begins again, past those
    /// still in use.
    func nextNumber() -> Int32 {
        repeat {
            lastNumber = lastNumber == Int32.max ? 1 : lastNumber + 1
        } while sources[UInt64(lastNumber)] != nil
        return lastNumber
    }

    func channel(_ handle: PortHandle) -> Channel? {
        guard case .channel(let channel)? = sources[UInt64(handle.rawValue)] else { return nil }
        return channel
    }

    var channels: [Channel] {
        sources.values.compactMap { if case .channel(let channel) = $0 { channel } else { nil } }
    }
}

// MARK: - What is due

extension PortLoop {
    /// Tells of closed ports, looks for devices if there may be new ones, and tries every port
    /// whose time has come.
    private func attend() {
        tellOfClosed()
        let now = Clock.monotonic()
        endHalfClosed(now)
        reapIdle(now)
        if devicesChanged || (needsDevices && rescanAt <= now) { lookForDevices(now) }
        for slot in slots {
            guard let retryAt = slot.retryAt, retryAt <= now else { continue }
            attempt(slot, now)
        }
        tellOfClosed()
    }

    private func attempt(_ slot: PortSlot, _ now: MonotonicTime) {
        slot.retryAt = nil
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

    private func endHalfClosed(_ now: MonotonicTime) {
        while let first = halfClosed.first, first.until <= now {
            halfClosed.removeFirst()
            if let channel = channel(first.handle) { retire(channel, .peerClosed) }
        }
    }

    /// The milliseconds to wait in the kernel: rounded up, so that nothing due is found too early.
    private func patience(until deadline: MonotonicTime?) -> Int32 {
        if !closed.isEmpty { return 0 }
        var due = slots.compactMap(\.retryAt)
        if let deadline { due.append(deadline) }
        if let first = halfClosed.first { due.append(first.until) }
        if let nextReaping { due.append(nextReaping) }
        if needsDevices { due.append(rescanAt) }
        guard let next = due.min() else { return -1 }
        let rest = next.microseconds - Clock.monotonic().microseconds
        return Int32(clamping: max(0, (rest + 999) / 1_000))
    }
}
