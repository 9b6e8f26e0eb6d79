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
    /// The same holds for closing what was opened.
    var close: @Sendable (Int32) -> Void = { Glibc.close($0) }
}

struct NodeOpening: Sendable {
    var result: Result<OpenNode, PortProblem>
    /// Whoever has it open, to be asked first the next time.
    var holder: DeviceHolder?
    /// It was there when last looked for, and is not.
    var hasVanished = false
}

/// A way in that is a node of the file system: a device, or a FIFO.
///
/// It is opened by a thread of its own, one a port, however long that takes: a driver that hangs
/// keeps its own port waiting and no other.
class NodeWay: WayIn {
    let slot: PortSlot
    unowned let host: any PortHost
    private(set) var holder: DeviceHolder?
    /// What is being opened.
    private var opening: String?
    /// The port was taken away while it was being opened.
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

    func channel(
        _ handle: PortHandle, _ open: OpenNode, _ target: NodeTarget
    ) -> Channel {
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

    final var isLocal: Bool { true }

    final func attend(_ now: MonotonicTime) {
        switch slot.stage {
        case .waiting: begin(now)
        // The call cannot be taken back: whenever it returns, the port is open or tried again.
        case .opening: slot.problem = .hangs("opening \(slot.path ?? "it")")
        case .open:
            guard let channel = slot.channel else { return }
            look(after: channel, now)
            if slot.channel != nil { slot.retryAt = nextLook(now) }
        }
    }

    final func ended(_ reason: PortCloseReason) { fail(problem(after: reason)) }

    final func abandon() {
        isAbandoned = true
        if let opening { host.nodes.leave(opening, at: Clock.monotonic()) }
    }

    private func begin(_ now: MonotonicTime) {
        do throws(PortProblem) {
            let target = try find(now)
            let node = target.node
            slot.id = target.id
            slot.path = target.path
            if let obstacle = host.nodes.obstacle(to: node, for: slot, at: now) { throw obstacle }
            let close = target.close
            let isBegun = host.errands.run(target.open) { opening in
                if case .success(let open) = opening.result { close(open.descriptor) }
            } then: { [self] opening in
                finish(target, opening)
            }
            guard isBegun else { throw .failed("no thread to open \(node)", EAGAIN) }
            host.nodes.take(node, for: slot.definition.name)
            opening = node
            slot.begin(.opening(target.path), until: now + Limits.openPatience)
        } catch {
            fail(error)
        }
    }

    private func finish(_ target: NodeTarget, _ outcome: NodeOpening) {
        opening = nil
        holder = outcome.holder
        switch outcome.result {
        case .failure(let problem):
            host.nodes.free(target.node, at: Clock.monotonic())
            guard !isAbandoned else { return }
            if outcome.hasVanished { host.devices.lookAgain() }
            fail(problem)
        case .success(let open):
            guard !isAbandoned else {
                let close = target.close
                return host.leave(target.node) { close(open.descriptor) }
            }
            let channel = channel(host.nextHandle(), open, target)
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
    // Several ports may ask at a time, so what is found stands in memory of one's own.
    var room = [CChar](repeating: 0, count: 16_384)
    let size = room.count
    var entry = unsafe passwd()
    var found: UnsafeMutablePointer<passwd>?
    unsafe getpwuid_r(geteuid(), &entry, &room, size, &found)
    let primary = unsafe found.map { unsafe $0.pointee.pw_gid } ?? getegid()
    let user = unsafe found.map { unsafe String(cString: $0.pointee.pw_name) } ?? String(geteuid())
    var groupEntry = unsafe Glibc.group()
    var groupFound: UnsafeMutablePointer<Glibc.group>?
    unsafe getgrgid_r(node.st_gid, &groupEntry, &room, size, &groupFound)
    let group = unsafe groupFound.map { unsafe String(cString: $0.pointee.gr_name) }
    var groups = [gid_t](repeating: 0, count: 256)
    var count = Int32(groups.count)
    let known = unsafe getgrouplist(user, primary, &groups, &count)
    let mine = groups.prefix(known > 0 ? Int(known) : 0)
    let needed = S_IRGRP | S_IWGRP
    return PortProblem.Access(
        user: user, group: group ?? String(node.st_gid),
        groupMayReadAndWrite: node.st_mode & needed == needed,
        isMember: mine.contains(node.st_gid))
}
