import AlarmModel

/// What one line remembers: what its calls mean, whose turn it is, and the block refused last.
public struct ESPA444Session: ProtocolSession {
    /// Of a paging transmitter, which the station stands in for.
    static let usualAddress: UInt8 = 2
    static let controlAddress: UInt8 = 1

    let charset: Charset
    let kinds: ESPA444Kinds
    private var line: ESPA444Line
    private var now: MonotonicTime?
    private var refused: UInt32?

    /// Options: `role` (`station`, `control`), `address` of the station, `addresses` to poll as
    /// control station, `polled: false` on a line where our address alone selects us, `charset`,
    /// and what calls mean: see ``ESPA444Kinds``.
    public init(options: ProtocolOptions) throws(OptionProblem) {
        try options.refuseAll(
            except: ["role", "address", "addresses", "polled", "charset"] + ESPA444Kinds.keys
                + TextKinds.keys(in: options))
        charset = try Charset(options: options)
        kinds = try ESPA444Kinds(options: options)
        let address = try options.integer("address", in: 0...9).map { UInt8($0) }
        switch options.values["role"] ?? "station" {
        case "station":
            guard options.values["addresses"] == nil else {
                throw OptionProblem(
                    key: "addresses", message: "only 'role: control' polls other stations")
            }
            line = ESPA444Line(
                addresses: [address ?? Self.usualAddress],
                isPolled: try Self.isPolled(options), stations: [])
        case "control":
            let ours = [Self.controlAddress, address ?? Self.usualAddress]
            line = ESPA444Line(
                addresses: ours, isPolled: false,
                stations: try Self.stations(options, besides: ours))
        case let role:
            throw OptionProblem(
                key: "role", message: "'\(role)' is no role; it is station or control")
        }
    }

    private static func isPolled(_ options: ProtocolOptions) throws(OptionProblem) -> Bool {
        switch options.values["polled"] ?? "true" {
        case "true": return true
        case "false": return false
        case let text: throw OptionProblem(key: "polled", message: "'\(text)' is not true or false")
        }
    }

    private static func stations(
        _ options: ProtocolOptions, besides ours: [UInt8]
    ) throws(OptionProblem) -> [UInt8] {
        var stations: [UInt8] = []
        for word in (options.values["addresses"] ?? "").split(separator: ",") {
            let digits = word.filter { $0 != " " }
            guard let address = UInt8(digits), address < 10, !ours.contains(address),
                !stations.contains(address)
            else {
                throw OptionProblem(
                    key: "addresses",
                    message: "'\(digits)' is no address to poll; write digits such as 3,4, each "
                        + "once and none of our own")
            }
            stations.append(address)
        }
        guard !stations.isEmpty else {
            throw OptionProblem(
                key: "addresses", message: "a control station needs addresses to poll, such as 3,4")
        }
        return stations
    }

    /// Two blocks are taken for the same when their CRC-32C agrees: a wrong guess costs no more
    /// than one question.
    mutating func isRefusedAgain(_ frame: Span<UInt8>) -> Bool {
        let fingerprint = Checksums.crc32c(frame)
        defer { refused = fingerprint }
        return refused == fingerprint
    }

    var isForUs: Bool { line.isForUs }

    mutating func heardBlock() -> ESPA444Line.Answer { line.block(at: now) }

    mutating func heard(_ link: ESPA444.Link) -> ESPA444Line.Answer {
        switch link {
        case .enquiry(let address): line.enquiry(address, at: now)
        case .end: line.end(at: now)
        case .acknowledged, .refused: .nothing
        }
    }

    public mutating func opened(at now: Moment) -> Reply? {
        self.now = now.monotonic
        return line.opened(at: now.monotonic).reply
    }

    public mutating func heard(at now: Moment) { self.now = now.monotonic }

    public var deadline: MonotonicTime? { line.deadline }

    public mutating func timedOut(at now: Moment) -> Reply? {
        self.now = now.monotonic
        return line.timedOut(at: now.monotonic).reply
    }
}

extension ESPA444Line.Answer {
    func append(to reply: inout Reply) {
        switch self {
        case .nothing: break
        case .acknowledged: reply.append(ESPA444.Mark.ack)
        case .refused(let reason):
            reply.append(UInt8(ascii: "0") &+ reason.rawValue)
            reply.append(ESPA444.Mark.nak)
        case .end: reply.append(ESPA444.Mark.eot)
        case .poll(let address):
            reply.append(UInt8(ascii: "0") &+ address)
            reply.append(ESPA444.Mark.enq)
        }
    }

    var bytes: Reply {
        var reply = Reply()
        append(to: &reply)
        return reply
    }

    /// Nil when there is nothing to say.
    var reply: Reply? { self == .nothing ? nil : bytes }
}
