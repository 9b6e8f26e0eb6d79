import AlarmModel
import CLinux
import Glibc
import Synchronization

/// A serial line: a tty of an adapter, of the board, or a pseudo-terminal.
final class SerialWay: NodeWay {
    private let match: DeviceMatch
    private let settings: SerialSettings

    init(
        _ slot: PortSlot, _ host: any PortHost, _ match: DeviceMatch, _ settings: SerialSettings
    ) {
        self.match = match
        self.settings = settings
        super.init(slot, host)
    }

    override var isDevice: Bool { true }

    override var counts: [PortStatus.Counter] {
        slot.counters.ofLine + [.init("slowOpens", slot.counters.slowOpens)]
    }

    override func find(_ now: MonotonicTime) throws(PortProblem) -> NodeTarget {
        let found = try host.devices.find(match, .tty, now)
        let (node, settings, facts) = (found.node, settings, found.facts)
        let (terminal, path) = (found.terminal, match.path ?? node)
        let (known, calls) = (holder, host.calls)
        let open: @Sendable () -> NodeOpening = {
            if let terminal, let user = DeviceHolder.ofTerminal(terminal, known: known) {
                return NodeOpening(result: .failure(.terminal(path, node, user)), holder: user)
            }
            do throws(SerialPort.Refusal) {
                return NodeOpening(result: .success(try calls.openSerial(node, settings)))
            } catch {
                switch error {
                case .node(let refusal):
                    return NodeOpening(refusal, node, facts, asking: .holder(known))
                case .notATerminal:
                    return NodeOpening(result: .failure(.wrongKind(node, .tty)))
                case .otherSettings(let got):
                    return NodeOpening(
                        result: .failure(.refusedSettings(node, asked: settings, got: got)))
                }
            }
        }
        return NodeTarget(
            node: node, id: found.id, path: node, open: open, close: calls.closeSerial)
    }

    override func channel(
        _ handle: PortHandle, _ open: OpenNode, _ target: NodeTarget
    ) -> Channel {
        SerialChannel(
            handle, open, node: target.node, of: slot.mark, in: host.epoll,
            with: host.calls)
    }

    override func problem(after reason: PortCloseReason) -> PortProblem { match.absence }
}

extension DeviceMatch {
    /// What a port waits for whose device is gone.
    var absence: PortProblem { path.map(PortProblem.noPath) ?? .noDevice(self) }
}

final class SerialChannel: Channel {
    /// Held by whoever sets or closes the descriptor, which are threads of their own.
    private final class Line: Sendable {
        let isClosed = Mutex(false)
    }

    private let path: String
    private let calls: NodeCalls
    private let line = Line()
    private var wanted: Tuning?
    private var isTuning = false
    private var filter: LineErrorFilter?
    private var overrunsSeen: UInt64 = 0

    init(
        _ handle: PortHandle, _ open: OpenNode, node: String, of slot: SlotMark,
        in epoll: Epoll? = nil,
        with calls: NodeCalls = .kernel
    ) {
        path = node
        self.calls = calls
        filter = open.marksErrors ? LineErrorFilter() : nil
        super.init(handle, open.descriptor, of: slot, in: epoll)
        _ = unsafe linux_get_overruns(descriptor, &overrunsSeen)
        if open.isSlow { counters.slowOpens &+= 1 }
    }

    override var isStream: Bool { true }
    override var node: String? { path }
    override var endReason: PortCloseReason { .unplugged }

    override func reason(of code: Int32) -> PortCloseReason {
        isUnplugged(code) ? .unplugged : .failed(code)
    }

    override func read(
        into buffer: UnsafeMutableRawBufferPointer, atMost share: Int = Limits.readsPerTurnBytes
    ) -> ReadOutcome {
        let outcome = unsafe super.read(into: buffer, atMost: share)
        guard filter != nil, case .bytes(let count) = outcome else { return outcome }
        let bytes = unsafe buffer.bindMemory(to: UInt8.self)
        var span = unsafe bytes.extracting(..<count).mutableSpan
        let kept = filter?.filter(&span, counting: &counters.lineErrors) ?? count
        return kept == 0 ? .nothing : .bytes(kept)
    }

    /// Adds what the driver lost.
    override func gatherCounts() {
        var now: UInt64 = 0
        guard unsafe linux_get_overruns(descriptor, &now) == 0 else { return }
        counters.lineErrors.overruns &+= now &- overrunsSeen
        overrunsSeen = now
    }

    /// Only once nobody is setting it any more: its number may be another file's by then.
    override var closing: @Sendable () -> Void {
        let (descriptor, calls, line) = (descriptor, calls, line)
        return {
            line.isClosed.withLock { isClosed in
                isClosed = true
                calls.closeSerial(descriptor)
            }
        }
    }

    /// Sets the line anew, on a thread of its own: a driver may take its time. The last settings
    /// count; those in between may be skipped.
    func retune(_ tuning: Tuning, with errands: Errands) {
        wanted = tuning
        if !isTuning { tune(with: errands) }
    }

    private func tune(with errands: Errands) {
        guard let tuning = wanted else { return }
        wanted = nil
        let (descriptor, calls, line) = (descriptor, calls, line)
        isTuning = errands.run {
            line.isClosed.withLock { isClosed in
                guard !isClosed else { return }
                calls.setSerial(descriptor, tuning.settings, tuning.keepsInput)
            }
        } then: { [weak self, unowned errands] in
            self?.isTuning = false
            self?.tune(with: errands)
        }
    }
}

/// What a line is to be set to.
struct Tuning: Sendable {
    var settings: SerialSettings
    /// False: throws away what came at the old settings.
    var keepsInput: Bool
}
