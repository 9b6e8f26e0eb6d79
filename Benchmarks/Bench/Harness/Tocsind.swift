import Foundation

/// The release daemon as a child of this program, with a configuration of its own.
final class Tocsind {
    /// The daemon stands beside this program: both come from one build.
    static let executable = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("tocsind")

    private let process = Process()
    private let ended = DispatchSemaphore(value: 0)
    private let folder: String
    /// From before the exec until the daemon said that it is ready.
    let secondsToReady: Double

    /// Starts it, calls `body` when it is ready, and ends it in good order.
    ///
    /// - Parameters:
    ///   - folder: gets configuration, ledger, socket and journal. A ledger that is there is used.
    ///   - ports: the lines below `ports:`, from ``port(_:_:on:)``.
    static func run<Result>(
        in folder: String, ports: [String], _ body: (Tocsind) throws -> Result
    ) throws -> Result {
        let tocsind = try Tocsind(in: folder, ports: ports)
        defer { tocsind.end() }
        return try body(tocsind)
    }

    private init(in folder: String, ports: [String]) throws {
        self.folder = folder
        let configuration = """
            station: {id: bench, name: Bench}
            ledger: {path: \(folder)/ledger.sqlite}
            captures: {path: \(folder)/captures}
            listen: ["unix:\(folder)/tocsin.sock"]
            ports:
            \(ports.joined(separator: "\n"))

            """
        let configurationPath = "\(folder)/tocsin.yaml"
        try configuration.write(toFile: configurationPath, atomically: false, encoding: .utf8)
        let notifications = "\(folder)/notify-\(UUID().uuidString.prefix(8))"
        let receiver = try UnixSocket.datagrams(at: notifications)
        let journal = "\(folder)/journal"

        process.executableURL = Self.executable
        process.arguments = ["--config", configurationPath]
        process.environment = ProcessInfo.processInfo.environment.merging([
            "NOTIFY_SOCKET": notifications
        ]) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle(
            fileDescriptor: try Descriptor.open(journal, O_WRONLY | O_CREAT | O_TRUNC),
            closeOnDealloc: true)
        process.terminationHandler = { [ended] _ in ended.signal() }
        let begin = ContinuousClock.now
        try process.run()
        let isReady = Self.awaitReady(receiver, within: .seconds(20))
        secondsToReady = (ContinuousClock.now - begin) / .seconds(1)
        guard isReady else {
            end()
            throw Unmeasured("tocsind is not ready: \(Machine.contents(journal).suffix(500))")
        }
    }

    private func end() {
        kill(process.processIdentifier, SIGTERM)
        if ended.wait(timeout: .now() + .seconds(10)) == .timedOut {
            kill(process.processIdentifier, SIGKILL)
        }
    }

    /// One port of the configuration, played by `terminal`.
    static func port(_ name: String, _ protocolID: String, on terminal: PseudoTerminal) -> String {
        "  - {name: \(name), match: {path: \(terminal.path)}, protocol: \(protocolID), "
            + "serial: {baud: 115200}}"
    }

    private static func awaitReady(_ receiver: UnixSocket, within patience: Duration) -> Bool {
        let deadline = ContinuousClock.now + patience
        while ContinuousClock.now < deadline {
            guard Descriptor.wait(for: [receiver.descriptor], milliseconds: 1_000),
                let datagram = Descriptor.read(receiver.descriptor)
            else { continue }
            if String(decoding: datagram, as: UTF8.self).contains("READY=1") { return true }
        }
        return false
    }

    // MARK: what it costs

    var usage: ProcessUsage { ProcessUsage(id: process.processIdentifier) }
    var cpuSeconds: Double { usage.cpuSeconds }
    var residentMegabytes: Double { usage.residentMegabytes }

    // MARK: its desk

    /// The event stream as JSON lines, from now on. The head of the answer comes first.
    ///
    /// - Parameter telemetry: positions and check-ins too.
    func stream(telemetry: Bool = false) throws -> UnixSocket {
        let socket = try UnixSocket.connected(to: "\(folder)/tocsin.sock")
        try request("/v1/events?telemetry=\(telemetry ? 1 : 0)", on: socket)
        guard Descriptor.wait(for: [socket.descriptor], milliseconds: 5_000) else {
            throw Unmeasured("the event stream does not begin")
        }
        return socket
    }

    /// The ports as the desk shows them.
    func ports() throws -> [[String: Any]] {
        let socket = try UnixSocket.connected(to: "\(folder)/tocsin.sock")
        try request("/v1/ports", on: socket)
        var answer: [UInt8] = []
        while Descriptor.wait(for: [socket.descriptor], milliseconds: 5_000),
            let bytes = Descriptor.read(socket.descriptor)
        {
            answer += bytes
        }
        guard let start = answer.firstIndex(of: UInt8(ascii: "[")),
            let end = answer.lastIndex(of: UInt8(ascii: "]")),
            let ports = try JSONSerialization.jsonObject(with: Data(answer[start...end]))
                as? [[String: Any]]
        else { throw Unmeasured("the desk does not tell the ports") }
        return ports
    }

    /// Of one counter, over all ports.
    func sum(of counter: String) throws -> Int {
        try ports().reduce(0) { $0 + (($1["counters"] as? [String: Int])?[counter] ?? 0) }
    }

    func awaitOpenPorts() throws {
        try wait(within: .seconds(10), "all lines open") {
            try ports().allSatisfy { $0["state"] as? String == "open" }
        }
    }

    private func request(_ target: String, on socket: UnixSocket) throws {
        let head = """
            GET \(target) HTTP/1.1\r
            Host: localhost\r
            Accept: application/x-ndjson\r
            Connection: close\r
            \r

            """
        try Descriptor.write(ArraySlice(head.utf8), to: socket.descriptor)
    }
}
