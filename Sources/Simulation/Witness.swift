import AlarmModel
import WireProtocols

/// Hears every byte that a connection brings, beside the station and with a decoder of its own, and
/// knows what the station owes for it.
final class Witness: FrameHandler {
    /// A reply that the station owes, and the rows that have to be durable first.
    struct Debt {
        /// Of the frame and its wire.
        var fingerprint: UInt64
        var rows: [WordedDraft]
        var reply: [UInt8]
    }

    /// One thing that a decoder told.
    enum Told: Equatable {
        case frame([WordedDraft], bytes: Int, reply: [UInt8])
        case skipped(Int, SkipReason)
        case damage([UInt8])
    }

    /// Bytes of one connection that are kept for the replay; a longer one is not replayed.
    static let replayBytesMax = 16_384
    /// Bytes further apart are not read together: in a conversation a rest means something.
    static let readMax = TimeSpan.milliseconds(50)

    let protocolID: ProtocolID
    let wire: WireID
    private let descriptor: ProtocolDescriptor
    private let planted: PlantedBug?
    private let decoder: PortDecoder
    private var drafts: [WordedDraft] = []
    private var told: [Told] = []
    private let openedAt: Moment
    private var bytes: [UInt8] = []
    /// For each of `bytes`, when it came.
    private var times: [Moment] = []
    private var run = SkippedRun()
    /// What waits for its rows.
    private(set) var debts: [Debt] = []
    /// What brings no row and waits for nothing.
    private(set) var promptDebts: [Debt] = []
    /// Messages of the last read that say anything but how somebody does.
    private(set) var hearings: [Hearing] = []
    /// When the connection was sent something last, in the machine's time.
    var lastSent: MonotonicTime?
    /// An answer does not say what it is for; its sender has one message on its way.
    var isUnnumbered: Bool {
        if case .afterAnswer = descriptor.repeatRule { true } else { false }
    }

    /// A stranger speaks on it as well, and waits for no answer before.
    var isShared = false
    private var lastFrame: [UInt8]?
    private(set) var received: UInt64 = 0
    private(set) var frameBytes: UInt64 = 0
    private(set) var skippedBytes: UInt64 = 0
    private(set) var frames: UInt64 = 0

    init(
        _ descriptor: ProtocolDescriptor, on wire: WireID, at now: Moment,
        planted: PlantedBug? = nil
    ) {
        self.wire = wire
        self.descriptor = descriptor
        openedAt = now
        self.planted = planted
        protocolID = descriptor.id
        guard let decoder = try? descriptor.makeDecoder() else {
            preconditionFailure("\(descriptor.id) has no decoder without options")
        }
        self.decoder = decoder
        if let greeting = decoder.opened(at: now) { owe(greeting.bytes, [], 0) }
    }

    var pending: Int { decoder.pending }

    func hear(_ read: [UInt8], at now: Moment) {
        received += UInt64(read.count)
        hearings = []
        let sentBefore = lastSent
        if bytes.count <= Self.replayBytesMax {
            bytes += read
            times += repeatElement(now, count: read.count)
        }
        decoder.heard(at: now)
        decoder.receive(read.span, into: self)
        // What was answered between two messages of one read, nobody can say from here.
        let isMixed = !promptDebts.isEmpty || hearings.count > 1
        for index in hearings.indices {
            hearings[index].lastSent = isMixed ? now.monotonic : sentBefore
        }
    }

    /// Lets the decoder speak when its deadline has passed, as the station does.
    func passTime(at now: Moment) {
        guard let deadline = decoder.deadline, deadline <= now.monotonic else { return }
        if let words = decoder.timedOut(at: now) { owe(words.bytes, [], 0) }
    }

    /// A rest before the next byte, in which deadlines pass one behind the other.
    private func passTime(upTo now: Moment) {
        while let deadline = decoder.deadline, deadline <= now.monotonic {
            passTime(at: Moment(wall: now.wall, monotonic: deadline))
            guard decoder.deadline != deadline else { return }
        }
    }

    func finish() { tell(run.end()) }

    /// Takes the debt that `reply` pays, what waits for nothing first. False when nothing
    /// `isPayable` is owed these bytes.
    func pay(_ reply: [UInt8], _ isPayable: (Debt) -> Bool) -> Bool {
        if let index = promptDebts.firstIndex(where: { $0.reply == reply }) {
            promptDebts.remove(at: index)
            return true
        }
        guard let index = debts.firstIndex(where: { $0.reply == reply && isPayable($0) })
        else { return false }
        debts.remove(at: index)
        return true
    }

    /// What these bytes mean when they are cut otherwise, as far as it differs.
    func replay(_ random: inout SplitMix64) -> String? {
        guard bytes.count <= Self.replayBytesMax else { return nil }
        let other = Witness(descriptor, on: wire, at: openedAt)
        var offset = 0
        while offset < bytes.count {
            let latest = times[offset].monotonic + Self.readMax
            let near = times[offset...].prefix { $0.monotonic <= latest }
            let count = min(near.count, random.below(40) + 1)
            let now = times[offset + count - 1]
            other.passTime(upTo: now)
            other.hear(Array(bytes[offset..<offset + count]), at: now)
            offset += count
            if planted == .cutMatters, random.chance(20) { offset += 1 }
        }
        other.finish()
        if other.told == told, other.pending == pending { return nil }
        let place = zip(told, other.told).prefix { $0 == $1 }.count
        return "\(bytes.count) bytes of \(protocolID) mean something else when cut otherwise, "
            + "from the part \(place) on"
    }

    // MARK: - FrameHandler

    func event(_ draft: EventDraft, text: String?) {
        tell(run.end())
        drafts.append(WordedDraft(draft, text: text))
    }

    func frame(_ bytes: Span<UInt8>, reply: Span<UInt8>, error: DecodeError?) {
        frames += 1
        frameBytes += UInt64(bytes.count)
        if self.bytes.count <= Self.replayBytesMax {
            told.append(.frame(drafts, bytes: bytes.count, reply: reply.array()))
        }
        let raw = bytes.array()
        if !reply.isEmpty {
            let rows = drafts.filter { !$0.kind.isTelemetry }
            owe(reply.array(), rows, RunningHash.of(raw, on: wire))
        }
        let hearing = Hearing(
            raw: raw, drafts: drafts, isNext: lastFrame == nil || lastFrame == raw)
        if hearing.says { hearings.append(hearing) }
        lastFrame = raw
        drafts = []
    }

    func skipped(_ count: Int, _ reason: SkipReason) {
        skippedBytes += UInt64(count)
        tell(run.add(count, reason))
    }

    private func tell(_ run: SkippedRun?) {
        guard let run, bytes.count <= Self.replayBytesMax else { return }
        told.append(.skipped(run.count, run.reason))
    }

    func answerDamage(_ reply: Reply) {
        if bytes.count <= Self.replayBytesMax { told.append(.damage(reply.bytes)) }
        owe(reply.bytes, [], 0)
    }

    private func owe(_ reply: [UInt8], _ rows: [WordedDraft], _ fingerprint: UInt64) {
        let debt = Debt(fingerprint: fingerprint, rows: rows, reply: reply)
        if rows.isEmpty { promptDebts.append(debt) } else { debts.append(debt) }
    }
}
