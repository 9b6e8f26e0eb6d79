import AlarmModel

/// The client's side of RFC 2217: sets up the line behind a serial server, and takes telnet out of
/// what comes. Pure: bytes in, payload and bytes to send out.
///
/// ```
///   us                                   server
///   WILL / DO BINARY, SGA          ->
///   WILL COM-PORT-OPTION           ->
///                                  <-    DO COM-PORT-OPTION
///   SET-BAUDRATE 9600 …            ->
///                                  <-    SET-BAUDRATE 9600 …      confirmed
/// ```
///
/// Payload is taken from the first byte on, whatever is confirmed: some servers never answer a
/// setting (a line without modem lines has no DTR), and an alarm does not wait for that.
struct RFC2217Session {
    /// What is asked of the line, in the words of a person.
    enum Setting: String, CaseIterable {
        case baud = "baud"
        case dataBits = "data bits"
        case parity = "parity"
        case stopBits = "stop bits"
        case flowControl = "flow control"
        case dtr = "DTR"
        case rts = "RTS"
    }

    /// What a person has to know about a line that is open.
    enum Complaint: Equatable {
        /// Nothing that the server sent was telnet.
        case noTelnet
        /// It speaks telnet, and would not hear of line settings.
        case refused
        /// These were not answered.
        case unconfirmed([Setting])
        /// This was answered with another value than what was asked.
        case different(Setting, asked: UInt32, got: UInt32)
    }

    private enum Agreement {
        case asked
        case agreed
        case refused
    }

    private let settings: SerialSettings
    private var reader = TelnetReader()
    private var agreement = Agreement.asked
    private var confirmed: [Setting: UInt32] = [:]
    private var hasSpokenTelnet = false
    private var isTimedOut = false

    init(_ settings: SerialSettings) { self.settings = settings }

    /// To be sent first.
    static var opening: [UInt8] {
        Telnet.negotiation(Telnet.will, Option.binary)
            + Telnet.negotiation(Telnet.do, Option.binary)
            + Telnet.negotiation(Telnet.will, Option.suppressGoAhead)
            + Telnet.negotiation(Telnet.do, Option.suppressGoAhead)
            + Telnet.negotiation(Telnet.will, Option.comPort)
    }

    /// True for a server that has never spoken telnet: then an FF is an FF.
    var isRaw: Bool { isTimedOut && !hasSpokenTelnet }

    /// Payload as it is sent.
    func escaped(_ payload: Span<UInt8>) -> [UInt8]? {
        isRaw ? nil : Telnet.escaped(payload)
    }

    /// Moves the payload among `bytes` to their start and returns how much that is.
    ///
    /// - Parameters:
    ///   - answer: what has to be sent in turn is added to it.
    ///   - errors: what the server tells of the line is counted there; its bytes are not marked,
    ///     because the server does not say which they were.
    mutating func receive(
        _ bytes: inout MutableSpan<UInt8>, answering answer: inout [UInt8],
        counting errors: inout LineErrors
    ) -> Int {
        guard !isRaw else { return bytes.count }
        var commands: [TelnetReader.Command] = []
        let kept = reader.read(&bytes) { commands.append($0) }
        for command in commands { take(command, &answer, &errors) }
        return kept
    }

    /// The server has had all the time that it gets.
    mutating func timeOut() { isTimedOut = true }

    /// Nil while all is well, or may still become so.
    var complaint: Complaint? {
        if agreement == .refused { return .refused }
        for setting in Setting.allCases {
            if let asked = asked(setting), let got = confirmed[setting], got != asked {
                return .different(setting, asked: asked, got: got)
            }
        }
        guard isTimedOut else { return nil }
        guard hasSpokenTelnet else { return .noTelnet }
        let open = Setting.allCases.filter { asked($0) != nil && confirmed[$0] == nil }
        return open.isEmpty ? nil : .unconfirmed(open)
    }

    // MARK: what is asked

    private enum Option {
        static let binary: UInt8 = 0
        static let suppressGoAhead: UInt8 = 3
        static let comPort: UInt8 = 44
    }

    /// The commands of the option; the server's answers are 100 higher.
    private enum Code {
        static let baud: UInt8 = 1
        static let dataBits: UInt8 = 2
        static let parity: UInt8 = 3
        static let stopBits: UInt8 = 4
        static let control: UInt8 = 5
        static let lineState: UInt8 = 6
        static let lineStateMask: UInt8 = 10
        static let modemStateMask: UInt8 = 11
        static let answers: UInt8 = 100
    }

    /// Bits of a line state.
    private enum LineState {
        static let overrun: UInt8 = 2
        static let parity: UInt8 = 4
        static let framing: UInt8 = 8
        static let breaks: UInt8 = 16
    }

    /// The value asked for, as the option counts it; nil for what the line does by itself.
    private func asked(_ setting: Setting) -> UInt32? {
        switch setting {
        case .baud: settings.baud
        case .dataBits: UInt32(settings.format.dataBits)
        case .parity:
            switch settings.format.parity {
            case .none: 1
            case .odd: 2
            case .even: 3
            }
        case .stopBits: UInt32(settings.format.stopBits)
        case .flowControl: settings.flowControl == .rtscts ? 3 : 1
        case .dtr: 8
        case .rts: settings.flowControl == .rtscts ? nil : 11
        }
    }

    private static func code(of setting: Setting) -> UInt8 {
        switch setting {
        case .baud: Code.baud
        case .dataBits: Code.dataBits
        case .parity: Code.parity
        case .stopBits: Code.stopBits
        case .flowControl, .dtr, .rts: Code.control
        }
    }

    /// Every setting, and which changes of the line the server shall tell of: its errors, and no
    /// modem lines.
    private var orders: [UInt8] {
        var orders: [UInt8] = []
        for setting in Setting.allCases {
            guard let value = asked(setting) else { continue }
            let bytes = (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(24 - 8 * $0)) }
            let operand = setting == .baud ? bytes : [UInt8(truncatingIfNeeded: value)]
            orders += Telnet.subnegotiation([Option.comPort, Self.code(of: setting)] + operand)
        }
        let errors = LineState.overrun | LineState.parity | LineState.framing | LineState.breaks
        orders += Telnet.subnegotiation([Option.comPort, Code.lineStateMask, errors])
        orders += Telnet.subnegotiation([Option.comPort, Code.modemStateMask, 0])
        return orders
    }

    // MARK: what the server says

    private mutating func take(
        _ command: TelnetReader.Command, _ answer: inout [UInt8], _ errors: inout LineErrors
    ) {
        hasSpokenTelnet = true
        switch command {
        case .negotiation(let verb, let option): negotiate(verb, option, &answer)
        case .subnegotiation(let bytes):
            guard bytes.count > 2, bytes[0] == Option.comPort, bytes[1] >= Code.answers else {
                return
            }
            let value = bytes[2...].prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            hear(bytes[1] - Code.answers, value, &errors)
        }
    }

    private mutating func negotiate(_ verb: UInt8, _ option: UInt8, _ answer: inout [UInt8]) {
        switch (verb, option) {
        case (Telnet.do, Option.comPort):
            // Once: a server that asks again and again gets no more for it.
            guard agreement != .agreed else { return }
            agreement = .agreed
            answer += orders
        case (Telnet.dont, Option.comPort): agreement = .refused
        // Answers to what was asked in the opening, where both sides of each were.
        case (_, Option.binary), (_, Option.suppressGoAhead): break
        default:
            guard let refusal = Telnet.refusal(of: verb) else { return }
            answer += Telnet.negotiation(refusal, option)
        }
    }

    private mutating func hear(_ code: UInt8, _ value: UInt32, _ errors: inout LineErrors) {
        switch code {
        case Code.baud: confirmed[.baud] = value
        case Code.dataBits: confirmed[.dataBits] = value
        case Code.parity: confirmed[.parity] = value
        case Code.stopBits: confirmed[.stopBits] = value
        case Code.control:
            // Flow control is 1 to 3, DTR 8 and 9, RTS 11 and 12; the rest was not asked for.
            switch value {
            case 1...3: confirmed[.flowControl] = value
            case 8...9: confirmed[.dtr] = value
            case 11...12: confirmed[.rts] = value
            default: break
            }
        case Code.lineState: count(UInt8(truncatingIfNeeded: value), &errors)
        default: break
        }
    }

    private func count(_ state: UInt8, _ errors: inout LineErrors) {
        if state & (LineState.parity | LineState.framing) != 0 { errors.damagedBytes &+= 1 }
        if state & LineState.breaks != 0 { errors.breaks &+= 1 }
        if state & LineState.overrun != 0 { errors.overruns &+= 1 }
    }
}
