import AlarmModel

/// Whose turn it is on a line, and what the station has to say to that. One method per input.
///
/// ```
///             a ENQ                     our address ENQ
///   control --------> station a speaks -----------------> a speaks to us: ACK, ACK per block
///    ^   ^ \              |   another's address ENQ
///    |   |  '-> us: EOT   |  '--------------------------> a speaks to another: not a word
///    |   '----- EOT ------+------------------------------------'
///    '--- out of time: as control station EOT and the next poll, else in silence
/// ```
/// The same `a ENQ` is a poll where the control station has the line, and selects where a station
/// has it: that is all that tells the two apart.
struct ESPA444Line: Equatable, Sendable {
    enum Turn: Equatable, Sendable {
        case control
        case station(UInt8)
        case transfer(toUs: Bool)
    }

    enum Answer: Equatable, Sendable {
        case nothing
        case acknowledged
        case refused(Reason)
        case end
        case poll(UInt8)
    }

    /// The digit in front of NAK.
    enum Reason: UInt8, Sendable {
        case transmissionError = 1
        case invalidData = 3
    }

    enum Patience {
        /// From a poll to the select that answers it, for a line that another controls.
        static let select = TimeSpan.milliseconds(2_500)
        /// Between two signs of life in a transfer. Its sender waits less for an answer.
        static let transfer = TimeSpan.seconds(15)
        /// A select so soon behind an answered one was on its way already. A second ACK to it
        /// would be taken for that of the block.
        static let onItsWay = TimeSpan.milliseconds(50)
        /// As control station: for any answer to a poll.
        static let poll = TimeSpan.seconds(1)
        /// As control station: the line's rest behind an EOT.
        static let rest = TimeSpan.milliseconds(200)
    }

    private let addresses: [UInt8]
    private let isPolled: Bool
    private var polls: ESPA444PollList
    private(set) var turn = Turn.control
    private(set) var deadline: MonotonicTime?
    /// When a select was answered that no block has followed yet.
    private var selectedAt: MonotonicTime?

    /// - Parameters:
    ///   - addresses: that we answer to.
    ///   - isPolled: our address means a poll where the control station has the line.
    ///   - stations: that we poll as control station; none where we are not that.
    init(addresses: [UInt8], isPolled: Bool, stations: [UInt8]) {
        self.addresses = addresses
        self.isPolled = isPolled
        polls = ESPA444PollList(stations)
    }

    /// A block without a select is taken for ours: it may have come while the station was away.
    var isForUs: Bool { turn != .transfer(toUs: false) }

    /// Says that whatever was going on is over, where that is ours to say.
    mutating func opened(at now: MonotonicTime) -> Answer {
        guard !polls.isEmpty else { return .nothing }
        giveBack(at: now)
        return .end
    }

    mutating func enquiry(_ address: UInt8, at now: MonotonicTime?) -> Answer {
        guard turn == .control else { return select(address, at: now) }
        guard !addresses.contains(address) else {
            return isPolled ? .end : select(address, at: now)
        }
        turn = .station(address)
        deadline = now.map { $0 + Patience.select }
        return .nothing
    }

    private mutating func select(_ address: UInt8, at now: MonotonicTime?) -> Answer {
        let isUs = addresses.contains(address)
        answered(at: now)
        turn = .transfer(toUs: isUs)
        deadline = now.map { $0 + Patience.transfer }
        guard isUs else { return .nothing }
        if let now, let selectedAt, now - selectedAt < Patience.onItsWay { return .nothing }
        selectedAt = now
        return .acknowledged
    }

    mutating func block(at now: MonotonicTime?) -> Answer {
        guard isForUs else { return .nothing }
        answered(at: now)
        selectedAt = nil
        turn = .transfer(toUs: true)
        deadline = now.map { $0 + Patience.transfer }
        return .acknowledged
    }

    mutating func end(at now: MonotonicTime?) -> Answer {
        answered(at: now)
        giveBack(at: now)
        return .nothing
    }

    mutating func timedOut(at now: MonotonicTime) -> Answer {
        switch turn {
        case .control:
            guard let address = polls.next(at: now) else {
                deadline = nil
                return .nothing
            }
            turn = .station(address)
            deadline = now + Patience.poll
            return .poll(address)
        case .station, .transfer:
            if case .station(let address) = turn { polls.missed(address, at: now) }
            giveBack(at: now)
            return polls.isEmpty ? .nothing : .end
        }
    }

    private mutating func answered(at now: MonotonicTime?) {
        if case .station(let address) = turn, let now { polls.answered(address, at: now) }
    }

    private mutating func giveBack(at now: MonotonicTime?) {
        turn = .control
        deadline = now.flatMap { polls.due(from: $0 + Patience.rest) }
    }
}

/// The stations that a control station polls, each with the time when it is due. One that does not
/// answer is asked rarely, so that it does not hold up the others, and never given up.
struct ESPA444PollList: Equatable, Sendable {
    static let interval = TimeSpan.seconds(1)
    static let slowInterval = TimeSpan.seconds(30)
    /// Polls without an answer after which a station is asked rarely.
    static let missesMax = 3

    private struct Station: Equatable, Sendable {
        var address: UInt8
        var due = MonotonicTime(microseconds: .min)
        var misses = 0
    }

    private var stations: [Station]

    init(_ addresses: [UInt8]) { stations = addresses.map { Station(address: $0) } }

    var isEmpty: Bool { stations.isEmpty }

    /// The station that has waited longest; it is due again behind the others.
    mutating func next(at now: MonotonicTime) -> UInt8? {
        guard let index = stations.indices.min(by: { stations[$0].due < stations[$1].due })
        else { return nil }
        stations[index].due = now + Self.interval
        return stations[index].address
    }

    /// When the next poll is due, `earliest` or later; nil when there is nobody to poll.
    func due(from earliest: MonotonicTime) -> MonotonicTime? {
        stations.map(\.due).min().map { max($0, earliest) }
    }

    mutating func answered(_ address: UInt8, at now: MonotonicTime) {
        update(address) { station in
            station.misses = 0
            station.due = now + Self.interval
        }
    }

    mutating func missed(_ address: UInt8, at now: MonotonicTime) {
        update(address) { station in
            station.misses = min(station.misses + 1, Self.missesMax)
            let isSlow = station.misses == Self.missesMax
            station.due = now + (isSlow ? Self.slowInterval : Self.interval)
        }
    }

    private mutating func update(_ address: UInt8, _ change: (inout Station) -> Void) {
        guard let index = stations.firstIndex(where: { $0.address == address }) else { return }
        change(&stations[index])
    }
}
