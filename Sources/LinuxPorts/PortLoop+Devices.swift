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
            let target = try find(match, subsystem, now)
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
        _ match: DeviceMatch, _ subsystem: DeviceFacts.Subsystem, _ now: MonotonicTime
    ) throws(PortProblem) -> (node: String, id: PortID) {
        if let path = match.path { return try find(path, subsystem, now) }
        let fitting = devices.filter { $0.facts.subsystem == subsystem && match.fits($0.facts) }
        guard let first = fitting.first else { throw .noDevice(match) }
        guard fitting.count == 1 else { throw .several(match, fitting.map(\.facts)) }
        return (first.facts.node, first.id)
    }

    private func find(
        _ path: String, _ subsystem: DeviceFacts.Subsystem, _ now: MonotonicTime
    ) throws(PortProblem) -> (node: String, id: PortID) {
        guard let node = resolvedPath(path) else { throw .noPath(path) }
        // Pseudo-terminals are not among udev's devices.
        let isKnown = node.hasPrefix("/dev/pts/") || devices.contains { $0.facts.node == node }
        if !isKnown && scannedAt < now { rescan(now) }
        if unsettled[node] != nil { throw .unsettled(node) }
        let device = devices.first { $0.facts.node == node }
        // Without this, a read would be taken for a report whatever it is.
        if subsystem == .hidraw, device?.facts.subsystem != .hidraw { throw .notHidraw(node) }
        if let device, device.facts.isUSB { return (node, device.id) }
        return (node, PortIdentity.id(ofPath: path, kind: subsystem.rawValue))
    }
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
