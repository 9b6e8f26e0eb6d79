import AlarmModel

/// What one receiver's connection remembers: what the statuses mean, and how far its start-up is.
///
/// ```
/// opened: reset -> half a second -> status? -> answer: start
///           ^                          |
///           '------- no answer --------'
/// ```
/// Packets of devices count at every point of it: nothing heard is thrown away.
public struct RFXtrxSession: ProtocolSession {
    private enum State {
        /// The receiver is deaf for half a second.
        case resetting
        case askedForStatus
        /// Told to start. Old firmware does not answer that, and needs no telling.
        case listening
    }

    private var state = State.listening
    public private(set) var deadline: MonotonicTime?
    /// By status, without the tamper bit.
    private let kinds: [EventKind]

    /// After a reset the receiver says nothing of use for at least 0.3 s, by most accounts 0.5 s.
    static let resetRest = TimeSpan.milliseconds(500)
    /// It answers within some tens of milliseconds; a second reset harms nothing.
    static let patience = TimeSpan.seconds(2)

    /// Options: `status.<two hexadecimal digits>` with the name of a kind. Panic and its end cannot
    /// be anything else.
    public init(options: ProtocolOptions) throws(OptionProblem) {
        var kinds = [EventKind](repeating: .unknown, count: Int(RFXtrx.Status.tamper))
        for meaning in RFXtrx.statuses { kinds[Int(meaning.status)] = meaning.kind }
        for key in options.values.keys.sorted() {
            let status = try Self.status(inKey: key)
            if let kind = try options.kind(key) { kinds[Int(status)] = kind }
        }
        self.kinds = kinds
    }

    private static func status(inKey key: String) throws(OptionProblem) -> UInt8 {
        let prefix = "status."
        let digits = key.dropFirst(prefix.count)
        guard key.hasPrefix(prefix), digits.utf8.count == 2, digits.first != "+",
            let status = UInt8(digits, radix: 16), status < RFXtrx.Status.tamper
        else {
            throw OptionProblem(
                key: key,
                message: "unknown option '\(key)'; known are status.00 to status.7f, as in "
                    + "status: {05: checkIn}")
        }
        guard status != RFXtrx.Status.panic, status != RFXtrx.Status.endOfPanic else {
            throw OptionProblem(
                key: key,
                message: "status \(digits) is the panic button; it cannot mean anything else")
        }
        return status
    }

    @inline(__always)
    func kind(of status: UInt8) -> EventKind { kinds[Int(status & ~RFXtrx.Status.tamper)] }

    public mutating func opened(at now: Moment) -> Reply? {
        state = .resetting
        deadline = now.monotonic + Self.resetRest
        return Reply(RFXtrx.Command.packet(RFXtrx.Command.reset, sequence: 0))
    }

    public mutating func timedOut(at now: Moment) -> Reply? {
        switch state {
        case .resetting:
            state = .askedForStatus
            deadline = now.monotonic + Self.patience
            return Reply(RFXtrx.Command.packet(RFXtrx.Command.status, sequence: 1))
        case .askedForStatus: return opened(at: now)
        case .listening:
            deadline = nil
            return nil
        }
    }

    /// The receiver has said something about itself: it is there.
    mutating func hasAnswered() {
        state = .listening
        deadline = nil
    }
}
