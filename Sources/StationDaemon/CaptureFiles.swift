import AlarmModel
import Captures
import Foundation
import OperatorDesk

/// Writes what a port's capture ring held when it saw its first damage: one file a dump, the oldest
/// files giving way. On a queue of its own: a disk can be slow, and a dump is not worth a wait.
final class CaptureFiles: Sendable {
    private let directory: URL
    private let queue = DispatchQueue(label: "captures")

    init(directory: String) {
        self.directory = URL(fileURLWithPath: directory, isDirectory: true)
    }

    /// Keeps `records` in a file named after the port and the time.
    func dump(
        _ records: [CaptureRecord], port: CapturePort, because reason: String, at time: WallTime
    ) {
        guard !records.isEmpty else { return }
        queue.async { [self] in
            do {
                let file = try write(records, port: port, because: reason, at: time)
                Journal.write(
                    .notice, "kept a capture after damaged bytes",
                    ["PORT": port.name, "REASON": reason, "FILE": file])
            } catch {
                Journal.write(
                    .warning, "cannot keep a capture after damaged bytes",
                    ["PORT": port.name, "REASON": plainReason(of: error)])
            }
        }
    }

    private func write(
        _ records: [CaptureRecord], port: CapturePort, because reason: String, at time: WallTime
    ) throws -> String {
        try FileManager.default.createDirectory(
            at: directory, withIntermediateDirectories: true)
        try makeRoom()
        let safeName = String(port.name.map { $0.isLetter || $0.isNumber || $0 == "-" ? $0 : "_" })
        let stamp = time.rfc3339.filter { $0.isNumber || $0 == "T" || $0 == "Z" }
        let file = directory.appendingPathComponent("\(safeName)-\(stamp).pcapng")
        let bytes = PcapngWriter.file(
            records, port: port, note: "dumped after decode error \(reason)")
        try Data(bytes).write(to: file, options: .atomic)
        return file.path
    }

    /// Names begin with the port and end with the time, so the oldest of a port sorts first.
    private func makeRoom() throws {
        let files = try FileManager.default.contentsOfDirectory(
            at: directory, includingPropertiesForKeys: [.creationDateKey])
        let captures = files.filter { $0.pathExtension == "pcapng" }
        guard captures.count >= Limits.captureFilesMax else { return }
        let byAge = captures.sorted { age(of: $0) < age(of: $1) }
        for file in byAge.prefix(captures.count - Limits.captureFilesMax + 1) {
            try FileManager.default.removeItem(at: file)
        }
    }

    private func age(of file: URL) -> Date {
        let attributes = try? FileManager.default.attributesOfItem(atPath: file.path)
        return attributes?[.modificationDate] as? Date ?? .distantPast
    }
}
