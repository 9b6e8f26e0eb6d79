import AlarmModel
import WireProtocols

/// One press of a button: what its sender keeps until it is answered.
public struct FakePress: Sendable {
    public let kinds: [EventKind]
    public let frame: [UInt8]
    /// What must become rows of the ledger.
    public let rows: [WordedDraft]
    public let pressedAt: MonotonicTime
    let button: FakeDevice.Button
    /// Nobody pressed: the device sends again what was answered before its power went.
    public internal(set) var isRepetition = false
    /// When its first copy was sent.
    public internal(set) var sentAt: MonotonicTime?
    public internal(set) var copies = 0
    public internal(set) var answeredAt: MonotonicTime?
    /// The answer can have been for nothing else.
    public internal(set) var isAnswerCertain = false

    init(
        _ button: FakeDevice.Button, frame: [UInt8], rows: [WordedDraft],
        pressedAt: MonotonicTime, isRepetition: Bool = false
    ) {
        self.button = button
        kinds = button.kinds
        self.frame = frame
        self.rows = rows
        self.pressedAt = pressedAt
        self.isRepetition = isRepetition
    }

    /// `sos and geofenceExit`.
    public var name: String { kinds.map(\.rawValue).joined(separator: " and ") }
}

/// What its sender knows of one frame, learnt by decoding it as the station would.
final class FrameLesson: FrameHandler {
    private(set) var drafts: [WordedDraft] = []
    private(set) var reply: [UInt8] = []

    /// - Parameter decoder: hears nothing but this sender's own whole frames.
    init(_ frame: [UInt8], _ decoder: PortDecoder) {
        decoder.receive(frame.span, into: self)
    }

    func event(_ draft: EventDraft, text: String?) {
        drafts.append(WordedDraft(draft, text: text))
    }
    func frame(_ bytes: Span<UInt8>, reply: Span<UInt8>, error: DecodeError?) {
        self.reply = reply.array()
    }
    func skipped(_ count: Int, _ reason: SkipReason) {}
    func answerDamage(_ reply: Reply) {}
}
