import AlarmModel
import Foundation
import StationCore

/// What came of listening to a port.
struct SniffReport: Encodable {
    struct Candidate: Encodable {
        var `protocol`: String
        var baud: UInt32
        var format: String
        var frames: Int
        var undecodable: Int
        var explainedPercent: Int
        var kinds: [String]

        init(_ evidence: SniffEvidence) {
            `protocol` = evidence.protocolID.rawValue
            baud = evidence.guess.baud
            format = evidence.guess.format.rawValue
            frames = evidence.frames
            undecodable = evidence.undecodable
            explainedPercent = evidence.explainedPercent
            kinds = evidence.kinds.map(\.rawValue).sorted()
        }

        var line: String {
            let found = kinds.isEmpty ? "" : ": " + kinds.joined(separator: ", ")
            return "  \(`protocol`) at \(baud) \(format): \(frames) frames, "
                + "\(explainedPercent) % of the bytes\(found)"
        }
    }

    var port: String
    var found: Candidate?
    var alternatives: [String]
    /// For the configuration.
    var lines: [String]
    var bytes: Int
    var lineErrors: Int
    var settingsTried: Int
    /// What else understood something, the most first.
    var others: [Candidate]

    /// Others shown; what follows is chance.
    private static let othersMax = 5

    init(_ listener: SniffListener, path: String) {
        let sniffer = listener.sniffer
        port = path
        found = listener.verdict.map { Candidate($0.evidence) }
        alternatives = listener.verdict?.alternatives.map(\.rawValue) ?? []
        lines = listener.verdict?.configurationLines(name: "receiver-1", path: path) ?? []
        bytes = sniffer?.bytesHeard ?? 0
        lineErrors = sniffer?.lineErrors ?? 0
        settingsTried = sniffer?.settingsTried.count ?? 0
        let id = listener.verdict?.protocolID
        others = (sniffer?.evidence ?? []).filter { $0.protocolID != id }
            .prefix(Self.othersMax).map(Candidate.init)
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    func text() -> [String] {
        let heard =
            "\(bytes) bytes, \(lineErrors) of them with line errors, at \(settingsTried) "
            + "settings"
        var text: [String] = []
        if let found {
            text += ["found:", found.line, "heard: \(heard)", "for the configuration:"] + lines
        } else {
            text += ["nothing found", "heard: \(heard)", remedy]
        }
        if !others.isEmpty { text += ["understood something too:"] + others.map(\.line) }
        return text
    }

    private var remedy: String {
        if bytes == 0 {
            return
                "check the cable and that the device is on, press its button while this listens; "
                + "a device that waits to be spoken to needs --ask"
        }
        return lineErrors * 4 > bytes
            ? "check the wiring (ground, RS-232 or RS-485, swapped lines), then listen longer"
            : "it may speak a protocol that `tocsin protocols` does not list: keep a capture of it"
    }
}
