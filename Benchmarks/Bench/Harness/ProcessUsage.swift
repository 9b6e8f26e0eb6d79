import Foundation

/// What another process takes of the machine.
struct ProcessUsage {
    let id: Int32

    /// CPU seconds of all its threads, in user mode and in the kernel, to the nanosecond: a figure
    /// in ticks would say little about a few thousand lines.
    var cpuSeconds: Double {
        var (clock, time) = (clockid_t(), timespec())
        guard unsafe clock_getcpuclockid(id, &clock) == 0, unsafe clock_gettime(clock, &time) == 0
        else { return .nan }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Resident memory in MB.
    var residentMegabytes: Double {
        let status = Machine.contents("/proc/\(id)/status")
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        return line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) }
            .map { $0 / 1_024 } ?? .nan
    }
}
