import AlarmModel
import Captures
import WireProtocols

/// What happened on one port of the configuration; shared by all sessions that it ever has, so that
/// ten thousand of them need not be added up.
final class PortTally {
    var counters = PortCounters()
}

/// One port while it is open: its decoder, its counters and its last bytes.
final class PortSession {
    let profile: PortProfile
    let decoder: PortDecoder
    let tally: PortTally
    let wireID: WireID
    var capture: CaptureRing
    /// The last frame that came, to tell whether a resend follows its original directly.
    private(set) var lastFrame: [UInt8] = []
    /// When the device was sent something last.
    var lastSent: MonotonicTime?
    /// What comes so soon behind an answer was on its way before that could be heard.
    static let crossing = TimeSpan.milliseconds(50)
    /// The first damage since the port opened has been reported: one dump is enough.
    var hasDumped = false

    init(_ profile: PortProfile, _ tally: PortTally) throws(OptionProblem) {
        self.profile = profile
        self.tally = tally
        wireID = profile.wire.id
        capture = CaptureRing(capacity: profile.captureBytes)
        decoder = try profile.descriptor.makeDecoder(options: profile.options)
    }

    /// A whole frame has come since the port opened.
    var hasFrame: Bool { !lastFrame.isEmpty }

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
