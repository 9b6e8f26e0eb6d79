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

extension PortLoop {
    func openPipe(_ slot: PortSlot, _ source: PipeSource, _ now: MonotonicTime) {
        slot.id = source.portID
        slot.path = source.description
        do throws(PortProblem) {
            let channel =
                switch source {
                case .fifo(let path): try openFIFO(path, slot)
                case .standardInput: try openStandardInput(slot)
                }
            slot.reach(.open(channel))
            if case .fifo = source { slot.retryAt = now + Limits.fifoCheck }
            open(channel, id: source.portID, path: source.description)
        } catch {
            waitForPipe(slot, source, error)
        }
    }

    /// Closes a FIFO that no writer can find any more: it would be silent for ever.
    func check(_ channel: Channel, at path: String, _ now: MonotonicTime) {
        guard FIFO.leads(path, to: channel.descriptor) else { return retire(channel, .removed) }
        channel.slot.retryAt = now + Limits.fifoCheck
    }

    func waitForPipe(_ slot: PortSlot, _ source: PipeSource, _ reason: PortCloseReason) {
        waitForPipe(
            slot, source, reason == .inputEnded ? .inputEnded : .noPath(source.description))
    }

    /// A FIFO can be put in order at any time; standard input is what it was started with.
    private func waitForPipe(_ slot: PortSlot, _ source: PipeSource, _ problem: PortProblem) {
        let isFinal = problem == .inputEnded || problem == .noPipeToRead
        slot.wait(problem, until: isFinal ? nil : Clock.monotonic() + Limits.portRetry)
    }

    private func openFIFO(_ path: String, _ slot: PortSlot) throws(PortProblem) -> Channel {
        if FIFO.isPipe(at: path) == nil {
            let code = FIFO.make(path)
            guard code == 0 else { throw .noFIFO(path, code) }
        }
        guard FIFO.isPipe(at: path) == true, let node = resolvedPath(path) else {
            throw .notAFIFO(path)
        }
        try refuseTaken(node)
        do throws(NodeRefusal) {
            return Channel(nextHandle(), try FIFO.open(node), .pipe(node: node), slot)
        } catch {
            throw problem(error, node, slot)
        }
    }

    private func openStandardInput(_ slot: PortSlot) throws(PortProblem) -> Channel {
        let name = PipeSource.standardInput.description
        try refuseTaken(name)
        guard let descriptor = FIFO.standardInput() else { throw .noPipeToRead }
        return Channel(nextHandle(), descriptor, .pipe(node: name), slot)
    }
}

extension PortProblem {
    fileprivate static let inputEnded = PortProblem(
        state: .absent, reason: "standard input has ended",
        remedy: "start tocsind again behind the program that it reads")

    fileprivate static let noPipeToRead = PortProblem(
        state: .unusable, reason: "standard input is no pipe",
        remedy: "start tocsind behind a program, `rtl_433 -F json | tocsind`, "
            + "or give this port the path of a FIFO")

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
