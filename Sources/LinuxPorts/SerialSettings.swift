import Glibc

/// How the bytes are on a serial line.
public struct SerialSettings: Sendable, Equatable {
    public enum Parity: Character, Sendable {
        case none = "N"
        case even = "E"
        case odd = "O"
    }

    public enum FlowControl: String, Sendable {
        case none
        case rtscts
    }

    /// Data bits, parity and stop bits: `8N1`, `7E1`.
    public struct Format: Sendable, Equatable, CustomStringConvertible {
        /// 7 or 8.
        public let dataBits: Int
        public let parity: Parity
        /// 1 or 2.
        public let stopBits: Int

        /// Nil when the text is not of that form. The parity may be in lower case.
        public init?(_ text: String) {
            let parts = Array(text.uppercased())
            guard parts.count == 3,
                let dataBits = parts[0].wholeNumberValue, (7...8).contains(dataBits),
                let parity = Parity(rawValue: parts[1]),
                let stopBits = parts[2].wholeNumberValue, (1...2).contains(stopBits)
            else { return nil }
            self.init(dataBits: dataBits, parity: parity, stopBits: stopBits)
        }

        fileprivate init(dataBits: Int, parity: Parity, stopBits: Int) {
            self.dataBits = dataBits
            self.parity = parity
            self.stopBits = stopBits
        }

        /// 8N1, what most devices speak.
        public static let eightNoneOne = Format(dataBits: 8, parity: .none, stopBits: 1)

        public var description: String { "\(dataBits)\(parity.rawValue)\(stopBits)" }
    }

    /// Bits per second; any that the hardware can make.
    public var baud: UInt32
    public var format: Format
    public var flowControl: FlowControl

    public init(
        baud: UInt32 = 9_600, format: Format = .eightNoneOne, flowControl: FlowControl = .none
    ) {
        self.baud = baud
        self.format = format
        self.flowControl = flowControl
    }
}

extension SerialSettings: CustomStringConvertible {
    public var description: String {
        "\(baud) \(format)" + (flowControl == .rtscts ? " rtscts" : "")
    }
}

extension SerialSettings {
    /// The control flags that format and flow control stand for, and those that a station needs:
    /// the receiver on, modem lines not watched, DTR left up on close so that no adapter resets.
    var controlFlags: tcflag_t {
        var flags = tcflag_t(CREAD | CLOCAL)
        flags |= tcflag_t(format.dataBits == 7 ? CS7 : CS8)
        if format.parity != .none { flags |= tcflag_t(PARENB) }
        if format.parity == .odd { flags |= tcflag_t(PARODD) }
        if format.stopBits == 2 { flags |= tcflag_t(CSTOPB) }
        if flowControl == .rtscts { flags |= tcflag_t(CRTSCTS) }
        return flags
    }

    /// The control flags that a driver may not have changed.
    static let comparedFlags =
        tcflag_t(CSIZE | PARENB | PARODD | CSTOPB) | tcflag_t(CRTSCTS)

    /// What the flags of a tty and its rate stand for; the reverse of ``controlFlags``.
    init(controlFlags flags: tcflag_t, baud: UInt32) {
        let parity: Parity =
            flags & tcflag_t(PARENB) == 0 ? .none : flags & tcflag_t(PARODD) == 0 ? .even : .odd
        self.baud = baud
        format = Format(
            dataBits: flags & tcflag_t(CSIZE) == tcflag_t(CS7) ? 7 : 8, parity: parity,
            stopBits: flags & tcflag_t(CSTOPB) == 0 ? 1 : 2)
        flowControl = flags & tcflag_t(CRTSCTS) == 0 ? .none : .rtscts
    }

    /// The code of the rate in termios; nil for a rate outside its table.
    var standardSpeed: speed_t? {
        Self.standardSpeeds.first { $0.baud == baud }.map(\.speed)
    }

    /// The rate of a code of termios; nil for `BOTHER` and the like.
    static func baud(of speed: speed_t) -> UInt32? {
        standardSpeeds.first { $0.speed == speed }.map(\.baud)
    }

    private static let standardSpeeds: [(baud: UInt32, speed: speed_t)] = [
        (50, speed_t(B50)), (75, speed_t(B75)), (110, speed_t(B110)), (134, speed_t(B134)),
        (150, speed_t(B150)), (200, speed_t(B200)), (300, speed_t(B300)), (600, speed_t(B600)),
        (1_200, speed_t(B1200)), (1_800, speed_t(B1800)), (2_400, speed_t(B2400)),
        (4_800, speed_t(B4800)), (9_600, speed_t(B9600)), (19_200, speed_t(B19200)),
        (38_400, speed_t(B38400)), (57_600, speed_t(B57600)), (115_200, speed_t(B115200)),
        (230_400, speed_t(B230400)), (460_800, speed_t(B460800)), (500_000, speed_t(B500000)),
        (576_000, speed_t(B576000)), (921_600, speed_t(B921600)),
        (1_000_000, speed_t(B1000000)), (1_152_000, speed_t(B1152000)),
        (1_500_000, speed_t(B1500000)), (2_000_000, speed_t(B2000000)),
        (2_500_000, speed_t(B2500000)), (3_000_000, speed_t(B3000000)),
        (3_500_000, speed_t(B3500000)), (4_000_000, speed_t(B4000000)),
    ]
}
