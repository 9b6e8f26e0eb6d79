import AlarmModel
import Captures
import Foundation
import OperatorDesk

/// Writes what a port's capture ring held when it saw damage: one file a dump, the oldest files
/// giving way but for the first of each port and sort. On a thread of its own: a disk can be slow,
/// and a dump is not worth a wait.
final class CaptureFiles: Sendable {
    private struct Dump: Sendable {
        var records: [CaptureRecord]
        var port: CapturePort
        var sort: String
        var time: WallTime
    }

    private let courier: Courier<Dump>

    init(directory: String) {
        let folder = URL(fileURLWithPath: directory, isDirectory: true)
        courier = Courier("captures", capacity: Limits.capturesWaitingMax) { dump in
            Self.keep(dump, in: folder)
        }
    }

    /// Keeps `records` in a file named after the port, the sort of damage and the time, unless as
    /// many wait for the disk already as may.
    func dump(
        _ records: [CaptureRecord], port: CapturePort, because sort: String, at time: WallTime
    ) {
        guard !records.isEmpty else { return }
        courier.post(Dump(records: records, port: port, sort: sort, time: time))
    }

    /// Captures that were not kept, because the disk was too slow.
    var dropped: Int { courier.dropped }

    /// For a test, which waits for the disk.
    func finish(atMost span: TimeSpan) -> Bool { courier.finish(atMost: span) }

    private static func keep(_ dump: Dump, in folder: URL) {
        do {
            let file = try write(dump, in: folder)
            Journal.write(
                .notice, "kept a capture after damaged bytes",
                ["PORT": dump.port.name, "REASON": dump.sort, "FILE": file])
        } catch {
            Journal.write(
                .warning, "cannot keep a capture after damaged bytes",
                ["PORT": dump.port.name, "REASON": plainReason(of: error)])
        }
    }

    private static func write(_ dump: Dump, in folder: URL) throws -> String {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try makeRoom(in: folder)
        let name = CaptureNames.name(port: dump.port.name, sort: dump.sort, at: dump.time)
        let file = folder.appendingPathComponent(name)
        let bytes = PcapngWriter.file(
            dump.records, port: dump.port, note: "dumped after decode error \(dump.sort)")
        try Data(bytes).write(to: file, options: .atomic)
        return file.path
    }

    private static func makeRoom(in folder: URL) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".pcapng") }
        guard names.count >= Limits.captureFilesMax else { return }
        let byAge = names.map { (name: $0, age: age(of: folder.appendingPathComponent($0))) }
            .sorted { $0.age < $1.age }
        for name in CaptureNames.surplus(byAge.map(\.name)) {
            try FileManager.default.removeItem(at: folder.appendingPathComponent(name))
        }
    }

    private static func age(of file: URL) -> Date {
        let attributes = try? FileManager.default.attributesOfItem(atPath: file.path)
        return attributes?[.modificationDate] as? Date ?? .distantPast
    }
}
