import Foundation

/// What the figures were taken on.
enum Machine {
    static var facts: String {
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let load = firstLine("/proc/loadavg").split(separator: " ").prefix(3)
        return """
            processor    \(processor), \(cores) cores
            load         \(load.joined(separator: " "))
            kernel       \(firstLine("/proc/sys/kernel/osrelease"))
            disk         \(fileSystem(of: Folder.parent)) at \(Folder.parent)

            """
    }

    private static var processor: String {
        let lines = contents("/proc/cpuinfo").split(separator: "\n")
        let model = lines.first { $0.hasPrefix("model name") } ?? lines.first { $0.contains("CPU") }
        let name = model?.split(separator: ":").last.map(String.init) ?? "unknown"
        return name.trimmingCharacters(in: .whitespaces)
    }

    /// The type of the mount that `path` is on: of those that it is below, the longest.
    private static func fileSystem(of path: String) -> String {
        let mounts = contents("/proc/self/mounts").split(separator: "\n").map {
            $0.split(separator: " ")
        }
        let holding = mounts.filter { mount in
            guard mount.count > 2 else { return false }
            return mount[1] == "/" || path == mount[1] || path.hasPrefix(mount[1] + "/")
        }
        return holding.max { $0[1].count < $1[1].count }.map { String($0[2]) } ?? "unknown"
    }

    static func contents(_ path: String) -> String {
        (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }

    private static func firstLine(_ path: String) -> String {
        contents(path).split(separator: "\n").first.map(String.init) ?? "unknown"
    }
}

/// A folder of its own for one measurement.
///
/// It is below /var/tmp, because /tmp is often memory, where durability costs nothing, and because
/// the path of a socket has at most 107 bytes, which a folder below the sources may exceed.
enum Folder {
    static let parent = "/var/tmp"

    static func with<Result>(_ body: (_ path: String) throws -> Result) throws -> Result {
        let path = "\(parent)/tocsin-bench-\(UUID().uuidString.prefix(8))"
        let files = FileManager.default
        try files.createDirectory(atPath: path, withIntermediateDirectories: false)
        defer { try? files.removeItem(atPath: path) }
        return try body(path)
    }
}
