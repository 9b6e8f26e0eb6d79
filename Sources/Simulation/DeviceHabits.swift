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

    /// The protocols whose devices can be played: one message, which names its device, is a press,
    /// and is answered. Those that log in, converse or hear no answer are tested by themselves.
    static let played = ProtocolRegistry.all.filter { descriptor in
        let addresses = (UInt32(1)...2).compactMap { device -> ShortText? in
            guard let decoder = try? descriptor.makeDecoder(),
                let frame = descriptor.sample(
                    of: [.sos], device: device, serial: 1, at: WallTime(microseconds: 0))
            else { return nil }
            let lesson = FrameLesson(frame, decoder)
            return lesson.reply.isEmpty ? nil : lesson.drafts.first?.address
        }
        return addresses.count == 2 && addresses[0] != addresses[1]
    }
}
