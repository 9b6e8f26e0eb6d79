import AlarmModel
import Glibc

/// The only clocks of the station. The core gets their readings as arguments and reads none itself.
public enum Clock {
    /// Both clocks, read together.
    public static func now() -> Moment {
        Moment(wall: WallTime(microseconds: read(CLOCK_REALTIME)), monotonic: monotonic())
    }

    /// Microseconds since the machine started. `CLOCK_BOOTTIME` rather than `CLOCK_MONOTONIC`: it
    /// goes on while the machine is suspended, so a check-in missed in that time is missed.
    public static func monotonic() -> MonotonicTime {
        MonotonicTime(microseconds: read(CLOCK_BOOTTIME))
    }

    /// Names the boot within which monotonic times can be compared; nil where /proc is hidden.
    public static let bootID: UUIDv7? = readSmallFile("/proc/sys/kernel/random/boot_id")
        .flatMap { UUIDv7($0.trimmingWhitespace()) }

    /// Lets this thread rest. Never on the loop thread.
    public static func rest(_ span: TimeSpan) { usleep(UInt32(clamping: span.microseconds)) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return Int64(time.tv_sec) &* 1_000_000 &+ Int64(time.tv_nsec) / 1_000
    }
}

/// The first 4096 bytes of a file of /proc or /sys as text; nil when it cannot be read.
func readSmallFile(_ path: String) -> String? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 4_096)
    let count = unsafe bytes.withUnsafeMutableBytes {
        unsafe read(descriptor, $0.baseAddress, $0.count)
    }
    guard count >= 0 else { return nil }
    return String(decoding: bytes[..<count], as: UTF8.self)
}

extension String {
    /// Without blanks, tabs and line ends on either side.
    func trimmingWhitespace() -> String {
        let blank: (Character) -> Bool = { $0.isWhitespace }
        let head = drop(while: blank)
        guard let last = head.lastIndex(where: { !blank($0) }) else { return "" }
        return String(head[...last])
    }
}
