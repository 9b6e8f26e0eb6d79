import AlarmModel
import Glibc

/// One open way in, as the loop holds it: a descriptor, and the bytes that it did not take yet.
///
/// It is a stream of bytes that is read and written as a file is. Each kind that is more than that
/// says so in the file of its way in.
class Channel {
    let handle: PortHandle
    let descriptor: Int32
    /// Names the slot that it is a channel of.
    let slotNumber: Int32
    let counters: PortCounts
    /// Where it is watched; nil for what shares the descriptor of its listener.
    let epoll: Epoll?
    /// What is watched for; nil while it is not watched at all.
    var watched: Epoll.Readiness?
    /// The peer has sent its last byte; it may still wait for a reply.
    var hasEnded = false
    /// Its bytes waited unread when its time was over, and it got more: once a frame.
    var isSpared = false
    /// What waits for the kernel to take it.
    final var output: [UInt8] = []
    final var pace = ReadPace()

    init(_ handle: PortHandle, _ descriptor: Int32, of slot: SlotMark, in epoll: Epoll?) {
        self.handle = handle
        self.descriptor = descriptor
        self.epoll = epoll
        slotNumber = slot.number
        counters = slot.counters
    }

    // MARK: what a kind may have different

    /// The node that nobody else may open meanwhile.
    var node: String? { nil }

    /// What is written has no bounds of messages.
    var isStream: Bool { false }

    /// Who connects to us may send its last byte and then wait for the reply. Where we connect, or
    /// open a tty, its end is an outage, and the sooner it is tried again the better.
    var keepsHalfClosed: Bool { false }

    /// What it means that no more bytes come.
    var endReason: PortCloseReason { .peerClosed }

    func reason(of code: Int32) -> PortCloseReason { .failed(code) }

    /// Reading may leave something to be written, or change ``complaint``.
    var answersByItself: Bool { false }

    /// What is wrong though it is open.
    var complaint: PortProblem? { nil }

    /// The time is over that it was given when it was opened.
    func endSettling() {}

    /// One read(2), straight into `buffer`.
    func read(
        into buffer: UnsafeMutableRawBufferPointer, atMost share: Int = Limits.readsPerTurnBytes
    ) -> ReadOutcome {
        let room = unsafe buffer.prefix(min(share, Limits.readsPerTurnBytes))
        return unsafe receive(UnsafeMutableRawBufferPointer(rebasing: room))
    }

    /// Hands `bytes` to the kernel, behind those that wait already, and keeps what it does not
    /// take. The reason to close the channel when it failed or is stuck.
    func write(_ bytes: Span<UInt8>) -> PortCloseReason? { stream(bytes) }

    /// The number of bytes that the kernel took, or what write(2) says.
    func put(_ bytes: UnsafeRawBufferPointer) -> Int {
        unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count)
    }

    /// Adds what is counted elsewhere since the last time.
    func gatherCounts() {}

    /// It is none of its port's channels any more.
    func left() {}

    /// Lets go of what is open. It may take long, so it may be done on another thread.
    var closing: @Sendable () -> Void {
        let descriptor = descriptor
        return { _ = Glibc.close(descriptor) }
    }

    // MARK: what all have in common

    final var hasOutput: Bool { !output.isEmpty }

    /// More waits than may.
    final var isStuck: Bool { output.count > Limits.portOutputBytesMax }

    /// Bytes wait in the kernel.
    final var hasUnread: Bool {
        guard epoll != nil else { return false }
        var count: Int32 = 0
        let failed = unsafe ioctl(descriptor, UInt(FIONREAD), &count)
        return failed == 0 && count > 0
    }

    final func receive(_ room: UnsafeMutableRawBufferPointer) -> ReadOutcome {
        guard room.count > 0 else { return .nothing }
        let count = unsafe Glibc.read(descriptor, room.baseAddress, room.count)
        if count == 0 { return .closed(endReason) }
        guard count > 0 else {
            return errno == EAGAIN || errno == EINTR ? .nothing : .closed(reason(of: errno))
        }
        counters.bytesIn &+= UInt64(count)
        return .bytes(count)
    }

    final func stream(_ bytes: Span<UInt8>) -> PortCloseReason? {
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
    final func flush() -> PortCloseReason? {
        let sent = unsafe output.withUnsafeBytes { unsafe send($0) }
        switch sent {
        case .success(let count): output.removeFirst(count)
        case .failure(let failure): return failure.reason
        }
        return nil
    }

    /// Lets go of it here and now.
    final func close() {
        gatherCounts()
        left()
        closing()
    }

    /// Has it watched for what it is ready to have happen; at once done when it is already.
    final func watch(for wanted: Epoll.Readiness) throws(PortError) {
        guard let epoll, watched != wanted else { return }
        let token = UInt64(handle.rawValue)
        if watched == nil {
            try epoll.add(descriptor, token: token, for: wanted)
        } else {
            epoll.change(descriptor, token: token, to: wanted)
        }
        watched = wanted
    }

    final func unwatch() {
        guard let epoll, watched != nil else { return }
        watched = nil
        epoll.remove(descriptor)
    }

    private struct Failure: Error { var reason: PortCloseReason }

    /// The number of bytes taken, none when the kernel has no room.
    private func send(_ bytes: UnsafeRawBufferPointer) -> Result<Int, Failure> {
        let count = unsafe put(bytes)
        guard count >= 0 else {
            if errno == EAGAIN || errno == EINTR { return .success(0) }
            return .failure(Failure(reason: reason(of: errno)))
        }
        counters.bytesOut &+= UInt64(count)
        return .success(count)
    }
}

/// What a device says that is gone.
func isUnplugged(_ code: Int32) -> Bool { code == EIO || code == ENXIO || code == ENODEV }
