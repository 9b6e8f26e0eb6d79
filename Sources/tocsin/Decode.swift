import AlarmModel
import ArgumentParser
import Captures
import EventJSON
import Foundation
import WireProtocols

/// `tocsin decode`: what bytes mean, without a daemon. Exits 0 whatever the bytes are.
struct Decode: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Decodes bytes and prints JSON lines in the order of the input.",
        discussion: """
            Lines are {"event":…}, {"reply":"<hex>"} and {"skip":{"reason":…,"bytes":…}}, and last \
            {"pending":<bytes left>}. One run is one connection. Hexadecimal input is one chunk a \
            line, as the port would have read it; blank lines and lines with # are passed over.
            """)

    enum Form: String, ExpressibleByArgument, CaseIterable {
        case hex, binary, pcapng
    }

    @Option(name: .customLong("protocol"), help: "The protocol: see `tocsin protocols`.")
    var protocolName: String

    @Option(help: "How the input is written: hex, binary or pcapng.")
    var input = Form.hex

    @Option(help: "Of a capture, only this port.")
    var port: String?

    @Option(name: .customLong("option"), help: "An option of the protocol, as KEY=VALUE.")
    var options: [String] = []

    @Argument(help: "The file; standard input when it is left out.")
    var file: String?

    func run() throws {
        let descriptor = try findProtocol(protocolName)
        let decoder: PortDecoder
        do {
            decoder = try descriptor.makeDecoder(options: try parseOptions(options))
        } catch let problem as OptionProblem {
            throw Trouble("--option \(problem.key): \(problem.message)", .usage)
        }
        let printer = DecodePrinter(descriptor.id)
        try ChunkSource(file: file, form: input, port: port).forEach { chunk in
            decoder.receive(chunk.span, into: printer)
            printer.flush()
        }
        printer.end(pending: decoder.pending)
    }
}

func findProtocol(_ name: String) throws -> ProtocolDescriptor {
    guard let descriptor = ProtocolRegistry.find(ProtocolID(rawValue: name)) else {
        let known = ProtocolRegistry.all.map(\.id.rawValue).joined(separator: ", ")
        throw Trouble("no protocol '\(name)'; known are \(known)", .usage)
    }
    return descriptor
}

func parseOptions(_ words: [String]) throws -> ProtocolOptions {
    var options = ProtocolOptions()
    for word in words {
        let parts = word.split(separator: "=", maxSplits: 1)
        guard parts.count == 2 else {
            throw Trouble("'\(word)' is not KEY=VALUE", .usage)
        }
        options.values[String(parts[0])] = String(parts[1])
    }
    return options
}

/// Prints what a decoder tells. Output is gathered: a flood of bytes is a flood of lines.
final class DecodePrinter: FrameHandler {
    private let protocolID: ProtocolID
    private var drafts: [WordedDraft] = []
    private var run = SkippedRun()
    private var output: [UInt8] = []

    init(_ protocolID: ProtocolID) { self.protocolID = protocolID }

    func event(_ draft: EventDraft, text: String?) {
        drafts.append(WordedDraft(draft, text: text))
    }

    func frame(_ bytes: Span<UInt8>, reply: Span<UInt8>, error: DecodeError?) {
        tell(run.end())
        let raw = bytes.array()
        for draft in drafts {
            output += Array(#"{"event":"#.utf8)
            output += draftJSON(draft, protocolID: protocolID, raw: raw)
            output += Array("}\n".utf8)
        }
        drafts.removeAll(keepingCapacity: true)
        if !reply.isEmpty { tell(reply: reply.array()) }
    }

    func skipped(_ count: Int, _ reason: SkipReason) {
        tell(run.add(count, reason))
    }

    func answerDamage(_ reply: Reply) { tell(reply: reply.bytes) }

    private func tell(reply: [UInt8]) { line(#"{"reply":"\#(hexText(reply))"}"#) }

    func end(pending: Int) {
        tell(run.end())
        line(#"{"pending":\#(pending)}"#)
        flush()
    }

    func flush() {
        guard !output.isEmpty else { return }
        Terminal.say(jsonLines: output)
        output.removeAll(keepingCapacity: true)
    }

    private func tell(_ run: SkippedRun?) {
        guard let run else { return }
        line(#"{"skip":{"reason":"\#(run.reason.rawValue)","bytes":\#(run.count)}}"#)
    }

    private func line(_ text: String) {
        output += Array(text.utf8)
        output.append(UInt8(ascii: "\n"))
    }
}
