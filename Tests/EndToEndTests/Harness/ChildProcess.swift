import Foundation

/// The programs that were built with these tests.
enum Programs {
    /// `TOCSIN_BIN` names another folder to take them from.
    static let folder =
        ProcessInfo.processInfo.environment["TOCSIN_BIN"].map { URL(filePath: $0) }
        ?? URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()

    static func path(_ name: String) -> String { folder.appending(path: name).path }

    /// Runs a program to its end.
    /// - Parameter patience: a program that takes longer is killed, which its status then says.
    static func run(
        _ path: String, _ arguments: [String], within patience: Duration = .seconds(60)
    ) throws -> (status: Int32, output: Data, complaints: String) {
        let folder = try TemporaryFolder()
        let output = folder.path("output")
        let child = try ChildProcess(path, arguments, output: output)
        let status = child.waitForExit(within: patience) ?? child.kill()
        let bytes = try Data(contentsOf: URL(filePath: output))
        return (status, bytes, child.standardError.text)
    }
}

/// What kept a test from being carried out.
struct HarnessError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// A program that was started by a test, and ends with it at the latest.
final class ChildProcess {
    private let process = Process()
    private let ended = DispatchSemaphore(value: 0)
    let standardError = OutputLog()

    /// - Parameters:
    ///   - output: a new file for what it prints, which is thrown away without one.
    ///   - complaints: where its standard error goes; nil gathers it in ``standardError``.
    init(
        _ path: String, _ arguments: [String], environment: [String: String] = [:],
        output: String = "/dev/null", complaints: FileHandle? = nil
    ) throws {
        let descriptor = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw HarnessError("cannot write \(output)") }
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        process.terminationHandler = { [ended] _ in ended.signal() }
        if let complaints {
            process.standardError = complaints
            try process.run()
            standardError.end()
        } else {
            let pipe = Pipe()
            process.standardError = pipe
            try process.run()
            standardError.collect(pipe.fileHandleForReading)
        }
    }

    deinit { if process.isRunning { kill() } }

    var processID: Int32 { process.processIdentifier }

    func signal(_ number: Int32) { Foundation.kill(processID, number) }

    /// SIGKILL, and returns when nothing of it runs any more.
    @discardableResult
    func kill() -> Int32 {
        signal(SIGKILL)
        return waitForExit(within: .seconds(30)) ?? -1
    }

    /// The exit status, or minus the signal that ended it; nil when it goes on.
    func waitForExit(within patience: Duration) -> Int32? {
        guard ended.wait(timeout: .now() + patience.inSeconds) == .success else { return nil }
        ended.signal()
        standardError.waitForEnd()
        let isKilled = process.terminationReason == .uncaughtSignal
        return isKilled ? -process.terminationStatus : process.terminationStatus
    }

    /// Resident memory in KiB, from `/proc`.
    func residentKiB() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(processID)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        guard let words = line?.split(separator: " "), words.count == 3, let size = Int(words[1])
        else { throw HarnessError("no VmRSS of process \(processID)") }
        return size
    }
}

/// The lines that a program writes, as they come.
final class OutputLog: @unchecked Sendable {
    private let condition = NSCondition()
    private var bytes = Data()
    private var isAtEnd = false

    func collect(_ handle: FileHandle) {
        Thread {
            while true {
                let piece = handle.availableData
                self.condition.withLock {
                    self.bytes += piece
                    self.isAtEnd = piece.isEmpty
                    self.condition.broadcast()
                }
                if piece.isEmpty { return }
            }
        }.start()
    }

    /// There is nothing to collect.
    func end() { condition.withLock { isAtEnd = true } }

    var text: String { condition.withLock { String(decoding: bytes, as: UTF8.self) } }

    /// Waits for `words` to be written somewhere; false when they are not within `patience`.
    func wait(for words: String, within patience: Duration = .seconds(10)) -> Bool {
        let wanted = Data(words.utf8)
        return wait(within: patience) { bytes.range(of: wanted) != nil }
    }

    func waitForEnd() { _ = wait(within: .seconds(10)) { isAtEnd } }

    private func wait(within patience: Duration, until isDone: () -> Bool) -> Bool {
        let end = Date(timeIntervalSinceNow: patience.inSeconds)
        return condition.withLock {
            while !isDone() { guard condition.wait(until: end) else { return isDone() } }
            return true
        }
    }
}

/// A folder below /tmp whose name is short enough for a socket, gone with its owner.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/tocsin-e2e-XXXXXX\0".utf8CString)
        guard mkdtemp(&template) != nil else { throw HarnessError("cannot make a folder in /tmp") }
        path = String(decoding: template.dropLast(2).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func path(_ name: String) -> String { "\(path)/\(name)" }
}

extension Duration {
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
