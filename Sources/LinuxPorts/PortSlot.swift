import AlarmModel

/// One definition, what the loop is doing about it, and how that went so far.
final class PortSlot {
    enum Stage {
        /// Not open; tried again at ``retryAt``, or when a device comes.
        case waiting
        case resolving
        case connecting(TCPAttempt)
        case listening(TCPListener)
        case receiving(UDPListener)
        case open(Channel)
    }

    let definition: PortDefinition
    /// Names this slot where the slot itself cannot be held: in the answers of other threads.
    let number: Int32
    var stage = Stage.waiting
    private let timetable: Timetable
    /// Due at once in the beginning; nil when only a new device helps.
    var retryAt: MonotonicTime? {
        get { timetable[.attempt(number)] }
        set { timetable[.attempt(number)] = newValue }
    }
    /// The rest before the next attempt to connect.
    var rest = Limits.portRetry

    var id: PortID?
    var path: String?
    /// What keeps it from being open, or an open listener from accepting.
    var problem: PortProblem?
    var holder: DeviceHolder?
    var counters = Counters()
    /// Of a listener; none for other ways.
    var peers: PeerBook

    init(_ definition: PortDefinition, number: Int32, _ timetable: Timetable = Timetable()) {
        self.definition = definition
        self.number = number
        self.timetable = timetable
        peers = PeerBook(idle: definition.way.idle ?? Limits.peerIdle)
        retryAt = MonotonicTime(microseconds: 0)
    }

    /// A device that can be plugged in.
    var isDevice: Bool {
        switch definition.way {
        case .serial, .hidraw: true
        default: false
        }
    }

    /// Being tried, or to be tried: neither open nor listening.
    var isWaiting: Bool {
        if case .waiting = stage { true } else { false }
    }

    /// Puts it back to waiting for `problem` to pass.
    func wait(_ problem: PortProblem, until retry: MonotonicTime?) {
        stage = .waiting
        self.problem = problem
        retryAt = retry
        if problem.state == .absent { holder = nil }
    }

    /// Puts it in the stage that it was on the way to.
    func reach(_ stage: Stage) {
        self.stage = stage
        problem = nil
        holder = nil
        retryAt = nil
        rest = Limits.portRetry
    }
}

extension PortSlot {
    struct Counters {
        var opens: UInt64 = 0
        var closes: UInt64 = 0
        var bytesIn: UInt64 = 0
        var bytesOut: UInt64 = 0
        var lineErrors = LineErrors()
        /// Opens after which the adapter's latency timer was still long.
        var slowOpens: UInt64 = 0
        /// Reports that were longer than ``Limits/hidReportBytesMax``.
        var cutReports: UInt64 = 0
        /// Replies that this way in does not take, or did not: no room, or no way to the peer.
        var unsentReplies: UInt64 = 0
        /// Peers that were not taken, because there was no room.
        var refused: UInt64 = 0
        /// Peers that gave way to others.
        var replaced: UInt64 = 0
        /// Peers that were silent for too long.
        var reapedIdle: UInt64 = 0
        /// Connections whose peer had vanished without a word.
        var reapedHalfOpen: UInt64 = 0
        /// Datagrams that came faster than they were read.
        var lostDatagrams: UInt64 = 0
    }

    var status: PortStatus {
        let state: PortStatus.State =
            switch stage {
            case .open, .listening, .receiving: .open
            case .waiting, .resolving, .connecting: problem?.state ?? .absent
            }
        return PortStatus(
            name: definition.name, id: id, path: path, protocolID: definition.protocolID,
            state: state, reason: problem?.reason, remedy: problem?.remedy,
            counters: namedCounters)
    }

    private var namedCounters: [PortStatus.Counter] {
        var named: [PortStatus.Counter] = [
            .init("opens", counters.opens), .init("closes", counters.closes),
            .init("bytesIn", counters.bytesIn), .init("bytesOut", counters.bytesOut),
        ]
        switch definition.way {
        case .serial:
            named += lineCounters + [.init("slowOpens", counters.slowOpens)]
        case .hidraw:
            named += [
                .init("cutReports", counters.cutReports),
                .init("unsentReplies", counters.unsentReplies),
            ]
        case .pipe: named.append(.init("unsentReplies", counters.unsentReplies))
        case .tcpListen:
            named.append(.init("connections", counters.opens &- counters.closes))
            named += peerCounters + [.init("reapedHalfOpen", counters.reapedHalfOpen)]
        case .udpListen:
            named.append(.init("peers", counters.opens &- counters.closes))
            named += peerCounters
            named += [
                .init("lostDatagrams", counters.lostDatagrams),
                .init("unsentReplies", counters.unsentReplies),
            ]
        case .tcpConnect: break
        case .serialServer: named += lineCounters
        }
        return named
    }

    private var lineCounters: [PortStatus.Counter] {
        [
            .init("damagedBytes", counters.lineErrors.damagedBytes),
            .init("breaks", counters.lineErrors.breaks),
            .init("overruns", counters.lineErrors.overruns),
        ]
    }

    private var peerCounters: [PortStatus.Counter] {
        [
            .init("refused", counters.refused), .init("replaced", counters.replaced),
            .init("reapedIdle", counters.reapedIdle),
        ]
    }
}
