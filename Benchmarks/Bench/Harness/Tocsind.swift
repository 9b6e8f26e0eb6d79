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
    ///   - complaints: its standard error, closed here; a file in the folder unless given.
    static func run<Result>(
        in folder: String, ports: [String], complaints: Int32? = nil,
        _ body: (Tocsind) throws -> Result
    ) throws -> Result {
        let tocsind = try Tocsind(in: folder, ports: ports, complaints)
        defer { tocsind.end() }
        return try body(tocsind)
    }

    private init(in folder: String, ports: [String], _ complaints: Int32?) throws {
        self.folder = folder
        try Self.configure(folder, ports)
        let notifications = "\(folder)/notify-\(UUID().uuidString.prefix(8))"
        let receiver = try UnixSocket.datagrams(at: notifications)
        let journal = "\(folder)/journal"

        process.executableURL = Self.executable
        process.arguments = ["--config", Self.configurationPath(folder)]
        process.environment = ProcessInfo.processInfo.environment.merging([
            "NOTIFY_SOCKET": notifications
        ]) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle(
            fileDescriptor: try complaints
                ?? Descriptor.open(journal, O_WRONLY | O_CREAT | O_TRUNC),
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

    private static func configurationPath(_ folder: String) -> String { "\(folder)/tocsin.yaml" }

    private static func configure(_ folder: String, _ ports: [String]) throws {
        let configuration = """
            station: {id: bench, name: Bench}
            ledger: {path: \(folder)/ledger.sqlite}
            captures: {path: \(folder)/captures}
            listen: ["unix:\(folder)/tocsin.sock"]
            ports:
            \(ports.joined(separator: "\n"))

            """
        try configuration.write(
            toFile: configurationPath(folder), atomically: true, encoding: .utf8)
    }

    /// What tells it to read `ports` from its configuration anew, from any thread.
    var reloading: @Sendable (_ ports: [String]) throws -> Void {
        let (folder, id) = (folder, process.processIdentifier)
        return { ports in
            try Self.configure(folder, ports)
            kill(id, SIGHUP)
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
        let answer = try get("/v1/ports")
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

    /// A counter of one port, 0 where it has none of that name.
    func counter(_ name: String, of port: String) throws -> Int {
        let counters = try ports().first { $0["name"] as? String == port }?["counters"]
        return (counters as? [String: Int])?[name] ?? 0
    }

    /// What `/metrics` shows under a name that has no labels.
    func metric(_ name: String) throws -> Double {
        let lines = String(decoding: try get("/metrics"), as: UTF8.self).split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix("\(name) ") }),
            let value = Double(line.dropFirst(name.count + 1).prefix { !$0.isWhitespace })
        else { throw Unmeasured("the desk does not tell \(name)") }
        return value
    }

    /// The whole answer, with its head.
    func get(_ target: String) throws -> [UInt8] {
        let socket = try UnixSocket.connected(to: "\(folder)/tocsin.sock")
        try request(target, on: socket)
        var answer: [UInt8] = []
        while Descriptor.wait(for: [socket.descriptor], milliseconds: 5_000),
            let bytes = Descriptor.read(socket.descriptor)
        {
            answer += bytes
        }
        return answer
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
