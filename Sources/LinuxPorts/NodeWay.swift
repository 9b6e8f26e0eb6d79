import AlarmModel
import Glibc

/// What a node was found to be, and how it is opened.
struct NodeTarget {
    var node: String
    var id: PortID
    /// What a person knows it by.
    var path: String
    /// Done on another thread: a driver may keep open(2) for seconds, and finding out who holds a
    /// device or who may open it takes long as well.
    var open: @Sendable () -> NodeOpening
}

struct NodeOpening: Sendable {
    var result: Result<OpenNode, PortProblem>
    /// Whoever has it open, to be asked first the next time.
    var holder: DeviceHolder?
    /// It was there when last looked for, and is not.
    var hasVanished = false
}

/// A way in that is a node of the file system: a device, or a FIFO.
class NodeWay: WayIn {
    let slot: PortSlot
    unowned let host: any PortHost
    private(set) var holder: DeviceHolder?
    /// Counts the attempts, so that what comes of one that was given up is known as that.
    private var isAbandoned = false

    init(_ slot: PortSlot, _ host: any PortHost) {
        self.slot = slot
        self.host = host
    }

    // MARK: what a kind has to say

    var isDevice: Bool { false }
    var counts: [PortStatus.Counter] { [] }

    /// The node to be opened.
    func find(_ now: MonotonicTime) throws(PortProblem) -> NodeTarget {
        preconditionFailure("a kind of node says where it is")
    }

    func channel(_ handle: PortHandle, _ open: OpenNode, _ node: String) -> Channel {
        preconditionFailure("a kind of node says what its channel is")
    }

    /// What it waits for once it is closed.
    func problem(after reason: PortCloseReason) -> PortProblem {
        preconditionFailure("a kind of node says what it waits for")
    }

    /// When it is to be looked after while it is open; nil for never.
    func nextLook(_ now: MonotonicTime) -> MonotonicTime? { nil }

    func look(after channel: Channel, _ now: MonotonicTime) {}

    // MARK: what all do

    final func attend(_ now: MonotonicTime) {
        switch slot.stage {
        case .waiting: begin(now)
        case .opening: slot.problem = .hangs(slot.path ?? "it")
        case .open:
            guard let channel = slot.channel else { return }
            look(after: channel, now)
            if slot.channel != nil { slot.retryAt = nextLook(now) }
        }
    }

    final func ended(_ reason: PortCloseReason) { fail(problem(after: reason)) }

    final func abandon() { isAbandoned = true }

    private func begin(_ now: MonotonicTime) {
        do throws(PortProblem) {
            let target = try find(now)
            slot.id = target.id
            slot.path = target.path
            if let obstacle = host.nodes.obstacle(to: target.node, at: now) { throw obstacle }
            finish(target, target.open())
        } catch {
            fail(error)
        }
    }

    private func finish(_ target: NodeTarget, _ opening: NodeOpening) {
        holder = opening.holder
        switch opening.result {
        case .failure(let problem):
            if opening.hasVanished { host.devices.lookAgain() }
            fail(problem)
        case .success(let open):
            host.nodes.take(target.node, for: slot.definition.name)
            let channel = channel(host.nextHandle(), open, target.node)
            slot.reach(channel)
            slot.retryAt = nextLook(Clock.monotonic())
            host.open(channel, of: slot, target.id, path: target.path)
        }
    }

    private func fail(_ problem: PortProblem) {
        if problem.state == .absent { holder = nil }
        let retry = problem.isFinal ? nil : Clock.monotonic() + Limits.portRetry
        slot.wait(problem, until: retry)
    }
}

extension NodeOpening {
    /// - Parameters:
    ///   - device: what udev knows of the node; nil when it is no device of udev's.
    ///   - known: who held it the last time. Nil in `known` for what others may have open too.
    init(_ refusal: NodeRefusal, _ node: String, _ device: DeviceFacts?, asking known: Known) {
        switch refusal {
        case .absent:
            result = .failure(.noPath(node))
            hasVanished = true
        case .busy:
            if case .holder(let known) = known { holder = DeviceHolder.of(node, known: known) }
            result = .failure(.busy(node, holder: holder))
        case .denied: result = .failure(.denied(node, access(to: node), device))
        case .forbidden: result = .failure(.forbidden(node))
        case .failed(let code): result = .failure(.failed("cannot open \(node)", code))
        }
    }

    enum Known {
        case holder(DeviceHolder?)
        /// A FIFO is open in its writers too, and they are welcome.
        case manyHolders
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
