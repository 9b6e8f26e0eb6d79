import AlarmModel
import LinuxPorts
import StationCore

/// A ``Sniffer`` on an open port: counts the line's errors for it, and sets the line as it decides.
public struct LineSniffer {
    public let handle: PortHandle
    public let sniffer: Sniffer
    private var errorsSeen: UInt64

    /// The line is set to `settings` already.
    public init(_ handle: PortHandle, _ settings: SerialSettings, on ports: PortLoop) {
        self.handle = handle
        sniffer = Sniffer(first: SerialGuess(settings))
        errorsSeen = ports.lineErrors(of: handle)
    }

    /// What a read brought. The line is set to what was found when there is a verdict.
    public mutating func heard(
        _ bytes: [UInt8], at now: Moment, on ports: PortLoop
    ) -> Verdict? {
        let errors = ports.lineErrors(of: handle)
        let new = Int(clamping: errors &- errorsSeen)
        errorsSeen = errors
        return carryOut(sniffer.heard(bytes, lineErrors: new, at: now), on: ports)
    }

    public var deadline: MonotonicTime? { sniffer.deadline }

    public func passTime(at now: MonotonicTime, on ports: PortLoop) -> Verdict? {
        carryOut(sniffer.passTime(at: now), on: ports)
    }

    /// Says what some device may wait for; see ``Sniffer/ask(at:)``.
    public func ask(at now: Moment, on ports: PortLoop) {
        guard let question = sniffer.ask(at: now) else { return }
        set(question.guess, keepingInput: false, on: ports)
        ports.write(question.words.span, to: handle)
    }

    private func carryOut(_ decision: Sniffer.Decision, on ports: PortLoop) -> Verdict? {
        switch decision {
        case .stay: return nil
        case .tryNext(let guess):
            set(guess, keepingInput: false, on: ports)
            return nil
        case .found(let verdict):
            if verdict.guess != sniffer.guess {
                set(verdict.guess, keepingInput: true, on: ports)
            }
            return verdict
        }
    }

    /// A line that cannot be set so hears garbage and is set to the next.
    private func set(_ guess: SerialGuess, keepingInput: Bool, on ports: PortLoop) {
        guard let settings = SerialSettings(guess) else { return }
        ports.retune(handle, to: settings, keepingInput: keepingInput)
    }
}

extension SerialSettings {
    public init?(_ guess: SerialGuess) {
        guard let format = Format(guess.format.rawValue) else { return nil }
        self.init(baud: guess.baud, format: format)
    }
}

extension SerialGuess {
    /// A second stop bit makes no difference to who listens.
    public init(_ settings: SerialSettings) {
        let format = "\(settings.format.dataBits)\(settings.format.parity.rawValue)1"
        self.init(baud: settings.baud, format: Format(rawValue: format) ?? .eightNone)
    }
}
