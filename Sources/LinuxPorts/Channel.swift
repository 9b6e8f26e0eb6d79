import AlarmModel
import CLinux
import Glibc

/// One open way in, as the loop holds it: a descriptor, and the bytes that it did not take yet.
final class Channel {
    enum Kind {
        case tty(node: String)
        case connection
    }

    let handle: PortHandle
    let descriptor: Int32
    let kind: Kind
    let slot: PortSlot
    /// What epoll watches for; nil while it does not watch at all.
    var watched: Epoll.Readiness?
    /// The peer has sent its last byte; it may still wait for a reply.
    var hasEnded = false

    private var filter: LineErrorFilter?
    private var output: [UInt8] = []
    private var overrunsSeen: UInt64 = 0

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

    var node: String? {
        if case .tty(let node) = kind { node } else { nil }
    }

    var hasOutput: Bool { !output.isEmpty }

    /// Who connects to us may send its last byte and then wait for the reply. Where we connect, or
    /// open a tty, its end is an outage, and the sooner it is tried again the better.
    var keepsHalfClosed: Bool {
        if case .tcpListen = slot.definition.way { true } else { false }
    }

    /// One read(2), straight into `buffer`.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> ReadOutcome {
        guard buffer.count > 0 else { return .nothing }
        let limit = min(buffer.count, Limits.readsPerTurnBytes)
        let count = unsafe Glibc.read(descriptor, buffer.baseAddress, limit)
        if count == 0 { return .closed(endReason) }
        guard count > 0 else {
            return errno == EAGAIN || errno == EINTR ? .nothing : .closed(failure(errno))
        }
        slot.counters.bytesIn &+= UInt64(count)
        guard filter != nil else { return .bytes(count) }
        let bytes = unsafe buffer.bindMemory(to: UInt8.self)
        var span = unsafe bytes.extracting(..<count).mutableSpan
        let kept = filter?.filter(&span, counting: &slot.counters.lineErrors) ?? count
        return kept == 0 ? .nothing : .bytes(kept)
    }

    /// Hands `bytes` to the kernel, behind those that wait already, and keeps what it does not
    /// take. The reason to close the channel when it failed or is stuck.
    func write(_ bytes: Span<UInt8>) -> PortCloseReason? {
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
        countOverruns()
        switch kind {
        case .tty: SerialPort.close(descriptor)
        case .connection: _ = Glibc.close(descriptor)
        }
    }

    /// Adds what the driver lost since the last time to the port's counter.
    func countOverruns() {
        var now: UInt64 = 0
        guard case .tty = kind, unsafe linux_get_overruns(descriptor, &now) == 0 else { return }
        slot.counters.overruns &+= now &- overrunsSeen
        overrunsSeen = now
    }

    /// What it means that no more bytes come.
    var endReason: PortCloseReason {
        if case .tty = kind { .unplugged } else { .peerClosed }
    }

    private struct Failure: Error { var reason: PortCloseReason }

    /// The number of bytes taken, none when the kernel has no room.
    private func send(_ bytes: UnsafeRawBufferPointer) -> Result<Int, Failure> {
        let count =
            switch kind {
            case .tty: unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count)
            // Without the flag, a peer that is gone would be a signal that ends the daemon.
            case .connection:
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
        case (.connection, EPIPE), (.connection, ECONNRESET): .peerClosed
        default: .failed(code)
        }
    }
}
