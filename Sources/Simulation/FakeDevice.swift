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

    struct Message {
        /// Nil for a heartbeat, which is not kept.
        var press: FakePress?
        var frame: [UInt8]
        var reply: [UInt8]
        var resendAt: MonotonicTime
        var copies: Int
    }

    /// One button of one person.
    struct Button: Equatable {
        var kinds: [EventKind]
        var number: UInt32
        /// Where messages have no number: which zone, or the words of which room.
        var variant: UInt32
    }

    /// Presses that it keeps while nobody answers; nobody presses any more then.
    public static let waitingMax = 64
    /// Frames that it remembers having sent.
    static let historyMax = 16
    /// Zones of one account, or rooms of one pager.
    static let variants = 3

    public let descriptor: ProtocolDescriptor
    public let habits: DeviceHabits
    public let manners: DeviceManners
    /// Mean time between two presses; nil lets go of the button.
    public var pressEvery: TimeSpan?
    /// Now and then the same button twice, where the wire cannot tell the two presses apart.
    public var pressesAgain = true
    /// Presses that it lost with its power: they are nobody's any more.
    public internal(set) var forgotten = 0
    let kindSets: [[EventKind]]
    let numbers: ClosedRange<UInt32>
    let decoder: PortDecoder
    let greeting: [UInt8]
    var random: SplitMix64
    var serial: UInt32 = 0
    var waiting: [FakePress] = []
    var outstanding: [Message] = []
    var output: [[UInt8]] = []
    var outcomes: [Outcome] = []
    var inbox: [UInt8] = []
    /// What it has sent, oldest first.
    var history: [FakePress] = []
    /// By reply, the frame that it was for; nil once two frames of this connection share it.
    var repliesAwaited: [[UInt8]: [UInt8]?] = [:]
    var nextPress: MonotonicTime
    var heartbeatAt: MonotonicTime?
    var asleepUntil: MonotonicTime?
    var restsUntil: MonotonicTime
    var lastFrame: [UInt8] = []
    var lastButton: Button?
    /// The first of `waiting` was sent often enough for now.
    var isHolding = false
    var isConnected = false
    /// A stranger has spoken on its connection.
    var isInterrupted = false

    /// - Parameters:
    ///   - numbers: the pendants or handsets behind it.
    ///   - seed: of all that it does.
    public init(
        _ descriptor: ProtocolDescriptor, numbers: ClosedRange<UInt32>, pressEvery: TimeSpan?,
        manners: DeviceManners = .polite, seed: UInt64, at now: Moment
    ) {
        self.descriptor = descriptor
        self.numbers = numbers
        self.pressEvery = pressEvery
        self.manners = manners
        habits = DeviceHabits.of(descriptor)
        random = SplitMix64(seed: seed)
        guard let decoder = try? descriptor.makeDecoder(capacity: descriptor.frameLengthMax + 1)
        else { preconditionFailure("\(descriptor.id) has no decoder without options") }
        self.decoder = decoder
        greeting = decoder.opened(at: now)?.bytes ?? []
        kindSets = Self.kindSets(of: descriptor, at: now.wall)
        nextPress = now.monotonic
        restsUntil = now.monotonic
        heartbeatAt = habits.heartbeatEvery == nil ? nil : now.monotonic
        nextPress = now.monotonic + pause()
    }

    /// Messages that are not answered yet.
    public var openPresses: [FakePress] { outstanding.compactMap(\.press) + waiting }

    public var nextDeadline: MonotonicTime? {
        let press = pressEvery == nil ? nil : nextPress
        var due = press
        if isConnected {
            let resend = outstanding.map(\.resendAt).min()
            let next = canSend ? waiting.first.map { sendNotBefore($0) } : nil
            due = [press, resend, next, heartbeatAt].compactMap { $0 }.min()
        }
        guard let asleepUntil else { return due }
        return due.map { max($0, asleepUntil) }
    }

    // MARK: - In

    public func connected() {
        isConnected = true
        isInterrupted = false
        isHolding = false
        repliesAwaited = [:]
        inbox = []
    }

    public func disconnected() {
        isConnected = false
        output = []
        waiting.insert(contentsOf: outstanding.compactMap(\.press), at: 0)
        outstanding = []
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
        if let asleepUntil {
            if now.monotonic < asleepUntil { return }
            self.asleepUntil = nil
        }
        if pressEvery != nil, nextPress <= now.monotonic { press(at: now) }
        guard isConnected else { return }
        for index in outstanding.indices.reversed()
        where outstanding[index].resendAt <= now.monotonic {
            resend(index, at: now)
        }
        if let heartbeatAt, heartbeatAt <= now.monotonic { sendHeartbeat(at: now) }
        while canSend, let next = waiting.first, sendNotBefore(next) <= now.monotonic {
            waiting.removeFirst()
            send(next, at: now)
        }
    }

    // MARK: - Out

    /// The next whole frame to write.
    public func nextOutput() -> [UInt8]? { output.isEmpty ? nil : output.removeFirst() }

    public func nextOutcome() -> Outcome? { outcomes.isEmpty ? nil : outcomes.removeFirst() }
}
