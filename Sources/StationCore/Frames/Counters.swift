import AlarmModel
import WireProtocols

/// What happened on one port since it was first opened, all connections of a listener together.
/// Bad bytes are normal: they are counted here under a name, and never logged one by one.
public struct PortCounters: Equatable, Sendable {
    public var bytesIn: UInt64 = 0
    public var frameBytes: UInt64 = 0
    public var frames: UInt64 = 0
    public var events: UInt64 = 0
    public var telemetry: UInt64 = 0
    /// Frames that were recognised as resends.
    public var repeats: UInt64 = 0
    /// Conditions told again while they last.
    public var heldAgain: UInt64 = 0
    /// Messages that share a row with others like them, because they came faster than people press.
    public var gathered: UInt64 = 0
    public var replies: UInt64 = 0
    /// What came back of the station's own words, and was not answered once more.
    public var echoes: UInt64 = 0
    /// Answers to what told nothing new, beyond ``Limits/answersPerSecondMax``, and beyond
    /// ``Limits/stormRepliesMax`` to what was gathered.
    public var answersWithheld: UInt64 = 0
    /// By ``SkipReason/index``.
    public var skippedBytes: [7 of UInt64] = [7 of UInt64](repeating: 0)
    /// Frames with good integrity and no meaning, by ``DecodeError``.
    public var undecodable: [DecodeError: UInt64] = [:]

    public init() {}

    public var skippedTotal: UInt64 {
        var total: UInt64 = 0
        for index in skippedBytes.indices { total += skippedBytes[index] }
        return total
    }

    public static func == (a: PortCounters, b: PortCounters) -> Bool { a.named == b.named }

    /// In a fixed order, under the names that ports and metrics show.
    public var named: [PortStatus.Counter] {
        var list: [PortStatus.Counter] = [
            .init("bytesDecoded", bytesIn), .init("frameBytes", frameBytes),
            .init("frames", frames), .init("events", events), .init("telemetry", telemetry),
            .init("repeats", repeats), .init("heldAgain", heldAgain),
            .init("gathered", gathered), .init("replies", replies), .init("echoes", echoes),
            .init("answersWithheld", answersWithheld),
        ]
        for reason in SkipReason.allCases {
            list.append(.init("skippedBytes.\(reason.rawValue)", skippedBytes[reason.index]))
        }
        for error in DecodeError.allCases {
            list.append(.init("undecodable.\(error.rawValue)", undecodable[error] ?? 0))
        }
        return list
    }
}
