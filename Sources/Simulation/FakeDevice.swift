import AlarmModel
import WireProtocols

/// A receiver or a handset on the other end of a line, as a state machine: it presses, keeps what
/// it sends until the reply, and sends the same bytes again when none comes. It reads no clock, so
/// that a simulation and a real line can drive the same one.
public final class FakeDevice {
    /// What a driver may want to show or check.
    public enum Outcome: Sendable {
        case pressed(FakePress)
        case resent(FakePress)
        case answered(FakePress)
    }

    private struct Message {
        /// Nil for a heartbeat, which is not kept.
        var press: FakePress?
        var frame: [UInt8]
        var reply: [UInt8]
        var resendAt: MonotonicTime
        var copies: Int
    }

    /// Presses that it keeps while nobody answers; nobody presses any more then.
    public static let waitingMax = 64

    public let descriptor: ProtocolDescriptor
    public let habits: DeviceHabits
    /// Mean time between two presses; nil lets go of the button.
    public var pressEvery: TimeSpan?
    /// Now and then the same button twice, where the wire cannot tell the two presses apart.
    public var pressesAgain = true
    private let kindSets: [[EventKind]]
    private let numbers: ClosedRange<UInt32>
    private let decoder: PortDecoder
    private let greeting: [UInt8]
    private var random: SplitMix64
    private var serial: UInt32 = 0
    private var waiting: [FakePress] = []
    private var outstanding: [Message] = []
    private var output: [[UInt8]] = []
    private var outcomes: [Outcome] = []
    private var inbox: [UInt8] = []
    private var nextPress: MonotonicTime
    private var heartbeatAt: MonotonicTime
    private var lastPress: (kinds: [EventKind], number: UInt32, serial: UInt32)?
    private var lastLine: (frame: [UInt8], sentAt: MonotonicTime)?
    private var lastAnswer: MonotonicTime
    private var quietUntil: MonotonicTime
    /// The first of `waiting` was sent often enough for now.
    private var isHolding = false
    private var isConnected = false
    /// Since the connection each line was sent once and answered once.
    private var isLineClean = true

    /// - Parameters:
    ///   - numbers: the pendants or handsets behind it; no other device may have one of them.
    ///   - seed: of all that it does.
    public init(
        _ descriptor: ProtocolDescriptor, numbers: ClosedRange<UInt32>, pressEvery: TimeSpan?,
        seed: UInt64, at now: Moment
    ) {
        self.descriptor = descriptor
        self.numbers = numbers
        self.pressEvery = pressEvery
        habits = DeviceHabits.of(descriptor)
        random = SplitMix64(seed: seed)
        guard let decoder = try? descriptor.makeDecoder(capacity: descriptor.frameLengthMax + 1)
        else { preconditionFailure("\(descriptor.id) has no decoder without options") }
        self.decoder = decoder
        greeting = decoder.opened(at: now)?.bytes ?? []
        kindSets = Self.kindSets(of: descriptor, at: now.wall)
        nextPress = now.monotonic
        heartbeatAt = now.monotonic
        lastAnswer = now.monotonic
        quietUntil = now.monotonic
        nextPress = now.monotonic + pause()
    }

    /// Messages that are not answered yet.
    public var openPresses: [FakePress] { outstanding.compactMap(\.press) + waiting }

    public var nextDeadline: MonotonicTime? {
        let press = pressEvery == nil ? nil : nextPress
        guard isConnected else { return press }
        let resend = outstanding.map(\.resendAt).min()
        let next = canSend ? waiting.first.map { sendNotBefore($0) } : nil
        return [press, resend, next, heartbeatAt].compactMap { $0 }.min()
    }

    // MARK: - In

    public func connected() {
        isConnected = true
        isLineClean = true
        isHolding = false
        inbox = []
    }

    public func disconnected() {
        isConnected = false
        output = []
        disturbed()
        waiting.insert(contentsOf: outstanding.compactMap(\.press), at: 0)
        outstanding = []
    }

    /// The line or the station did something that the sender cannot know of.
    public func disturbed() {
        for index in outstanding.indices { outstanding[index].press?.isDisturbed = true }
        isLineClean = isLineClean && outstanding.isEmpty
    }

    /// The station's bytes.
    public func receive(_ bytes: [UInt8], at now: Moment) {
        inbox += bytes
        while takeReply(at: now) {}
        let longest = max(greeting.count, outstanding.map(\.reply.count).max() ?? 0)
        inbox.removeFirst(max(0, inbox.count - max(0, longest - 1)))
    }

    /// Does whatever is due.
    public func tick(at now: Moment) {
        if pressEvery != nil, nextPress <= now.monotonic { press(at: now) }
        guard isConnected else { return }
        for index in outstanding.indices.reversed()
        where outstanding[index].resendAt <= now.monotonic {
            resend(index, at: now)
        }
        if heartbeatAt <= now.monotonic { sendHeartbeat(at: now) }
        while canSend, let next = waiting.first, sendNotBefore(next) <= now.monotonic {
            waiting.removeFirst()
            send(next, at: now)
        }
    }

    // MARK: - Out

    /// The next whole frame to write.
    public func nextOutput() -> [UInt8]? { output.isEmpty ? nil : output.removeFirst() }

    public func nextOutcome() -> Outcome? { outcomes.isEmpty ? nil : outcomes.removeFirst() }

    // MARK: - Pressing

    private func press(at now: Moment) {
        nextPress = now.monotonic + pause()
        guard waiting.count < Self.waitingMax else { return }
        // Where the wire has neither number nor time, the same button again is the same bytes.
        let isSameAgain = pressesAgain && !habits.namesItsReplies && random.chance(250)
        if !isSameAgain || lastPress == nil {
            serial += 1
            let number = numbers.lowerBound + UInt32(random.below(numbers.count))
            lastPress = (random.pick(kindSets), number, serial)
        }
        guard let (kinds, number, serial) = lastPress,
            let frame = descriptor.sample(of: kinds, device: number, serial: serial, at: now.wall)
        else { return }
        let lesson = FrameLesson(frame, decoder)
        let press = FakePress(
            kinds: kinds, frame: frame, rows: lesson.drafts.filter { !$0.kind.isTelemetry },
            pressedAt: now.monotonic)
        outcomes.append(.pressed(press))
        waiting.append(press)
        keepQuiet(at: now)
    }

    /// Mostly one at a time, now and then two at once.
    private func pause() -> TimeSpan {
        let mean = pressEvery?.microseconds ?? 0
        if random.chance(100) { return .milliseconds(Int64(random.below(50))) }
        return TimeSpan(microseconds: Int64(random.below(Int(mean) * 2 + 1)))
    }

    /// Single kinds and pairs that the protocol can say, an emergency in most.
    private static func kindSets(
        of descriptor: ProtocolDescriptor, at time: WallTime
    ) -> [[EventKind]] {
        let kinds = descriptor.about.kinds.filter { !$0.isTelemetry }
        let grave = kinds.filter { $0.priority == .emergency }
        let sets =
            kinds.map { [$0] } + grave.map { [$0] }
            + grave.flatMap { first in
                kinds.filter { $0 != first }.map { [first, $0] }
            }
        return sets.filter { descriptor.sample(of: $0, serial: 1, at: time) != nil }
    }

    // MARK: - Sending

    private var canSend: Bool {
        isConnected && !isHolding && outstanding.count < habits.outstandingMax
    }

    private func sendNotBefore(_ press: FakePress) -> MonotonicTime {
        press.frame == lastLine?.frame ? quietUntil : press.pressedAt
    }

    /// The same line as the last one, some seconds behind it, cannot be told from a resend by
    /// anybody where lines have no number. So it comes soon enough, or late enough.
    private func keepQuiet(at now: Moment) {
        guard !habits.namesItsReplies, let lastLine else { return }
        let isSoon = now.monotonic - lastLine.sentAt < .milliseconds(2_400)
        quietUntil = isSoon ? now.monotonic : lastAnswer + .seconds(7)
    }

    private func send(_ press: FakePress, at now: Moment) {
        let reply = FrameLesson(press.frame, decoder).reply
        var message = Message(
            press: press, frame: press.frame, reply: reply, resendAt: now.monotonic, copies: 0)
        message.press?.sentAt = press.sentAt ?? now.monotonic
        write(&message, at: now)
        if press.copies > 0 { outcomes.append(.resent(press)) }
        outstanding.append(message)
    }

    private func write(_ message: inout Message, at now: Moment) {
        let waits = habits.resendAfter
        message.resendAt = now.monotonic + waits[min(message.copies, waits.count - 1)]
        message.copies += 1
        message.press?.copies += 1
        lastLine = (message.frame, now.monotonic)
        output.append(message.frame)
    }

    private func resend(_ index: Int, at now: Moment) {
        isLineClean = false
        guard var press = outstanding[index].press else {
            outstanding.remove(at: index)
            return
        }
        if let most = habits.copiesMax, outstanding[index].copies >= most {
            outstanding.remove(at: index)
            press.isDisturbed = true
            waiting.insert(press, at: 0)
            isHolding = true
            heartbeatAt = now.monotonic
            return
        }
        write(&outstanding[index], at: now)
        if let press = outstanding[index].press { outcomes.append(.resent(press)) }
    }

    /// A sender that may have one message on its way waits for the answer to a heartbeat too.
    private func sendHeartbeat(at now: Moment) {
        guard outstanding.count < habits.outstandingMax else {
            heartbeatAt = now.monotonic + .seconds(1)
            return
        }
        heartbeatAt = now.monotonic + (isHolding ? .seconds(5) : habits.heartbeatEvery)
        let kinds: [EventKind] = serial % 2 == 0 ? [.checkIn] : [.position]
        serial += 1
        let number = numbers.lowerBound
        let frame =
            descriptor.sample(of: kinds, device: number, serial: serial, at: now.wall)
            ?? descriptor.sample(of: [.checkIn], device: number, serial: serial, at: now.wall)
        guard let frame else { return }
        if habits.outstandingMax > 1 { return output.append(frame) }
        var message = Message(
            press: nil, frame: frame, reply: FrameLesson(frame, decoder).reply,
            resendAt: now.monotonic, copies: 0)
        write(&message, at: now)
        outstanding.append(message)
    }

    // MARK: - Replies

    /// Takes the first thing out of the inbox that means anything. False when nothing does.
    private func takeReply(at now: Moment) -> Bool {
        var first: (start: Int, end: Int, index: Int?)?
        func consider(_ bytes: [UInt8], _ index: Int?) {
            guard !bytes.isEmpty, let start = inbox.firstRange(of: bytes)?.lowerBound,
                start < first?.start ?? .max
            else { return }
            first = (start, start + bytes.count, index)
        }
        for index in outstanding.indices { consider(outstanding[index].reply, index) }
        consider(greeting, nil)
        consider(habits.refusal, nil)
        guard let first else { return false }
        inbox.removeFirst(first.end)
        if let index = first.index { answered(index, at: now) } else { askedAgain(at: now) }
        return true
    }

    private func answered(_ index: Int, at now: Moment) {
        let message = outstanding.remove(at: index)
        lastAnswer = now.monotonic
        keepQuiet(at: now)
        guard var press = message.press else {
            isHolding = false
            return
        }
        press.answeredAt = now.monotonic
        press.isAnswerCertain = habits.namesItsReplies || isLineClean
        outcomes.append(.answered(press))
    }

    private func askedAgain(at now: Moment) {
        disturbed()
        isLineClean = false
        for index in outstanding.indices { outstanding[index].resendAt = now.monotonic }
    }
}
