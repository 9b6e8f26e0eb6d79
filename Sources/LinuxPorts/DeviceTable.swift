import AlarmModel
import Glibc

/// The devices that are present, as they were last found, and which of them a port means.
final class DeviceTable {
    /// What a match was found to be.
    struct Found {
        var node: String
        var id: PortID
        /// What udev says of it; nil for what it does not know.
        var facts: DeviceFacts?
        /// The number of a pseudo-terminal, at which somebody may work.
        var terminal: dev_t?
    }

    private let scan: DeviceScan?
    private let timetable: Timetable
    /// What the last look found, and the ids that go with it.
    private var present: [(facts: DeviceFacts, id: PortID)] = []
    private var identity = PortIdentity()
    /// Nodes that udev has not described yet, and since when they are known.
    private var unsettled: [String: MonotonicTime] = [:]
    /// Something about the devices may have changed.
    private var hasChanged = true
    private(set) var scannedAt = MonotonicTime(microseconds: 0)
    /// Told of each node that is gone.
    var onGone: (String) -> Void = { _ in }

    init(_ timetable: Timetable) {
        scan = DeviceScan()
        self.timetable = timetable
        timetable[.scan] = scannedAt
    }

    /// Readable when something changed; nil when nobody tells.
    var descriptor: Int32? { scan?.descriptor }

    /// Udev has something to say.
    func takeHints() {
        if scan?.takeHints() == true { lookSoon() }
    }

    /// Something about the devices may have changed: looks through them, though not all the time.
    func lookSoon() {
        hasChanged = true
        look(by: scannedAt + Limits.deviceScanRest)
    }

    /// A node has vanished that was there: looks again with the next attempt to open it.
    func lookAgain() { look(by: scannedAt + Limits.portRetry) }

    private func look(by time: MonotonicTime) {
        timetable[.scan] = min(timetable[.scan] ?? time, time)
    }

    /// Looks through all devices, if that can bring anything. True when it did.
    func look(_ now: MonotonicTime, isMissingAny: Bool) -> Bool {
        guard hasChanged || isMissingAny else {
            look(by: now + Limits.deviceRescan)
            return false
        }
        let wasHinted = hasChanged
        hasChanged = false
        rescan(now)
        // The kernel tells of a removal just before the device is gone: so look once more.
        if wasHinted { look(by: now + Limits.portRetry) }
        return true
    }

    private func rescan(_ now: MonotonicTime) {
        // Without a monitor there are no hints, so the next look comes sooner.
        let hasHints = scan?.descriptor != nil
        scannedAt = now
        timetable[.scan] = now + (hasHints ? Limits.deviceRescan : Limits.portRetry)
        guard let found = scan?.devices() else { return }
        var waiting: [String: MonotonicTime] = [:]
        for device in found where !device.isSettled {
            let since = unsettled[device.node] ?? now
            if now - since < Limits.udevPatience { waiting[device.node] = since }
        }
        unsettled = waiting
        if !waiting.isEmpty { look(by: now + Limits.portRetry) }

        let gone = Set(present.map(\.facts.node)).subtracting(found.map(\.node))
        // Before udev has described a device, it would get the wrong id.
        let described = found.filter { waiting[$0.node] == nil }
        present = Array(zip(described, identity.ids(of: described)))
        for node in gone { onGone(node) }
    }

    /// The one device that fits.
    func find(
        _ match: DeviceMatch, _ subsystem: DeviceFacts.Subsystem, _ now: MonotonicTime
    ) throws(PortProblem) -> Found {
        if let path = match.path { return try find(path, subsystem, now) }
        let fitting = present.filter { $0.facts.subsystem == subsystem && match.fits($0.facts) }
        guard let first = fitting.first else { throw .noDevice(match) }
        guard fitting.count == 1 else { throw .several(match, fitting.map(\.facts)) }
        let node = first.facts.node
        guard let number = deviceNumber(of: node) else { throw .noPath(node) }
        let id = try identify(node, number, subsystem, now) ?? first.id
        return Found(node: node, id: id, facts: first.facts)
    }

    /// The device behind a path, however many links lead to it, and its id.
    private func find(
        _ path: String, _ subsystem: DeviceFacts.Subsystem, _ now: MonotonicTime
    ) throws(PortProblem) -> Found {
        guard let node = resolvedPath(path) else { throw .noPath(path) }
        guard let number = deviceNumber(of: node) else { throw .wrongKind(node, subsystem) }
        if TerminalNumber.isConsole(number) { throw .console(node) }
        // Pseudo-terminals are not among udev's devices.
        let isTerminal = TerminalNumber.isPseudo(number)
        if !isTerminal, let id = try identify(node, number, subsystem, now) {
            let facts = present.first { $0.facts.node == node }?.facts
            return Found(node: node, id: id, facts: facts)
        }
        // Without this, a read would be taken for a report whatever it is.
        guard subsystem == .tty else { throw .notHidraw(node) }
        return Found(
            node: node, id: PortIdentity.id(ofPath: path), terminal: isTerminal ? number : nil)
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
        let known = { self.present.first { $0.facts.isSame(as: facts) }?.id }
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
