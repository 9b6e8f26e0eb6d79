import AlarmModel
import Foundation
import StationLedger
import Testing

/// A daemon, the folder that it works in, and the lines that lead to it.
final class Station {
    /// Which daemon, and what comes before the name of the configuration on its command line.
    enum Program {
        case real
        case planted(String)
        /// The real one, whose ledger is on a file system of 2 MB that only it sees.
        case onSmallDisk
        /// The same with nothing left on it: a file `filler` beside the ledger has it all.
        case onFullDisk

        func command(
            _ configuration: String, ledgerFolder: String
        ) -> (path: String, arguments: [String]) {
            let daemon = [Programs.path("tocsind"), "--config", configuration]
            switch self {
            case .real: return (daemon[0], Array(daemon.dropFirst()))
            case .planted(let bug): return (Programs.path("planteddaemon"), [bug, configuration])
            case .onSmallDisk, .onFullDisk:
                let isFull = if case .onFullDisk = self { true } else { false }
                let filling = isFull ? #"cat /dev/zero >"$0"/filler 2>/dev/null;"# : ""
                let script = #"mount -t tmpfs -o size=2m tmpfs "$0" && { \#(filling) exec "$@"; }"#
                let words = ["--map-root-user", "--mount", "sh", "-c", script, ledgerFolder]
                return ("/usr/bin/unshare", words + daemon)
            }
        }
    }

    struct Port {
        var name: String
        var protocolID: ProtocolID
        /// Nil is a line at a path named after the port.
        var listen: UInt16?
        /// `tcp` or `udp`.
        var transport: String
        /// As YAML has them: `{alarm: {3: fall}}`.
        var options: String?

        init(
            _ name: String, _ protocolID: ProtocolID, listen: UInt16? = nil,
            transport: String = "tcp", options: String? = nil
        ) {
            self.name = name
            self.protocolID = protocolID
            self.listen = listen
            self.transport = transport
            self.options = options
        }
    }

    let folder: TemporaryFolder
    let desk: Desk
    let manager: ServiceManagerStub
    var ports: [Port]
    /// Of the desk, besides its socket.
    var listen: [String] = []
    private let program: Program
    private(set) var process: ChildProcess?

    init(_ program: Program = .real, ports: [Port]) throws {
        folder = try TemporaryFolder()
        desk = Desk(socketPath: folder.path("desk.sock"))
        manager = try ServiceManagerStub(path: folder.path("notify.sock"))
        self.program = program
        self.ports = ports
    }

    deinit { process?.kill() }

    var ledgerFolder: String { folder.path("ledger") }
    /// In a folder of its own, unless another is set.
    lazy var ledgerPath = ledgerFolder + "/ledger.sqlite"
    var capturesPath: String { folder.path("captures") }

    /// A line to the port of this name; the daemon may come and go meanwhile.
    func line(to port: String) throws -> Wire { try .line(at: folder.path(port)) }

    /// Starts the daemon and returns when it says that it is ready.
    func start(environment: [String: String] = [:], complaints: FileHandle? = nil) throws {
        try startUnawaited(environment: environment, complaints: complaints)
        guard manager.wait(for: "READY=1", within: .seconds(30)) else {
            throw HarnessError("the daemon does not get ready: \(self.complaints)")
        }
    }

    /// The same for a daemon that is not expected to get ready.
    func startUnawaited(
        environment: [String: String] = [:], complaints: FileHandle? = nil
    ) throws {
        try writeConfiguration()
        manager.forget()
        let command = program.command(configurationPath, ledgerFolder: ledgerFolder)
        let all = environment.merging(["NOTIFY_SOCKET": manager.path]) { own, _ in own }
        process = try ChildProcess(
            command.path, command.arguments, environment: all, complaints: complaints)
    }

    /// As a power cut ends it.
    func kill() {
        process?.kill()
        process = nil
    }

    /// As systemd ends it; the exit status, nil when it did not end within 10 s.
    func stop() -> Int32? {
        process?.signal(SIGTERM)
        return process?.waitForExit(within: .seconds(10))
    }

    /// A path as the daemon sees it, which may have file systems of its own.
    func pathInside(_ path: String) throws -> String {
        guard let process else { throw HarnessError("no daemon runs") }
        return "/proc/\(process.processID)/root\(path)"
    }

    var complaints: String { process?.standardError.text ?? "" }

    /// Waits for the daemon to write these words to its journal.
    func tells(_ words: String) -> Bool { process?.standardError.wait(for: words) ?? false }

    var configurationPath: String { folder.path("tocsin.yaml") }

    func writeConfiguration() throws {
        try FileManager.default.createDirectory(
            atPath: ledgerFolder, withIntermediateDirectories: true)
        try configuration.write(toFile: configurationPath, atomically: true, encoding: .utf8)
    }

    private var configuration: String {
        let addresses = (["unix:\(desk.socketPath)"] + listen).map { "\"\($0)\"" }
        let head = """
            station: {id: test, name: Test}
            ledger: {path: \(ledgerPath)}
            captures: {path: \(capturesPath)}
            listen: [\(addresses.joined(separator: ", "))]
            ports:
            """
        return ports.reduce(head + (ports.isEmpty ? " []\n" : "\n")) { text, port in
            let way =
                port.listen.map { "\(port.transport): {listen: \"127.0.0.1:\($0)\"}" }
                ?? "match: {path: \(folder.path(port.name))}"
            let options = port.options.map { ", options: \($0)" } ?? ""
            return text
                + "  - {name: \(port.name), protocol: \(port.protocolID), \(way)\(options)}\n"
        }
    }

    /// All that the ledger holds, once no daemon runs.
    func storedEvents() throws -> (events: [Event], recovery: Recovery) {
        let (ledger, recovery) = try Ledger.open(path: ledgerPath, boot: nil)
        defer { ledger.close() }
        var records: [Record] = []
        while true {
            let page = try ledger.records(after: records.last?.sequence ?? 0, limit: 5_000)
            guard !page.isEmpty else { return (records.compactMap(\.event), recovery) }
            records += page
        }
    }
}

/// What systemd hears of the daemon.
final class ServiceManagerStub {
    let path: String
    private let descriptor: Int32
    private var messages: [String] = []

    init(path: String) throws {
        self.path = path
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un(path: path)
        guard withGeneric(&address, { bind(descriptor, $0, $1) }) == 0 else {
            throw HarnessError("cannot bind \(path)")
        }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    deinit { close(descriptor) }

    /// Waits for a message with this line, and forgets it and those before it.
    func wait(for line: String, within patience: Duration = .seconds(10)) -> Bool {
        let end = ContinuousClock.now + patience
        while true {
            receive()
            let found = messages.firstIndex { message in
                message.split(separator: "\n").contains { $0.hasPrefix(line) }
            }
            if let found {
                messages.removeFirst(found + 1)
                return true
            }
            let rest = end - .now
            guard rest > .zero else { return false }
            var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            poll(&watched, 1, Int32((rest.inSeconds * 1_000).rounded(.up)))
        }
    }

    /// What an ended daemon said is no word of the next one.
    func forget() {
        receive()
        messages = []
    }

    private func receive() {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return }
            messages.append(String(decoding: buffer.prefix(count), as: UTF8.self))
        }
    }
}

/// What the command line said, and how it ended.
typealias Said = (status: Int32, output: String, complaints: String)

extension Station {
    func tocsin(_ words: String...) throws -> Said { try Self.tocsin(words) }

    /// A command that asks the desk of this station.
    func order(_ words: String...) throws -> Said {
        try Self.tocsin(words + ["--desk", "unix:\(desk.socketPath)"])
    }

    private static func tocsin(_ words: [String]) throws -> Said {
        let run = try Programs.run(Programs.path("tocsin"), words)
        return (run.status, String(decoding: run.output, as: UTF8.self), run.complaints)
    }
}
