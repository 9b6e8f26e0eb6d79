import AlarmModel
import Glibc

extension PortLoop {
    /// Whether a serial port is missing, so that a device that comes may be its.
    var needsDevices: Bool {
        slots.contains { $0.isSerial && $0.isWaiting }
    }

    /// Looks through all devices, closes the ports whose device is gone, and has every missing
    /// serial port tried again.
    func lookForDevices(_ now: MonotonicTime) {
        let wasHinted = devicesChanged
        devicesChanged = false
        rescan(now)
        // The kernel tells of a removal just before the device is gone: so look once more.
        if wasHinted { rescanAt = min(rescanAt, now + Limits.portRetry) }
        for slot in slots where slot.isSerial && slot.isWaiting { slot.retryAt = now }
    }

    func openSerial(
        _ slot: PortSlot, _ match: SerialMatch, _ settings: SerialSettings, _ now: MonotonicTime
    ) {
        do throws(PortProblem) {
            let target = try find(match, now)
            slot.id = target.id
            slot.path = target.node
            if let user = channels.first(where: { $0.node == target.node }) {
                throw PortProblem.taken(target.node, by: user.slot.definition.name)
            }
            let port = try open(target.node, settings, slot)
            let channel = Channel(nextHandle(), port, node: target.node, slot)
            slot.reach(.open(channel))
            open(channel, id: target.id, path: target.node)
        } catch {
            slot.wait(error, until: now + Limits.portRetry)
        }
    }

    private func rescan(_ now: MonotonicTime) {
        // Without a monitor there are no hints, so the next look comes sooner.
        let hasHints = scan?.descriptor != nil
        scannedAt = now
        rescanAt = now + (hasHints ? Limits.deviceRescan : Limits.portRetry)
        guard let present = scan?.devices() else { return }
        var waiting: [String: MonotonicTime] = [:]
        for device in present where !device.isSettled {
            let since = unsettled[device.node] ?? now
            if now - since < Limits.udevPatience { waiting[device.node] = since }
        }
        unsettled = waiting
        if !waiting.isEmpty { rescanAt = now + Limits.portRetry }

        let gone = Set(devices.map(\.facts.node)).subtracting(present.map(\.node))
        // Before udev has described a device, it would get the wrong id.
        let described = present.filter { waiting[$0.node] == nil }
        devices = Array(zip(described, identity.ids(of: described)))
        for channel in channels {
            if let node = channel.node, gone.contains(node) { retire(channel, .unplugged) }
        }
    }

    private func find(
        _ match: SerialMatch, _ now: MonotonicTime
    ) throws(PortProblem) -> (node: String, id: PortID) {
        if let path = match.path { return try find(path, now) }
        let fitting = devices.filter { match.fits($0.facts) }
        guard let first = fitting.first else { throw .noDevice(match) }
        guard fitting.count == 1 else { throw .several(match, fitting.map(\.facts)) }
        return (first.facts.node, first.id)
    }

    private func find(
        _ path: String, _ now: MonotonicTime
    ) throws(PortProblem) -> (node: String, id: PortID) {
        guard let node = resolvedPath(path) else { throw .noPath(path) }
        // Pseudo-terminals are not among udev's devices.
        let isKnown = node.hasPrefix("/dev/pts/") || devices.contains { $0.facts.node == node }
        if !isKnown && scannedAt < now { rescan(now) }
        if unsettled[node] != nil { throw .unsettled(node) }
        let device = devices.first { $0.facts.node == node && $0.facts.isUSB }
        return (node, device?.id ?? PortIdentity.id(ofPath: path))
    }

    private func open(
        _ node: String, _ settings: SerialSettings, _ slot: PortSlot
    ) throws(PortProblem) -> SerialPort {
        do throws(SerialPort.Refusal) {
            return try SerialPort.open(node, settings)
        } catch {
            switch error {
            case .absent:
                // It was there when last looked for: look again with the next attempt.
                rescanAt = min(rescanAt, scannedAt + Limits.portRetry)
                throw .noPath(node)
            case .busy:
                slot.holder = DeviceHolder.of(node, known: slot.holder)
                throw .busy(node, holder: slot.holder)
            case .denied: throw .denied(node, access(to: node))
            case .forbidden: throw .forbidden(node)
            case .notATerminal: throw .notATerminal(node)
            case .otherSettings(let got): throw .refusedSettings(node, asked: settings, got: got)
            case .failed(let code): throw .failed("cannot open \(node)", code)
            }
        }
    }
}

/// The path without symbolic links; nil when nothing is there.
private func resolvedPath(_ path: String) -> String? {
    guard let text = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(text) }
    return unsafe String(cString: text)
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
