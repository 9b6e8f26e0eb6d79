import AlarmModel
import Foundation
import LinuxPorts
import Logging
import OperatorDesk
import StationLedger
import Synchronization

/// The daemon from its first line to its last: configuration, ledger, loop, desk, signals.
public enum Daemon {
    /// sysexits(3), so that systemd and a person can tell them apart.
    public enum Exit: Int32, Sendable {
        case ok = 0
        /// The loop or the desk could not be set up.
        case unavailable = 69
        /// The ledger failed: nothing may be assumed durable, start again from the file.
        case ledger = 74
        /// The configuration is wrong; every mistake has been told.
        case configuration = 78
    }

    /// Where the configuration comes from.
    public enum Source: Sendable {
        case file(String)
        /// The embedded default: three simulated ports in this directory.
        case demonstration(directory: String)

        /// What an installed station reads.
        public static let installed = Source.file(Installed.configuration)
    }

    /// Tells every mistake, and what works and is unwise; the status says whether a station could
    /// start with it.
    public static func check(_ source: Source) -> Exit {
        guard let found = configuration(from: source) else { return .configuration }
        print("\(found.stationID): \(found.ports.count) ports, no mistakes")
        return .ok
    }

    /// Reads the configuration and tells every mistake, and what is unwise, on standard error.
    public static func configuration(from source: Source) -> StationConfiguration? {
        defer { Journal.finish() }
        return readOrComplain(source)
    }

    private static func readOrComplain(_ source: Source) -> StationConfiguration? {
        do {
            let found = try read(source)
            for warning in found.warnings { Journal.complain("\(warning)") }
            if case .file(let path) = source, let warning = found.keyWarning(file: path) {
                Journal.complain(warning)
            }
            return found
        } catch {
            Journal.complain("\(error)")
            return nil
        }
    }

    /// Runs until SIGTERM or SIGINT; SIGHUP reads the configuration again.
    ///
    /// - Parameter committing: what stands between the loop and the ledger. Only the test that
    ///   shows what it would find puts something else there.
    public static func run(
        _ source: Source, committing: @escaping (Ledger) -> any EntryCommitting = { $0 }
    ) -> Exit {
        // Before any thread exists, so that every thread inherits it and only ours takes signals.
        let signals = Signals.block([SIGTERM, SIGINT, SIGHUP])
        // Whoever reads the journal may go: that ends nothing.
        signal(SIGPIPE, SIG_IGN)
        // Swift's own handlers would write memory to the log for seconds before systemd can start
        // the station anew; the kernel ends it at once.
        for number in [SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGBUS, SIGSEGV] {
            signal(number, SIG_DFL)
        }
        defer {
            ServiceManager.finish()
            Journal.finish()
        }
        return run(source, signals, committing)
    }

    private static func run(
        _ source: Source, _ signals: Signals,
        _ committing: @escaping (Ledger) -> any EntryCommitting
    ) -> Exit {
        guard let configuration = readOrComplain(source) else { return .configuration }
        configuration.makeRoomForFiles()
        let keeper = LedgerKeeper(path: configuration.ledgerPath)
        let opened: OpenLedger?
        do {
            opened = try keeper.attempt()
        } catch {
            Journal.write(
                .critical, "cannot open the ledger",
                ["REASON": error.message, "REMEDY": error.remedy])
            return .ledger
        }
        if let opened { keeper.show(opened) }
        defer { keeper.close() }
        do {
            return try serve(configuration, source, keeper, opened, committing, signals)
        } catch {
            Journal.write(.critical, "cannot run", ["REASON": reason(of: error)])
            return .unavailable
        }
    }

    private static func serve(
        _ configuration: StationConfiguration, _ source: Source, _ keeper: LedgerKeeper,
        _ opened: OpenLedger?, _ committing: @escaping (Ledger) -> any EntryCommitting,
        _ signals: Signals
    ) throws -> Exit {
        let feed = EventFeed(lastSequence: opened?.recovery.lastSequence ?? 0)
        let loop = try StationLoop(
            configuration: configuration, keeper: keeper, opened: opened, committing: committing,
            feed: feed)
        let post = loop.post
        // The station is ready when its ports have been looked for and every address of the desk
        // has been tried: presses do not wait for one that another program has.
        let readiness = Readiness([readyPorts] + configuration.listen)
        let desk = DeskServer(
            listen: try configuration.listen.map { try ListenAddress.parse($0) },
            hosts: configuration.hosts, ledger: keeper, feed: feed, station: loop.view,
            logger: Logger(label: "desk", factory: { _ in JournalLog() }),
            onChange: { address in
                tell(address)
                readiness.met(address.address.description)
            })
        let deskEnd = DeskEnd()
        let deskTask = Task {
            do {
                try await desk.run()
                deskEnd.ended(failed: false)
            } catch {
                // A station that nobody can look at is none: end loudly, be started again.
                Journal.write(.critical, "the desk failed; stopping", ["REASON": reason(of: error)])
                deskEnd.ended(failed: true)
                while !post(.stop) { Clock.rest(.milliseconds(1)) }
            }
        }
        signals.listen { signal in
            switch signal {
            case SIGHUP: reload(source, post)
            default: while !post(.stop) { Clock.rest(.milliseconds(1)) }
            }
        }
        if opened == nil {
            keeper.keepTrying { outcome in
                while !post(.ledger(outcome)) { Clock.rest(.milliseconds(1)) }
            }
        }
        try loop.run {
            Journal.write(.notice, "station started", ["STATION": configuration.stationID])
            readiness.met(readyPorts)
        }
        ServiceManager.stopping()
        deskTask.cancel()
        let deskFailed = deskEnd.wait(atMost: .seconds(2))
        Journal.write(.notice, "station stopped", ["STATION": configuration.stationID])
        if loop.fatal != nil { return .ledger }
        return deskFailed ? .unavailable : .ok
    }

    private static let readyPorts = "ports"

    private static func tell(_ address: DeskAddress) {
        guard address.state != .open else {
            return Journal.write(
                .notice, "the desk listens", ["ADDRESS": address.address.description])
        }
        Journal.write(
            .warning, "the desk cannot listen; trying on",
            [
                "ADDRESS": address.address.description, "STATE": address.state.rawValue,
                "REASON": address.reason ?? "", "REMEDY": address.remedy ?? "",
            ])
    }

    /// A configuration with mistakes changes nothing: the station goes on with the one it has.
    private static func reload(
        _ source: Source, _ post: @Sendable (StationLoop.Message) -> Bool
    ) {
        ServiceManager.reloading()
        guard let new = readOrComplain(source) else {
            Journal.write(.error, "the new configuration is wrong; going on with the old one")
            ServiceManager.ready("the new configuration is wrong; going on with the old one")
            return
        }
        while !post(.reconfigure(new)) { Clock.rest(.milliseconds(1)) }
    }

    private static func read(_ source: Source) throws -> StationConfiguration {
        switch source {
        case .file(let path):
            return try ConfigurationReader.read(try text(of: path), file: path)
        case .demonstration(let directory):
            do {
                try FileManager.default.createDirectory(
                    atPath: directory, withIntermediateDirectories: true)
            } catch {
                throw UnreadableFile(
                    path: directory, reason: plainReason(of: error),
                    remedy: "name another folder with --demo-directory")
            }
            return try ConfigurationReader.read(
                DefaultConfiguration.text(directory: directory), file: "embedded default")
        }
    }

    private static func text(of path: String) throws(UnreadableFile) -> String {
        let other = "name another file with --config"
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let isMissing = errno == ENOENT
            throw UnreadableFile(
                path: path,
                reason: isMissing ? "there is no such file" : systemReason(errno),
                remedy: isMissing && path == Installed.configuration
                    ? "`make install` puts a sample there; --config names another file, and --demo "
                        + "begins a demonstration that needs none"
                    : other)
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        // One byte more than is allowed is enough for the reader to refuse it.
        while bytes.count <= Limits.configurationBytesMax {
            let size = piece.count
            let count = unsafe Foundation.read(descriptor, &piece, size)
            guard count >= 0 else {
                throw UnreadableFile(path: path, reason: systemReason(errno), remedy: other)
            }
            if count == 0 { break }
            bytes += piece.prefix(count)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw UnreadableFile(path: path, reason: "it is not text", remedy: "save it as UTF-8")
        }
        return text
    }

    private static func reason(of error: any Error) -> String {
        (error as? PortError)?.description ?? plainReason(of: error)
    }
}

/// Tells systemd that the station is ready when the last of several conditions is met.
private final class Readiness: Sendable {
    private let missing: Mutex<Set<String>>

    init(_ conditions: [String]) { missing = Mutex(Set(conditions)) }

    func met(_ condition: String) {
        let isReady = missing.withLock { missing in
            missing.remove(condition) != nil && missing.isEmpty
        }
        if isReady { ServiceManager.ready() }
    }
}

/// How the desk ended, for the thread that waits for it.
private final class DeskEnd: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    private let failed = Mutex(false)

    func ended(failed: Bool) {
        self.failed.withLock { $0 = failed }
        semaphore.signal()
    }

    /// True when it failed, false when it ended as told or has not ended in time.
    func wait(atMost time: DispatchTimeInterval) -> Bool {
        _ = semaphore.wait(timeout: .now() + time)
        return failed.withLock { $0 }
    }
}

/// A configuration file that is not there or not text.
struct UnreadableFile: Error, CustomStringConvertible {
    var path: String
    var reason: String
    var remedy: String

    var description: String { "\(plainText(path)): cannot be read: \(reason); \(remedy)" }
}
