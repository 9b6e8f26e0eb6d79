import AlarmModel
import ArgumentParser
import Foundation
import LinuxPorts
import StationCore
import StationDaemon

/// `tocsin sniff PORT`: what a serial line speaks, found by listening. Exits 0 when it was found.
struct Sniff: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Finds out which protocol a serial port speaks, at which speed and format.",
        discussion: """
            Let the device send while this listens: press its button, or let it report. Nothing is \
            sent to it, and nothing is answered, so a device that waits for an answer sends again. \
            The daemon must not hold the port; `protocol: auto` lets the daemon itself find out.
            """)

    @Argument(help: "The port, such as /dev/ttyUSB0.")
    var port: String

    @Option(help: "How long to listen.")
    var seconds: Int64 = 60

    @Flag(help: "Print JSON.") var json = false

    @Flag(
        help: """
            After three seconds of silence, say what protocols say first that speak first. Only \
            for a device to which stray bytes do no harm.
            """)
    var ask = false

    func validate() throws {
        guard (1...86_400).contains(seconds) else {
            throw ValidationError("--seconds takes 1 to 86400")
        }
    }

    func run() throws {
        let path =
            port.hasPrefix("/") ? port : FileManager.default.currentDirectoryPath + "/" + port
        let listener = try SniffListener(path, isTalkative: !json, asks: ask)
        try listener.run(for: .seconds(seconds))
        let report = SniffReport(listener, path: path)
        if json {
            Terminal.say(json: try report.json())
        } else {
            Terminal.say(report.text())
        }
        if listener.verdict == nil { throw ExitCode.failure }
    }
}

/// The one port and its sniffer.
final class SniffListener: PortEvents {
    private(set) var verdict: Verdict?
    private let ports: PortLoop
    private let isTalkative: Bool
    private let asks: Bool
    private var line: LineSniffer?
    private var closed: PortCloseReason?
    private var askAt: MonotonicTime?
    private var told: SerialGuess?

    init(_ path: String, isTalkative: Bool, asks: Bool) throws {
        self.isTalkative = isTalkative
        self.asks = asks
        let way = PortDefinition.Way.serial(DeviceMatch(path: path), SerialSettings())
        ports = try PortLoop(
            definitions: [PortDefinition(name: "sniffed", protocolID: .auto, way: way)])
    }

    var sniffer: Sniffer? { line?.sniffer }

    /// Listens until something is found or the time is over.
    /// - Throws: when the port cannot be opened or is gone.
    func run(for span: TimeSpan) throws {
        ports.events = self
        let end = Clock.monotonic() + span
        try ports.turn(until: Clock.monotonic())
        while line == nil, ports.isOpening { try ports.turn(until: end) }
        if line == nil, let status = ports.statuses.first {
            let remedy = status.remedy.map { "; \($0)" } ?? ""
            throw Trouble((status.reason ?? "the port did not open") + remedy, .noInput)
        }
        tell()
        while verdict == nil, Clock.monotonic() < end {
            try ports.turn(until: [line?.deadline, askAt].compactMap { $0 }.reduce(end, min))
            if let closed { throw Trouble("the port was lost: \(closed)", .noInput) }
            let now = Clock.now()
            if verdict == nil { verdict = line?.passTime(at: now.monotonic, on: ports) }
            if let askAt, askAt <= now.monotonic { askNext(at: now) }
            tell()
        }
    }

    func portOpened(_ port: OpenPort) {
        line = LineSniffer(port.handle, SerialSettings(), on: ports)
        if asks { askAt = Clock.monotonic() + Limits.sniffSilence }
    }

    func portReadable(
        _ handle: PortHandle, _ read: (UnsafeMutableRawBufferPointer) -> ReadOutcome
    ) {
        var bytes = [UInt8](repeating: 0, count: Limits.sniffReadBytes)
        let outcome = unsafe bytes.withUnsafeMutableBytes { unsafe read($0) }
        guard case .bytes(let count) = outcome, verdict == nil else { return }
        bytes.removeSubrange(count...)
        if asks { askAt = Clock.monotonic() + Limits.sniffSilence }
        verdict = line?.heard(bytes, at: Clock.now(), on: ports)
    }

    func portClosed(_ handle: PortHandle, _ reason: PortCloseReason) { closed = reason }

    func woken() {}

    private func askNext(at now: Moment) {
        line?.ask(at: now, on: ports)
        askAt = now.monotonic + Limits.sniffAnswer
    }

    /// Every change of the setting, on standard error: the result alone goes to standard output.
    private func tell() {
        guard isTalkative, let sniffer, sniffer.guess != told else { return }
        told = sniffer.guess
        Terminal.complain("listening at \(sniffer.guess); \(sniffer.bytesHeard) bytes heard")
    }
}
