import AlarmModel
import WireProtocols

/// What a serial line may be set to: `9600 7E1`.
public struct SerialGuess: Hashable, Sendable, CustomStringConvertible {
    /// Data bits, parity, stop bits. A second stop bit is only a pause to whoever listens.
    public enum Format: String, CaseIterable, Sendable {
        case eightNone = "8N1"
        case eightEven = "8E1"
        case eightOdd = "8O1"
        case sevenNone = "7N1"
        case sevenEven = "7E1"
        case sevenOdd = "7O1"
    }

    /// Bits per second.
    public var baud: UInt32
    public var format: Format

    public init(baud: UInt32, format: Format) {
        self.baud = baud
        self.format = format
    }

    /// What most devices are set to.
    public static let usual = SerialGuess(baud: 9_600, format: .eightNone)

    /// Speeds by how likely a device has them. The fastest comes second, because what it hears of
    /// any slower line tells that line's speed: see ``SlowerLine``.
    static let bauds: [UInt32] = [
        9_600, 115_200, 19_200, 57_600, 38_400, 4_800, 2_400, 1_200, 300,
    ]

    /// Formats that the line itself has to be set to, likeliest first. Seven bits with a parity
    /// take the same ten bit times as 8N1 and are told by their bytes instead.
    static let lineFormats: [Format] = [.eightNone, .eightEven, .sevenNone, .eightOdd]

    public var description: String { "\(baud) \(format.rawValue)" }
}

extension ProtocolDescriptor {
    /// Whether devices speak it over a serial line.
    public var isSerial: Bool {
        // The title of a HID button says USB too; its link does not.
        about.link.contains("serial") || about.link.contains("USB")
    }
}

extension ProtocolID {
    /// What a port is configured with whose protocol is to be found out.
    public static let auto: ProtocolID = "auto"
}
