import AlarmModel
import CLinux
import Glibc

@testable import LinuxPorts

/// A loop, and all that it told.
final class LoopHarness: PortEvents {
    private(set) var loop: PortLoop!
    private(set) var opened: [OpenPort] = []
    private(set) var closed: [(handle: PortHandle, reason: PortCloseReason)] = []
    private(set) var received: [PortHandle: [UInt8]] = [:]
    private(set) var largestRead = 0
    private(set) var bytesReceived = 0
    /// False for a daemon that has nothing that could take what comes.
    var reads = true
    /// Bytes of one read; more than the loop ever reads at once, unless a test wants less.
    var roomPerRead = 4 * Limits.readsPerTurnBytes
    private(set) var wakes = 0
    /// Done inside the loop's calls, for what the daemon does there.
    var onOpen: (OpenPort) -> Void = { _ in }
    var onRead: (PortHandle, [UInt8]) -> Void = { _, _ in }

    init(_ definitions: [PortDefinition], _ calls: NodeCalls = .kernel) throws {
        loop = try PortLoop(definitions: definitions, events: self, calls: calls)
    }

    /// Turns the loop until `condition` holds; false when it does not within so many seconds.
    func turn(within seconds: Int64 = 10, until condition: () -> Bool) throws -> Bool {
        let deadline = Clock.monotonic() + .seconds(seconds)
        while !condition() {
            guard Clock.monotonic() < deadline else { return false }
            try loop.turn(until: min(deadline, Clock.monotonic() + .milliseconds(20)))
        }
        return true
    }

    /// Tries every port once, which other threads may have to answer for.
    func tryPorts() throws {
        try loop.turn(until: Clock.monotonic())
        _ = try turn { !loop.isOpening }
    }

    /// Waits until bytes are there to be read: a pseudo-terminal hands them over by and by.
    func waitForBytes(on handle: PortHandle) -> Bool {
        guard let descriptor = loop.channel(handle)?.descriptor else { return false }
        var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&watched, 1, 10_000) == 1
    }

    /// The handle of the port's latest opening, once it is open.
    func openPort(_ name: String, within seconds: Int64 = 10) throws -> OpenPort? {
        let last = { self.opened.last { port in port.name == name && !self.isClosed(port.handle) } }
        _ = try turn(within: seconds) { last() != nil }
        return last()
    }

    func isClosed(_ handle: PortHandle) -> Bool { closed.contains { $0.handle == handle } }

    func status(_ name: String) -> PortStatus? { loop.statuses.first { $0.name == name } }

    func write(_ bytes: [UInt8], to handle: PortHandle) { loop.write(bytes.span, to: handle) }

    func portOpened(_ port: OpenPort) {
        opened.append(port)
        onOpen(port)
    }

    func portReadable(
        _ handle: PortHandle, _ read: (UnsafeMutableRawBufferPointer) -> ReadOutcome
    ) {
        guard reads else { return }
        var bytes = [UInt8](repeating: 0, count: roomPerRead)
        guard case .bytes(let count) = bytes.withUnsafeMutableBytes({ read($0) }) else { return }
        largestRead = max(largestRead, count)
        bytesReceived += count
        received[handle, default: []] += bytes.prefix(count)
        onRead(handle, Array(bytes.prefix(count)))
    }

    func portClosed(_ handle: PortHandle, _ reason: PortCloseReason) {
        closed.append((handle, reason))
    }

    func woken() { wakes += 1 }
}

/// Seconds of a processor that this thread has used.
func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

extension PortStatus {
    func counter(_ name: String) -> UInt64? { counters.first { $0.name == name }?.value }
}

/// A pseudo-terminal: the test holds the device's end, the loop opens the other by its path.
final class PseudoTerminal {
    private var master: Int32 = -1
    let path: String

    init() {
        var slave: Int32 = -1
        openpty(&master, &slave, nil, nil, nil)
        // Without these, the test's own bytes would come back or be changed on the way.
        var attributes = termios()
        tcgetattr(slave, &attributes)
        cfmakeraw(&attributes)
        tcsetattr(slave, TCSANOW, &attributes)
        path = String(cString: ttyname(slave))
        close(slave)
        _ = fcntl(master, F_SETFL, O_NONBLOCK)
        _ = fcntl(master, F_SETFD, FD_CLOEXEC)
    }

    deinit { hangUp() }

    func hangUp() {
        if master >= 0 { close(master) }
        master = -1
    }

    /// The speed that the other end has set, or that it shall find.
    var baud: UInt32 {
        get {
            var baud: UInt32 = 0
            return linux_get_baud(master, &baud) == 0 ? baud : 0
        }
        set { _ = linux_set_baud(master, newValue) }
    }

    func send(_ bytes: [UInt8]) { _ = Glibc.write(master, bytes, bytes.count) }

    /// What has arrived; nothing when there is none yet.
    func receive() -> [UInt8] { readAll(master) }
}

/// A TCP client that never blocks.
final class Client {
    let descriptor: Int32

    /// - Parameter address: of a listener, `127.0.0.1:40001`.
    init?(_ address: String?) {
        guard let address = address.flatMap(NetworkAddress.init),
            let socket =
                (try? SocketAddress.resolve(address.host, address.port, numericOnly: true)
                .get())?.first.flatMap(TCPSocket.connect)
        else { return nil }
        descriptor = socket
        var watched = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
        guard poll(&watched, 1, 5_000) == 1, TCPSocket.outcome(of: socket) == 0 else { return nil }
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) { _ = Glibc.send(descriptor, bytes, bytes.count, 0) }

    func receive() -> [UInt8] { readAll(descriptor) }

    func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// The next close tells the peer that the connection is broken.
    func breakOnClose() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }
}

private func readAll(_ descriptor: Int32) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = read(descriptor, &bytes, bytes.count)
    return Array(bytes.prefix(max(0, count)))
}
