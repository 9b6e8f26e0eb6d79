import AlarmModel
import Glibc

extension PipeSource {
    fileprivate var portID: PortID {
        switch self {
        case .fifo(let path): PortIdentity.id(ofPath: path, kind: "pipe")
        case .standardInput: "pipe-stdin"
        }
    }
}

/// A FIFO, or what the daemon was started behind. Nothing can be written to either.
final class PipeWay: NodeWay {
    private let source: PipeSource

    init(_ slot: PortSlot, _ host: any PortHost, _ source: PipeSource) {
        self.source = source
        super.init(slot, host)
    }

    override var counts: [PortStatus.Counter] {
        [.init("unsentReplies", slot.counters.unsentReplies)]
    }

    override func find(_ now: MonotonicTime) throws(PortProblem) -> NodeTarget {
        let (name, id) = (source.description, source.portID)
        (slot.path, slot.id) = (name, id)
        switch source {
        case .standardInput:
            return NodeTarget(node: name, id: id, path: name) {
                let open = FIFO.standardInput().map { OpenNode(descriptor: $0) }
                return NodeOpening(result: open.map { .success($0) } ?? .failure(.noPipeToRead))
            }
        case .fifo(let path):
            let node = try Self.node(of: path)
            return NodeTarget(node: node, id: id, path: name) {
                do throws(NodeRefusal) {
                    return NodeOpening(
                        result: .success(OpenNode(descriptor: try FIFO.open(node))))
                } catch {
                    return NodeOpening(error, node, nil, asking: .manyHolders)
                }
            }
        }
    }

    private static func node(of path: String) throws(PortProblem) -> String {
        if FIFO.isPipe(at: path) == nil {
            let code = FIFO.make(path)
            guard code == 0 else { throw .noFIFO(path, code) }
        }
        guard FIFO.isPipe(at: path) == true, let node = resolvedPath(path) else {
            throw .notAFIFO(path)
        }
        return node
    }

    override func channel(
        _ handle: PortHandle, _ open: OpenNode, _ target: NodeTarget
    ) -> Channel {
        PipeChannel(handle, open.descriptor, node: target.node, of: slot.mark, in: host.epoll)
    }

    override func problem(after reason: PortCloseReason) -> PortProblem {
        reason == .inputEnded ? .inputEnded : .noPath(source.description)
    }

    override func nextLook(_ now: MonotonicTime) -> MonotonicTime? {
        source == .standardInput ? nil : now + Limits.fifoCheck
    }

    /// Closes a FIFO that no writer can find any more: it would be silent for ever.
    override func look(after channel: Channel, _ now: MonotonicTime) {
        guard case .fifo(let path) = source, !FIFO.leads(path, to: channel.descriptor)
        else { return }
        host.retire(channel, .removed)
    }
}

/// Takes nothing.
final class PipeChannel: Channel {
    private let path: String

    init(
        _ handle: PortHandle, _ descriptor: Int32, node: String, of slot: SlotMark, in epoll: Epoll
    ) {
        path = node
        super.init(handle, descriptor, of: slot, in: epoll)
    }

    override var node: String? { path }
    override var endReason: PortCloseReason { .inputEnded }

    override func write(_ bytes: Span<UInt8>) -> PortCloseReason? {
        counters.unsentReplies &+= 1
        return nil
    }
}

// A FIFO can be put in order at any time; standard input is what the daemon was started with.
extension PortProblem {
    fileprivate static let inputEnded = PortProblem(
        state: .absent, reason: "standard input has ended",
        remedy: "start tocsind again behind the program that it reads", isFinal: true)

    fileprivate static let noPipeToRead = PortProblem(
        state: .unusable, reason: "standard input is no pipe",
        remedy: "start tocsind behind a program, `rtl_433 -F json | tocsind`, "
            + "or give this port the path of a FIFO",
        isFinal: true)

    fileprivate static func notAFIFO(_ path: String) -> PortProblem {
        PortProblem(
            state: .unusable, reason: "\(path) is there and is no FIFO",
            remedy: "take it away, or choose another path for this port")
    }

    fileprivate static func noFIFO(_ path: String, _ code: Int32) -> PortProblem {
        PortProblem(
            state: code == ENOENT ? .absent : .denied,
            reason: "cannot make the FIFO \(path): \(errorText(code))",
            remedy: "choose a path below /run/tocsin, or make it: mkfifo -m 0660 \(path)")
    }
}
