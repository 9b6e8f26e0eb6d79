import AlarmModel

/// A raw HID device.
///
/// One read(2) of its node is one report, and in a stream of bytes the end of a report would be
/// lost. So what the port hands on is
///
///     length 1 | report length
///
/// with the report as the device sent it, its number in front where the device numbers its reports.
/// A report longer than ``Limits/hidReportBytesMax`` is cut to that length and counted: what it
/// begins with may be a press.
///
/// Each reply is written as one report, its bytes as they are: the first is the report's number, 0
/// where the device has none. See ``ReportWriter``.
final class HidrawWay: NodeWay {
    private let match: DeviceMatch

    init(_ slot: PortSlot, _ host: any PortHost, _ match: DeviceMatch) {
        self.match = match
        super.init(slot, host)
    }

    override var isDevice: Bool { true }

    override var counts: [PortStatus.Counter] {
        [
            .init("cutReports", slot.counters.cutReports),
            .init("unsentReplies", slot.counters.unsentReplies),
        ]
    }

    override func find(_ now: MonotonicTime) throws(PortProblem) -> NodeTarget {
        let found = try host.devices.find(match, .hidraw, now)
        let (node, facts, known, calls) = (found.node, found.facts, holder, host.calls)
        return NodeTarget(
            node: node, id: found.id, path: node,
            open: {
                do throws(NodeRefusal) {
                    return NodeOpening(result: .success(try calls.openHidraw(node)))
                } catch {
                    return NodeOpening(error, node, facts, asking: .holder(known))
                }
            }, close: calls.closeHidraw)
    }

    override func channel(
        _ handle: PortHandle, _ open: OpenNode, _ target: NodeTarget
    ) -> Channel {
        HidrawChannel(
            handle, open.descriptor, node: target.node, of: slot.mark, in: host.epoll,
            closingWith: target.close)
    }

    override func problem(after reason: PortCloseReason) -> PortProblem { match.absence }
}

/// Gives and takes one report at a time.
final class HidrawChannel: Channel {
    private let path: String
    private let end: @Sendable (Int32) -> Void
    /// Once it is written to.
    private var reports: ReportWriter?

    init(
        _ handle: PortHandle, _ descriptor: Int32, node: String, of slot: SlotMark,
        in epoll: Epoll? = nil,
        closingWith end: @escaping @Sendable (Int32) -> Void = NodeCalls.kernel.closeHidraw
    ) {
        path = node
        self.end = end
        super.init(handle, descriptor, of: slot, in: epoll)
    }

    override var node: String? { path }
    override var endReason: PortCloseReason { .unplugged }

    override var closing: @Sendable () -> Void {
        let (descriptor, end) = (descriptor, end)
        return { end(descriptor) }
    }

    override func reason(of code: Int32) -> PortCloseReason {
        isUnplugged(code) ? .unplugged : .failed(code)
    }

    /// One report, with its length in front.
    override func read(
        into buffer: UnsafeMutableRawBufferPointer, atMost share: Int = Limits.readsPerTurnBytes
    ) -> ReadOutcome {
        // Its length, and one byte more than a report has: with that, it is a longer one.
        let room = 1 + Limits.hidReportBytesMax + 1
        guard buffer.count >= room else { return .nothing }
        let report = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[1..<room])
        let outcome = unsafe receive(report)
        guard case .bytes(let count) = outcome else { return outcome }
        let length = min(count, Limits.hidReportBytesMax)
        if length < count { counters.cutReports &+= 1 }
        unsafe buffer[0] = UInt8(length)
        return .bytes(1 + length)
    }

    override func write(_ report: Span<UInt8>) -> PortCloseReason? {
        if reports == nil { reports = ReportWriter(descriptor) }
        if reports?.send(report) != true { counters.unsentReplies &+= 1 }
        return nil
    }

    /// Adds what the writer of reports wrote.
    override func gatherCounts() {
        guard let outcome = reports?.takeOutcome() else { return }
        counters.bytesOut &+= outcome.bytesSent
        counters.unsentReplies &+= outcome.unsent
    }
}
