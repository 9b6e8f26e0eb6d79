import AlarmModel
import CLinux
import Glibc
import Synchronization

/// Writes the reports of one hidraw port, on a thread of its own: the kernel keeps the writer until
/// the device has taken the report, which is 5 s for one that hangs.
///
/// The queue in between is a socket that keeps the bounds of messages, of the smallest size that
/// the kernel makes: a handful of reports. What does not fit is not sent.
final class ReportWriter: Sendable {
    /// What became of the reports since it was asked last.
    struct Outcome {
        var bytesSent: UInt64
        var unsent: UInt64
    }

    private final class Tally: Sendable {
        let bytesSent = Atomic<UInt64>(0)
        let unsent = Atomic<UInt64>(0)
    }

    /// A report, and its number in front.
    private static let bytesMax = 1 + Limits.hidReportBytesMax

    private let queue: Int32
    private let tally = Tally()

    /// Nil when there is no thread or no file for it. The device may be closed before the writer.
    init?(_ device: Int32) {
        var ends: (queue: Int32, thread: Int32) = (-1, -1)
        let kind = Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue)
        let failed = unsafe withUnsafeMutableBytes(of: &ends) { bytes -> Int32 in
            let both = unsafe bytes.bindMemory(to: Int32.self)
            return unsafe socketpair(AF_UNIX, kind, 0, both.baseAddress)
        }
        guard failed == 0 else { return nil }
        queue = ends.queue
        var size: Int32 = 1
        unsafe setsockopt(queue, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        let copy = fcntl(device, F_DUPFD_CLOEXEC, 0)
        let (source, tally) = (ends.thread, tally)
        guard copy >= 0, DetachedThread.run({ Self.write(from: source, to: copy, tally) }) else {
            close(copy)
            close(source)
            close(queue)
            return nil
        }
    }

    /// The thread ends when it is done with the report that it is at.
    deinit { close(queue) }

    /// False when the report is not sent.
    func send(_ report: Span<UInt8>) -> Bool {
        guard (1...Self.bytesMax).contains(report.count) else { return false }
        let flags = Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
        return unsafe report.withUnsafeBytes {
            unsafe Glibc.send(queue, $0.baseAddress, $0.count, flags) == $0.count
        }
    }

    func takeOutcome() -> Outcome {
        Outcome(
            bytesSent: tally.bytesSent.exchange(0, ordering: .relaxed),
            unsent: tally.unsent.exchange(0, ordering: .relaxed))
    }

    private static func write(from queue: Int32, to device: Int32, _ tally: Tally) {
        var report = [UInt8](repeating: 0, count: bytesMax)
        while true {
            let count = unsafe recv(queue, &report, bytesMax, 0)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            // One that is gone is found by reading; one that takes no reports still sends them.
            if unsafe Glibc.write(device, report, count) == count {
                tally.bytesSent.add(UInt64(count), ordering: .relaxed)
            } else {
                tally.unsent.add(1, ordering: .relaxed)
            }
        }
        close(queue)
        close(device)
    }
}
