import AlarmModel

/// What one connection remembers: whose it is, what the time is, and what the alarm bits mean on
/// its models.
public struct EV07BSession: ProtocolSession {
    /// Of the last frame that named its device.
    var address: ShortText?
    /// Of the bytes that are being read; nil until the station has told it.
    private(set) var now: WallTime?
    /// Row n is bit n.
    let alarmBits: [EV07B.AlarmBit]
    /// The bits of each rank of priority.
    private let bitsOfRank: [4 of UInt64]

    /// Options: `alarm.0` to `alarm.63` with the name of a kind. The SOS button and the fences
    /// cannot be made anything else.
    public init(options: ProtocolOptions) throws(OptionProblem) {
        let bits = (0..<64).filter {
            $0 != EV07B.sosBit && !EV07B.fenceBits.contains($0) && !EV07B.insideBits.contains($0)
        }
        try options.refuseAll(except: bits.map { "alarm.\($0)" })
        var meanings = EV07B.alarmBits
        for bit in bits {
            guard let kind = try options.kind("alarm.\(bit)") else { continue }
            meanings[bit] = EV07B.AlarmBit(kind)
        }
        var ranks = [4 of UInt64](repeating: 0)
        for bit in meanings.indices {
            ranks[meanings[bit].kind.priority.rank] |= 1 << UInt64(bit)
        }
        alarmBits = meanings
        bitsOfRank = ranks
    }

    /// The alarm bits whose event is of this rank of priority, 0 the gravest.
    func bits(rank: Int) -> UInt64 { bitsOfRank[rank] }

    public mutating func heard(at now: Moment) { self.now = now.wall }
}
