import AlarmModel

/// What one connection remembers: what the alarm bits mean on its models, how their clocks are set,
/// and the parts of long messages.
public struct JTT808Session: ProtocolSession {
    /// Row n is bit n.
    let alarmBits: [JTT808.AlarmBit]
    /// The bits that the terminal sets for as long as a condition lasts.
    let heldBits: UInt32
    /// The bits of each rank of priority.
    private let bitsOfRank: [4 of UInt32]
    /// What the terminals' clocks are ahead of UTC.
    let clockOffset: TimeSpan
    var parts = JTT808Parts()

    /// Options: `alarm.1` to `alarm.31` with the name of a kind, and `clockOffsetMinutes`.
    ///
    /// The emergency button, bit 0, cannot be made anything else.
    public init(options: ProtocolOptions) throws(OptionProblem) {
        let bits = 1...31
        try options.refuseAll(except: ["clockOffsetMinutes"] + bits.map { "alarm.\($0)" })
        let offset = try options.integer("clockOffsetMinutes", in: -720...840)
        clockOffset = .seconds(Int64(offset ?? JTT808.standardClockOffsetMinutes) * 60)
        var meanings = JTT808.alarmBits
        for bit in bits {
            guard let name = options.values["alarm.\(bit)"] else { continue }
            meanings[bit] = try Self.meaning(of: name, bit: bit)
        }
        alarmBits = meanings
        var ranks = [4 of UInt32](repeating: 0)
        for bit in meanings.indices {
            ranks[meanings[bit].kind.priority.rank] |= 1 << UInt32(bit)
            if Self.tellsDirection(bit, meanings) {
                ranks[EventKind.geofenceEnter.priority.rank] |= 1 << UInt32(bit)
            }
        }
        bitsOfRank = ranks
        heldBits = meanings.indices.reduce(0) { mask, bit in
            meanings[bit].isHeld ? mask | 1 << UInt32(bit) : mask
        }
    }

    /// The alarm bits that can make an event of this rank of priority, 0 the gravest.
    func bits(rank: Int) -> UInt32 { bitsOfRank[rank] }

    /// Bits 20 and 21 mean leaving or entering, unless they were given another meaning.
    func tellsDirection(_ bit: Int) -> Bool { Self.tellsDirection(bit, alarmBits) }

    private static func tellsDirection(_ bit: Int, _ meanings: [JTT808.AlarmBit]) -> Bool {
        (bit == JTT808.areaBit || bit == JTT808.routeBit) && meanings[bit].kind == .geofenceExit
    }

    /// An emergency never counts as held: each report of it is one more call for help, and joins
    /// the alert that is there.
    private static func meaning(
        of name: String, bit: Int
    ) throws(OptionProblem) -> JTT808.AlarmBit {
        guard let kind = EventKind(rawValue: name), !kind.isTelemetry else {
            throw OptionProblem(
                key: "alarm.\(bit)",
                message: "'\(name)' is no kind of alarm; write one such as fall, removed, "
                    + "batteryLow, tamper or unknown")
        }
        let isHeld = JTT808.alarmBits[bit].isHeld && kind.priority != .emergency
        return JTT808.AlarmBit(kind, isHeld: isHeld)
    }
}

/// The parts of long location messages, until each is whole.
///
/// A part is stored as an event of its own before it is answered, so nothing here is the only copy
/// of anything. At the bound the oldest message is given up.
struct JTT808Parts: Sendable {
    /// 4 messages of 16 parts of 1023 bytes: just under 64 KiB a connection.
    static let messagesMax = 4
    static let partsMax: UInt16 = 16

    /// What names a message: its terminal, its id, and the serial number of its first part.
    struct Key: Equatable, Sendable {
        var address: ShortText
        var id: UInt16
        var serial: UInt16
    }

    struct LongMessage: Sendable {
        var key: Key
        var parts: [[UInt8]?]
        /// The part with which it became whole. A resend of that part means the whole again, so
        /// that it is recognised as a resend.
        var completedBy: UInt16?

        var missing: Int { parts.count { $0 == nil } }
    }

    enum Outcome {
        case whole([UInt8])
        /// Kept; `givenUp` had to make room.
        case waiting(givenUp: LongMessage?)
        /// Nothing puts it together with its other parts.
        case alone
    }

    /// Oldest first.
    private var messages: [LongMessage] = []

    mutating func add(_ header: JTT808.Header, _ part: JTT808.Part, _ bytes: [UInt8]) -> Outcome {
        if part.total == 1 { return .whole(bytes) }
        guard part.total <= Self.partsMax else { return .alone }
        let key = Key(
            address: header.address, id: header.id, serial: header.serial &- (part.number - 1))
        let index = Int(part.number) - 1
        guard let place = messages.firstIndex(where: { $0.key == key }),
            messages[place].parts.count == Int(part.total),
            messages[place].parts[index] == nil || messages[place].parts[index] == bytes
        else {
            // Not seen before, or the serial number has come round: a message of its own.
            messages.removeAll { $0.key == key }
            let room = messages.count == Self.messagesMax ? messages.removeFirst() : nil
            var parts = [[UInt8]?](repeating: nil, count: Int(part.total))
            parts[index] = bytes
            messages.append(LongMessage(key: key, parts: parts))
            return .waiting(givenUp: room?.completedBy == nil ? room : nil)
        }
        messages[place].parts[index] = bytes
        if messages[place].missing == 0, messages[place].completedBy == nil {
            messages[place].completedBy = part.number
        }
        guard messages[place].completedBy == part.number else { return .waiting(givenUp: nil) }
        return .whole(messages[place].parts.flatMap { $0 ?? [] })
    }
}
