import Foundation
import Testing

/// Programs that are not ours and judge what we read, as scripts in `Tests/interop`.
enum PythonPeer {
    /// Runs `script` on `lines` and returns the lines that it prints.
    static func ask(_ script: String, _ lines: [String]) throws -> [String] {
        let python = Repository.root.appendingPathComponent(".peers/bin/python3")
        try #require(
            FileManager.default.isExecutableFile(atPath: python.path),
            "the Python peers are not installed; run scripts/install-python.sh")
        // A file, because a pipe might be full before the script reads.
        let folder = FileManager.default.temporaryDirectory
        let input = folder.appendingPathComponent("peer-\(UUID().uuidString)")
        try (lines.joined(separator: "\n") + "\n").write(
            to: input, atomically: false, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: input) }
        let process = Process()
        process.executableURL = python
        process.arguments = [
            Repository.root.appendingPathComponent("Tests/interop/\(script)").path
        ]
        process.standardInput = try FileHandle(forReadingFrom: input)
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(
            process.terminationStatus == 0,
            "\(script) failed; a missing package is installed by scripts/install-python.sh")
        return text.split(separator: "\n").map(String.init)
    }
}
