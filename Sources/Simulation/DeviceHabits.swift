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

    /// A receiver that prints lines holds one, sends it four times 4 s apart, and goes on with it
    /// after an answered heartbeat: its lines have no number, so it cannot have two on their way.
    /// Tocsin link waits 2, 4, 8, 16 and then 30 s for ever. A JT/T 808 terminal, and any other
    /// sender, asks again every 5 s.
    public static func of(_ descriptor: ProtocolDescriptor) -> DeviceHabits {
        if case .resentByTimeout = descriptor.repeatRule {
            return DeviceHabits(
                resendAfter: [.seconds(4)], copiesMax: 4, outstandingMax: 1,
                heartbeatEvery: .seconds(30), namesItsReplies: false, refusal: [0x15])
        }
        if descriptor.id == "tocsin-link" {
            return DeviceHabits(
                resendAfter: [2, 4, 8, 16, 30].map { .seconds($0) }, outstandingMax: 8,
                heartbeatEvery: .seconds(30))
        }
        return DeviceHabits(
            resendAfter: [.seconds(5)], outstandingMax: 8, heartbeatEvery: .seconds(20))
    }

    /// The protocols whose devices can be played, several behind one port: one message, which names
    /// its device, is a press, and is answered by what names it, or one at a time. Those that log
    /// in, converse, answer to a connection or hear no answer are tested by themselves. So are
    /// those without a checksum whose grammar lets a damaged report pass for another one: what the
    /// line did to it there, no station can see.
    static let played = ProtocolRegistry.all.filter { descriptor in
        guard !descriptor.isConversation else { return false }
        let presses: [(device: UInt32, serial: UInt32)] = [(1, 1), (1, 2), (2, 1)]
        let lessons = presses.compactMap { press -> FrameLesson? in
            guard let decoder = try? descriptor.makeDecoder(),
                let frame = descriptor.sample(
                    of: [.sos], device: press.device, serial: press.serial,
                    at: WallTime(microseconds: 0))
            else { return nil }
            return FrameLesson(frame, decoder)
        }
        let addresses = lessons.compactMap { $0.drafts.first?.address }
        guard addresses.count == presses.count, addresses[0] != addresses[2],
            lessons.allSatisfy({ !$0.reply.isEmpty })
        else { return false }
        return !of(descriptor).namesItsReplies
            || descriptor.hasChecksum && Set(lessons.map(\.reply)).count == presses.count
    }
}
