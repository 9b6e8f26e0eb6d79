import AlarmModel
import WireProtocols

/// How the senders of one protocol behave towards a station that does not answer.
public struct DeviceHabits: Sendable {
    /// How long each copy of a message waits for its reply; the last one holds for ever.
    public var resendAfter: [TimeSpan]
    /// Copies after which the sender gives a message a rest, until the line is seen to work again.
    public var copiesMax: Int?
    /// Messages on their way at a time; others wait in the sender.
    public var outstandingMax: Int
    public var heartbeatEvery: TimeSpan
    /// Whether a reply says which message it is for.
    public var namesItsReplies = true
    /// What the station says to have everything sent again.
    public var refusal: [UInt8] = []

    /// A Sur-Gard receiver holds one line, sends it four times 4 s apart, and goes on with it after
    /// an answered heartbeat. Tocsin link waits 2, 4, 8, 16 and then 30 s for ever. A JT/T 808
    /// terminal, and any other sender, asks again every 5 s.
    public static func of(_ id: ProtocolID) -> DeviceHabits {
        switch id {
        case "surgard":
            DeviceHabits(
                resendAfter: [.seconds(4)], copiesMax: 4, outstandingMax: 1,
                heartbeatEvery: .seconds(30), namesItsReplies: false, refusal: [0x15])
        case "tocsin-link":
            DeviceHabits(
                resendAfter: [2, 4, 8, 16, 30].map { .seconds($0) }, outstandingMax: 8,
                heartbeatEvery: .seconds(30))
        default:
            DeviceHabits(
                resendAfter: [.seconds(5)], outstandingMax: 8, heartbeatEvery: .seconds(20))
        }
    }
}
