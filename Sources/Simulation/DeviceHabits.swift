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
    /// How long behind an answer the same bytes are not sent again, as those of another press.
    public var rest = TimeSpan.seconds(0)
    /// Nil for one that has nothing to say between two presses.
    public var heartbeatEvery: TimeSpan?
    /// Whether a reply says which message it is for.
    public var namesItsReplies = true
    /// What the station says to have everything sent again.
    public var refusal: [UInt8] = []

    /// A receiver that prints lines holds one, sends it four times 4 s apart, and goes on with it
    /// after an answered heartbeat: its lines have no number, so it cannot have two on their way.
    /// A paging host, which takes its turn, sends its block again every 10 s.
    /// Tocsin link waits 2, 4, 8, 16 and then 30 s for ever. A JT/T 808 terminal, and any other
    /// sender, asks again every 5 s.
    public static func of(_ descriptor: ProtocolDescriptor) -> DeviceHabits {
        if descriptor.isConversation {
            return DeviceHabits(
                resendAfter: [.seconds(10)], outstandingMax: 1, rest: .milliseconds(100),
                namesItsReplies: false,
                refusal: [0x15])
        }
        if case .afterAnswer = descriptor.repeatRule {
            return DeviceHabits(
                resendAfter: [.seconds(4)], copiesMax: 4, outstandingMax: 1,
                rest: .milliseconds(100), heartbeatEvery: .seconds(30), namesItsReplies: false,
                refusal: [0x15])
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
    /// in, answer to a connection or hear no answer are tested by themselves. So are
    /// those without a checksum whose grammar lets a damaged report pass for another one: what the
    /// line did to it there, no station can see.
    static let played = ProtocolRegistry.all.filter { descriptor in
        let presses: [(device: UInt32, serial: UInt32)] = [(1, 1), (1, 2), (2, 1)]
        let lessons = presses.compactMap {
            lesson(descriptor, device: $0.device, serial: $0.serial)
        }
        let addresses = lessons.compactMap { $0.drafts.first?.address }
        guard addresses.count == presses.count, addresses[0] != addresses[2],
            lessons.allSatisfy({ !$0.reply.isEmpty })
        else { return false }
        return !of(descriptor).namesItsReplies
            || descriptor.hasChecksum && Set(lessons.map(\.reply)).count == presses.count
    }

    /// The protocols whose devices say who they are in a login, and can be played without one: one
    /// device behind each connection.
    static let namelessPlayed = ProtocolRegistry.all.filter { descriptor in
        guard descriptor.hasChecksum, !descriptor.isConversation else { return false }
        let lessons = (1...2).compactMap { lesson(descriptor, device: 1, serial: $0) }
        return lessons.count == 2 && lessons.allSatisfy { $0.drafts.first?.address == nil }
            && lessons.allSatisfy { !$0.reply.isEmpty } && lessons[0].reply != lessons[1].reply
    }

    private static func lesson(
        _ descriptor: ProtocolDescriptor, device: UInt32, serial: UInt32
    ) -> FrameLesson? {
        guard let decoder = try? descriptor.makeDecoder(),
            let frame = descriptor.sample(
                of: [.sos], device: device, serial: serial, at: WallTime(microseconds: 0))
        else { return nil }
        return FrameLesson(frame, decoder)
    }
}
