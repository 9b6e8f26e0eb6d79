import AlarmModel
import ArgumentParser
import Captures
import Foundation
import WireProtocols

/// `tocsin replay`: a capture again, into a pty that a daemon reads or into a decoder.
struct Replay: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Plays what a capture received, on a pty or into a decoder.",
        discussion: """
            With --pty PATH, PATH becomes one end of a serial line: give it as a port's path in \
            the configuration. Without it the bytes are decoded and printed as `tocsin decode` \
            prints them.
            """)

    enum Speed: String, ExpressibleByArgument, CaseIterable {
        /// With the rests that were recorded.
        case recorded
        /// As fast as the other side reads.
        case maximal
    }

    @Option(help: "Where to put the device's end of a serial line.")
    var pty: String?

    @Option(help: "recorded or maximal.")
    var speed = Speed.maximal

    @Option(help: "Only this port of the capture.")
    var port: String?

    @Option(name: .customLong("protocol"), help: "Of the decoder, when the capture names none.")
    var protocolName: String?

    @Argument(help: "The capture, pcapng.")
    var file: String

    func run() throws {
        let records = try ChunkSource.received(in: file, port: port)
        guard !records.isEmpty else {
            throw Trouble("\(file) holds nothing that was received" + ofPort, .badData)
        }
        if let pty {
            try play(records, on: try PseudoTerminal(link: pty))
        } else {
            try decode(records)
        }
    }

    private var ofPort: String { port.map { " on port \($0)" } ?? "" }

    private func play(_ records: [CaptureRecord], on line: PseudoTerminal) throws {
        try waitForListener(line)
        Terminal.say("playing \(records.count) records on \(line.link)")
        var answered = 0
        for (record, rest) in zip(records, rests(records)) {
            usleep(rest)
            guard line.write(record.bytes) else {
                throw Trouble(
                    "nobody reads \(line.link): is it a port of the daemon?", .unavailable)
            }
            answered += line.read().count
        }
        // What is still on its way back: the daemon answers when it has stored.
        usleep(500_000)
        answered += line.read().count
        Terminal.say(
            "played \(records.map(\.bytes.count).reduce(0, +)) bytes, \(answered) came back")
    }

    /// What is written before anybody listens would be lost.
    private func waitForListener(_ line: PseudoTerminal) throws {
        Terminal.say("waiting for a daemon to open \(line.link)")
        for _ in 0..<300 where !line.isListening { usleep(100_000) }
        guard line.isListening else {
            throw Trouble("nobody opened \(line.link): is it a port of the daemon?", .unavailable)
        }
    }

    private func decode(_ records: [CaptureRecord]) throws {
        guard let name = protocolName ?? records[0].protocolID?.rawValue else {
            throw Trouble("\(file) names no protocol: give --protocol", .usage)
        }
        let descriptor = try findProtocol(name)
        let printer = DecodePrinter(descriptor.id)
        let decoder = try descriptor.makeDecoder()
        for (record, rest) in zip(records, rests(records)) {
            usleep(rest)
            decoder.receive(record.bytes.span, into: printer)
            printer.flush()
        }
        printer.end(pending: decoder.pending)
    }

    /// Microseconds to wait before each record.
    private func rests(_ records: [CaptureRecord]) -> [UInt32] {
        guard speed == .recorded else { return records.map { _ in 0 } }
        var last = records.first?.at.microseconds ?? 0
        return records.map { record in
            defer { last = record.at.microseconds }
            // A clock that was set while capturing must not stop the replay for years.
            return UInt32(clamping: min(max(0, record.at.microseconds - last), 60_000_000))
        }
    }
}
