import AlarmModel
import WireProtocols

/// What a line was found to be.
public struct Verdict: Sendable, Equatable {
    public var protocolID: ProtocolID
    public var guess: SerialGuess
    /// Protocols that understood the same bytes as well.
    public var alternatives: [ProtocolID]
    public var evidence: SniffEvidence
    /// All bytes heard at the setting, as the format found gives them: for the protocol's decoder,
    /// so that nothing heard meanwhile is lost.
    public var heard: [UInt8]
    /// The line was still set to eight bits: the eighth of what was received before it is set
    /// anew is no part of the byte.
    public var isSevenBit: Bool { guess.format.isSevenBit }

    /// `found surgard at 9600 7E1: 2 frames, 96 % of the bytes`
    public var sentence: String {
        let frames = evidence.frames == 1 ? "1 frame" : "\(evidence.frames) frames"
        return
            "found \(protocolID) at \(guess): \(frames), "
            + "\(evidence.explainedPercent) % of the bytes"
    }

    /// The two settings on one line: `protocol: surgard, serial: {baud: 9600, format: 7E1}`
    public var settingsLine: String {
        "protocol: \(protocolID), \(serialSetting)"
    }

    private var serialSetting: String {
        "serial: {baud: \(guess.baud), format: \(guess.format.rawValue)}"
    }

    /// The port as the configuration has it.
    public func configurationLines(name: String, path: String) -> [String] {
        let others = alternatives.map(\.rawValue).joined(separator: ", ")
        let comment = others.isEmpty ? "" : "  # understands the same bytes: \(others)"
        return [
            "ports:",
            "  - name: \(name)",
            "    match: {path: \(path)}",
            "    protocol: \(protocolID)\(comment)",
            "    \(serialSetting)",
        ]
    }
}

extension SerialGuess.Format {
    var isSevenBit: Bool {
        switch self {
        case .sevenNone, .sevenEven, .sevenOdd: true
        case .eightNone, .eightEven, .eightOdd: false
        }
    }
}
