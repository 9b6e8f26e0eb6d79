import AlarmModel
import Glibc

// What ports on devices have in common, whatever kind of node the device has.

extension PortLoop {
    /// Something about the devices may have changed: looks through them, though not all the time.
    func lookSoon() {
        devicesChanged = true
        look(by: scannedAt + Limits.deviceScanRest)
    }

    private func look(by time: MonotonicTime) {
        timetable[.scan] = min(timetable[.scan] ?? time, time)
    }

    /// Looks through all devices, closes the ports whose device is gone, and has every missing
    /// port of a device tried again.
    func lookForDevices(_ now: MonotonicTime) {
        let missing = slots.filter { $0.isDevice && $0.isWaiting }
        guard devicesChanged || !missing.isEmpty else {
            return look(by: now + Limits.deviceRescan)
        }
        let wasHinted = devicesChanged
        devicesChanged = false
        rescan(now)
        // The kernel tells of a removal just before the device is gone: so look once more.
        if wasHinted { look(by: now + Limits.portRetry) }
        for slot in missing { slot.retryAt = now }
    }

    /// Waits for the device of a port that was closed.
    func waitForDevice(_ slot: PortSlot, _ match: DeviceMatch) {
        let problem = match.path.map(PortProblem.noPath) ?? .noDevice(match)
        slot.wait(problem, until: Clock.monotonic() + Limits.portRetry)
    }

    /// Opens the one device that fits. `open` makes the channel of its node.
    func openDevice(
        _ slot: PortSlot, _ match: DeviceMatch, _ subsystem: DeviceFacts.Subsystem,
        _ now: MonotonicTime, _ open: (String) throws(PortProblem) -> Channel
    ) {
        do throws(PortProblem) {
            let target = try find(match, subsystem, slot, now)
            slot.id = target.id
            slot.path = target.node
            try refuseTaken(target.node)
            let channel = try open(target.node)
            slot.reach(.open(channel))
            self.open(channel, id: target.id, path: target.node)
        } catch {
            slot.wait(error, until: now + Limits.portRetry)
        }
    }

    /// Throws when another port has the node open.
    func refuseTaken(_ node: String) throws(PortProblem) {
        guard let user = nodes[node].flatMap(channel) else { return }
        throw .taken(node, by: user.slot.definition.name)
    }

    /// What to tell about a node that was not opened.
    func problem(_ refusal: NodeRefusal, _ node: String, _ slot: PortSlot) -> PortProblem {
        switch refusal {
        case .absent:
            // It was there when last looked for: look again with the next attempt.
            look(by: scannedAt + Limits.portRetry)
            return .noPath(node)
        case .busy:
            // A FIFO is open in its writers too, and they are welcome.
            slot.holder = slot.isDevice ? DeviceHolder.of(node, known: slot.holder) : nil
            return .busy(node, holder: slot.holder)
        case .denied:
            let device = devices.first { $0.facts.node == node }
            return .denied(node, access(to: node), device?.facts)
        case .forbidden: return .forbidden(node)
        case .failed(let code): return .failed("cannot open \(node)", code)
        }
    }

    private func rescan(_ now: MonotonicTime) {
        // Without a monitor there are no hints, so the next look comes sooner.
        let hasHints = scan?.descriptor != nil
        scannedAt = now
        timetable[.scan] = now + (hasHints ? Limits.deviceRescan : Limits.portRetry)
        guard let present = scan?.devices() else { return }
        var waiting: [String: MonotonicTime] = [:]
        for device in present where !device.isSettled {
            let since = unsettled[device.node] ?? now
            if now - since < Limits.udevPatience { waiting[device.node] = since }
        }
        unsettled = waiting
        if !waiting.isEmpty { look(by: now + Limits.portRetry) }

        let gone = Set(devices.map(\.facts.node)).subtracting(present.map(\.node))
        // Before udev has described a device, it would get the wrong id.
        let described = present.filter { waiting[$0.node] == nil }
        devices = Array(zip(described, identity.ids(of: described)))
        for node in gone {
            if let channel = nodes[node].flatMap(channel) { retire(channel, .unplugged) }
        }
    }

    private func find(
        _ match: DeviceMatch, _ subsystem: DeviceFacts.Subsystem, _ slot: PortSlot,
        _ now: MonotonicTime
    ) throws(PortProblem) -> (node: String, id: PortID) {
        if let path = match.path { return try find(path, subsystem, slot, now) }
        let fitting = devices.filter { $0.facts.subsystem == subsystem && match.fits($0.facts) }
        guard let first = fitting.first else { throw .noDevice(match) }
        guard fitting.count == 1 else { throw .several(match, fitting.map(\.facts)) }
        let node = first.facts.node
        guard let number = deviceNumber(of: node) else { throw .noPath(node) }
        return (node, try identify(node, number, subsystem, now) ?? first.id)
    }

    /// The device behind a path, however many links lead to it, and its id.
    private func find(
        _ path: String, _ subsystem: DeviceFacts.Subsystem, _ slot: PortSlot, _ now: MonotonicTime
    ) throws(PortProblem) -> (node: String, id: PortID) {
        guard let node = resolvedPath(path) else { throw .noPath(path) }
        guard let number = deviceNumber(of: node) else { throw .wrongKind(node, subsystem) }
        if TerminalNumber.isConsole(number) { throw .console(node) }
        // Pseudo-terminals are not among udev's devices.
        if TerminalNumber.isPseudo(number) {
            slot.holder = DeviceHolder.ofTerminal(number, known: slot.holder)
            if let holder = slot.holder { throw .terminal(path, node, holder) }
        } else if let id = try identify(node, number, subsystem, now) {
            return (node, id)
        }
        // Without this, a read would be taken for a report whatever it is.
        guard subsystem == .tty else { throw .notHidraw(node) }
        return (node, PortIdentity.id(ofPath: path))
    }

    /// The id of the device that has this node right now; nil for one that hangs on no hardware. It
    /// has to be the one that the last look found and udev has described: a link can be there
    /// before that, and still be there when another device has the node.
    private func identify(
        _ node: String, _ number: dev_t, _ subsystem: DeviceFacts.Subsystem, _ now: MonotonicTime
    ) throws(PortProblem) -> PortID? {
        guard let scan, unsafe access("/sys/dev/char", F_OK) == 0 else { return nil }
        let facts: DeviceFacts
        switch scan.device(number) {
        case .nothing: throw .unsettled(node)
        case .virtual: return nil
        case .hardware(let found): facts = found
        }
        guard facts.subsystem == subsystem else { throw .wrongKind(node, subsystem) }
        let known = { self.devices.first { $0.facts.isSame(as: facts) }?.id }
        if let id = known() { return id }
        if scannedAt + Limits.deviceScanRest <= now { rescan(now) }
        if let id = known() { return id }
        lookSoon()
        throw .unsettled(node)
    }
}

/// The number of the character device at `path`; nil when that is none.
private func deviceNumber(of path: String) -> dev_t? {
    var status = stat()
    guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFCHR else { return nil }
    return status.st_rdev
}

/// Who this process is to a file that it may not open.
private func access(to path: String) -> PortProblem.Access {
    var node = stat()
    unsafe stat(path, &node)
    let entry = unsafe getpwuid(geteuid())?.pointee
    let user = unsafe entry.map { unsafe String(cString: $0.pw_name) } ?? String(geteuid())
    let group = unsafe getgrgid(node.st_gid).map { unsafe String(cString: $0.pointee.gr_name) }
    var groups = [gid_t](repeating: 0, count: 256)
    var count = Int32(groups.count)
    let primary = unsafe entry?.pw_gid ?? getegid()
    let found = unsafe getgrouplist(user, primary, &groups, &count)
    let mine = groups.prefix(found > 0 ? Int(found) : 0)
    let needed = S_IRGRP | S_IWGRP
    return PortProblem.Access(
        user: user, group: group ?? String(node.st_gid),
        groupMayReadAndWrite: node.st_mode & needed == needed,
        isMember: mine.contains(node.st_gid))
}
