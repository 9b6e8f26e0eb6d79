import AlarmModel
import Captures
import WireProtocols

/// What happened on one port of the configuration; shared by all sessions that it ever has, so that
/// ten thousand of them need not be added up.
final class PortTally {
    var counters = PortCounters()
    var pace = Allowance(
        perSecond: Limits.eventsPerPortMax, atOnce: 10 * Limits.eventsPerPortMax)
    /// When a person was told last that it floods.
    var floodToldAt: MonotonicTime?
}

/// One port while it is open: its decoder, its counters and its last bytes.
final class PortSession {
    let profile: PortProfile
    let decoder: PortDecoder
    let tally: PortTally
    let wireID: WireID
    var capture: CaptureRing
    /// The last bytes that came made a frame whole.
    var hasFrame = false
    /// The last frame that came, to tell whether a resend follows its original directly.
    private(set) var lastFrame: [UInt8] = []
    /// When the device was sent something last, and what.
    private(set) var lastSent: MonotonicTime?
    private var lastReply: [UInt8] = []
    private var allowance = Allowance(perSecond: Limits.answersPerSecondMax)
    /// What comes so soon behind an answer was on its way before that could be heard.
    static let crossing = TimeSpan.milliseconds(50)
    /// An echo is back within the delay of its link. A heartbeat may look like its answer, and is
    /// sent many times more seldom.
    static let echoWindow = TimeSpan.seconds(1)
    /// The sorts of damage since the port opened that were reported: one dump of each is enough.
    var dumpedSorts: Set<String> = []

    init(_ profile: PortProfile, _ tally: PortTally) throws(OptionProblem) {
        self.profile = profile
        self.tally = tally
        wireID = profile.wire.id
        capture = CaptureRing(capacity: profile.captureBytes)
        decoder = try profile.descriptor.makeDecoder(options: profile.options)
    }

    func noteSent(_ reply: [UInt8], at now: MonotonicTime) {
        lastSent = now
        lastReply = reply
    }

    /// What tells nothing new goes without an answer where a link gives back what the station said,
    /// and beyond a rate that no device reaches: answers to answers would never end.
    func deservesAnswer(_ frame: ArraySlice<UInt8>, at now: MonotonicTime) -> Bool {
        if let lastSent, now - lastSent <= Self.echoWindow, lastReply.elementsEqual(frame) {
            tally.counters.echoes += 1
            return false
        }
        return mayAnswer(at: now)
    }

    func mayAnswer(at now: MonotonicTime) -> Bool {
        let isWithin = allowance.take(at: now)
        if !isWithin { tally.counters.answersWithheld += 1 }
        return isWithin
    }

    /// No frame but these bytes came on the port since they came first. What came before it was
    /// opened nobody knows, so nothing is next then.
    func isNext(_ frame: ArraySlice<UInt8>) -> Bool {
        lastFrame.elementsEqual(frame)
    }

    func note(_ frame: ArraySlice<UInt8>) {
        lastFrame.removeAll(keepingCapacity: true)
        lastFrame += frame
    }

    /// Its sender waits for the answer to one message before it sends the next, and an answer does
    /// not say which it is for.
    var hasOneOnItsWay: Bool {
        if case .afterAnswer = decoder.repeatRule { true } else { decoder.isConversation }
    }

    /// A line on which the answers themselves hold back whoever sends: to make it wait for one
    /// would hold up what others have to say on it, and what it can carry fills no ledger.
    var isPacedByAnswers: Bool { hasOneOnItsWay && profile.wire.peer == nil }

    /// Something was said an instant ago that this cannot be the answer to.
    func isCrossing(at now: MonotonicTime) -> Bool {
        hasOneOnItsWay && lastSent.map { now - $0 < Self.crossing } ?? false
    }

    /// Who sends under this name on this port, or the port itself.
    func source(_ caller: Caller) -> RepeatMemory.Source {
        RepeatMemory.Source(wire: wireID, origin: origin(caller))
    }

    func origin(_ caller: Caller) -> Origin {
        Origin(decoder.protocolID, caller, on: wireID, profile.descriptor.identity.reach)
    }

    /// Bytes that wait for a rest that will not come.
    func countCutOff() {
        let count = decoder.close()
        tally.counters.skippedBytes[SkipReason.cutOff.index] += UInt64(count)
    }
}
