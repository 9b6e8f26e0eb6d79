import Foundation

/// What another process takes of the machine.
struct ProcessUsage {
    let id: Int32

    /// CPU seconds of all its threads, in user mode and in the kernel.
    var cpuSeconds: Double {
        let stat = Machine.contents("/proc/\(id)/stat")
        // Behind the name, which may hold anything, the fields are plain: the state is the first.
        let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12])
        else { return .nan }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Resident memory in MB.
    var residentMegabytes: Double {
        let status = Machine.contents("/proc/\(id)/status")
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        return line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) }
            .map { $0 / 1_024 } ?? .nan
    }
}
