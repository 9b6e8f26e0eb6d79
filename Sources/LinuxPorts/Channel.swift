import AlarmModel
import CLinux
import Glibc

/// One open way in, as the loop holds it: a descriptor, and the bytes that it did not take yet.
final class Channel {
    enum Kind {
        case tty(node: String)
        /// Gives and takes one report at a time: see ``PortLoop/openHidraw(_:_:_:)``.
        case hidraw(node: String)
        /// Takes nothing.
        case pipe(node: String)
        case connection
        /// Of a UDP listener, which is the one that reads.
        case peer(UDPListener)
    }

    let handle: PortHandle
    let descriptor: Int32
    let kind: Kind
    let slot: PortSlot
    /// What epoll watches for; nil while it does not watch at all.
    var watched: Epoll.Readiness?
    /// The peer has sent its last byte; it may still wait for a reply.
    var hasEnded = false
    /// Its bytes waited unread when its time was over, and it got more: once a frame.
    var isSpared = false
    /// The way back to a peer of a UDP listener, as its last datagram came.
    var route: DatagramRoute?
    /// What is said with a serial server beside the payload.
    private(set) var telnet: RFC2217Session?

    private var filter: LineErrorFilter?
    private var output: [UInt8] = []
    private var overrunsSeen: UInt64 = 0
    /// Of a hidraw port that is written to.
    private var reports: ReportWriter?

    init(_ handle: PortHandle, _ descriptor: Int32, _ kind: Kind, _ slot: PortSlot) {
        self.handle = handle
        self.descriptor = descriptor
        self.kind = kind
        self.slot = slot
    }

    convenience init(_ handle: PortHandle, _ port: SerialPort, node: String, _ slot: PortSlot) {
        self.init(handle, port.descriptor, .tty(node: node), slot)
        filter = port.marksErrors ? LineErrorFilter() : nil
        _ = unsafe linux_get_overruns(descriptor, &overrunsSeen)
        if port.isSlow { slot.counters.slowOpens &+= 1 }
    }

    /// The connection to a serial server, which is told of `settings` first.
    convenience init(
        _ handle: PortHandle, _ descriptor: Int32, server settings: SerialSettings, _ slot: PortSlot
    ) {
        self.init(handle, descriptor, .connection, slot)
        telnet = RFC2217Session(settings)
        output = RFC2217Session.opening
    }

    var node: String? {
        switch kind {
        case .tty(let node), .hidraw(let node), .pipe(let node): node
        case .connection, .peer: nil
        }
    }

    var hasOutput: Bool { !output.isEmpty }

    /// More waits than may.
    var isStuck: Bool { output.count > Limits.portOutputBytesMax }

    /// False for what shares the descriptor of its listener.
    var isWatchable: Bool {
        if case .peer = kind { false } else { true }
    }

    /// Bytes wait in the kernel.
    var hasUnread: Bool {
        guard isWatchable else { return false }
        var count: Int32 = 0
        let failed = unsafe ioctl(descriptor, UInt(FIONREAD), &count)
        return failed == 0 && count > 0
    }

    /// Who connects to us may send its last byte and then wait for the reply. Where we connect, or
    /// open a tty, its end is an outage, and the sooner it is tried again the better.
    var keepsHalfClosed: Bool {
        if case .tcpListen = slot.definition.way { true } else { false }
    }

    /// One read(2), straight into `buffer`.
    func read(
        into buffer: UnsafeMutableRawBufferPointer, atMost share: Int = Limits.readsPerTurnBytes
    ) -> ReadOutcome {
        if case .hidraw = kind { return unsafe readReport(into: buffer) }
        let room = unsafe buffer.prefix(min(share, Limits.readsPerTurnBytes))
        let outcome = unsafe receive(UnsafeMutableRawBufferPointer(rebasing: room))
        guard filter != nil || telnet != nil, case .bytes(let count) = outcome else {
            return outcome
        }
        let bytes = unsafe buffer.bindMemory(to: UInt8.self)
        var span = unsafe bytes.extracting(..<count).mutableSpan
        let kept =
            filter?.filter(&span, counting: &slot.counters.lineErrors)
            ?? telnet?.receive(&span, answering: &output, counting: &slot.counters.lineErrors)
        return kept == 0 ? .nothing : .bytes(kept ?? count)
    }

    /// The serial server has had all the time that it gets to confirm its settings.
    func endSettling() { telnet?.timeOut() }

    /// One report, with its length in front.
    private func readReport(into buffer: UnsafeMutableRawBufferPointer) -> ReadOutcome {
        // Its length, and one byte more than a report has: with that, it is a longer one.
        let room = 1 + Limits.hidReportBytesMax + 1
        guard buffer.count >= room else { return .nothing }
        let report = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[1..<room])
        let outcome = unsafe receive(report)
        guard case .bytes(let count) = outcome else { return outcome }
        let length = min(count, Limits.hidReportBytesMax)
        if length < count { slot.counters.cutReports &+= 1 }
        unsafe buffer[0] = UInt8(length)
        return .bytes(1 + length)
    }

    private func receive(_ room: UnsafeMutableRawBufferPointer) -> ReadOutcome {
        guard room.count > 0 else { return .nothing }
        let count = unsafe Glibc.read(descriptor, room.baseAddress, room.count)
        if count == 0 { return .closed(endReason) }
        guard count > 0 else {
            return errno == EAGAIN || errno == EINTR ? .nothing : .closed(failure(errno))
        }
        slot.counters.bytesIn &+= UInt64(count)
        return .bytes(count)
    }

    /// Hands `bytes` to the kernel, behind those that wait already, and keeps what it does not
    /// take. The reason to close the channel when it failed or is stuck.
    func write(_ bytes: Span<UInt8>) -> PortCloseReason? {
        switch kind {
        case .tty, .connection:
            if let escaped = telnet?.escaped(bytes) { return stream(escaped.span) }
            return stream(bytes)
        case .peer: sendDatagram(bytes)
        case .hidraw: writeReport(bytes)
        case .pipe: slot.counters.unsentReplies &+= 1
        }
        return nil
    }

    private func writeReport(_ report: Span<UInt8>) {
        if reports == nil { reports = ReportWriter(descriptor) }
        if reports?.send(report) != true { slot.counters.unsentReplies &+= 1 }
    }

    /// Datagrams may be lost anywhere, so their devices ask again.
    private func sendDatagram(_ bytes: Span<UInt8>) {
        let isSent = unsafe bytes.withUnsafeBytes { bytes in
            guard let route else { return false }
            return unsafe UDPSocket.send(bytes, along: route, from: descriptor)
        }
        if isSent {
            slot.counters.bytesOut &+= UInt64(bytes.count)
        } else {
            slot.counters.unsentReplies &+= 1
        }
    }

    private func stream(_ bytes: Span<UInt8>) -> PortCloseReason? {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            var taken = 0
            if output.isEmpty {
                switch unsafe send(UnsafeRawBufferPointer(buffer)) {
                case .success(let count): taken = count
                case .failure(let failure): return failure.reason
                }
            }
            let rest = buffer.extracting(taken...)
            guard rest.count <= Limits.portOutputBytesMax - output.count else { return .stuck }
            unsafe output.append(contentsOf: rest)
            return nil
        }
    }

    /// Hands over what waits, when the kernel takes bytes again.
    func flush() -> PortCloseReason? {
        let sent = unsafe output.withUnsafeBytes { unsafe send($0) }
        switch sent {
        case .success(let count): output.removeFirst(count)
        case .failure(let failure): return failure.reason
        }
        return nil
    }

    func close() {
        gatherCounts()
        reports = nil
        switch kind {
        case .tty: SerialPort.close(descriptor)
        case .hidraw, .pipe, .connection: _ = Glibc.close(descriptor)
        case .peer(let listener): if let route { listener.forget(route.peer) }
        }
    }

    /// Adds what the driver lost and the writer of reports wrote since the last time.
    func gatherCounts() {
        if let outcome = reports?.takeOutcome() {
            slot.counters.bytesOut &+= outcome.bytesSent
            slot.counters.unsentReplies &+= outcome.unsent
        }
        var now: UInt64 = 0
        guard case .tty = kind, unsafe linux_get_overruns(descriptor, &now) == 0 else { return }
        slot.counters.lineErrors.overruns &+= now &- overrunsSeen
        overrunsSeen = now
    }

    /// What it means that no more bytes come.
    var endReason: PortCloseReason {
        switch kind {
        case .tty, .hidraw: .unplugged
        case .pipe: .inputEnded
        case .connection, .peer: .peerClosed
        }
    }

    private struct Failure: Error { var reason: PortCloseReason }

    /// The number of bytes taken, none when the kernel has no room.
    private func send(_ bytes: UnsafeRawBufferPointer) -> Result<Int, Failure> {
        let count =
            switch kind {
            case .tty, .hidraw, .pipe:
                unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count)
            // Without the flag, a peer that is gone would be a signal that ends the daemon.
            case .connection, .peer:
                unsafe Glibc.send(
                    descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            }
        guard count >= 0 else {
            if errno == EAGAIN || errno == EINTR { return .success(0) }
            return .failure(Failure(reason: failure(errno)))
        }
        slot.counters.bytesOut &+= UInt64(count)
        return .success(count)
    }

    private func failure(_ code: Int32) -> PortCloseReason {
        switch (kind, code) {
        case (.tty, EIO), (.tty, ENXIO), (.tty, ENODEV): .unplugged
        case (.hidraw, EIO), (.hidraw, ENXIO), (.hidraw, ENODEV): .unplugged
        case (.connection, EPIPE), (.connection, ECONNRESET): .peerClosed
        default: .failed(code)
        }
    }
}
