/// All settings that a line may have, and how much speaks for each: the next one to try is the
/// best. A point is about one bit of evidence.
struct GuessBoard {
    private struct Standing {
        var guess: SerialGuess
        /// How unusual it is, less each time that it was tried in vain.
        var prior: Int
        /// From what other settings heard, a quarter less each time.
        var evidence = 0

        var points: Int { prior + evidence }
    }

    private var standings: [Standing]

    /// What it costs to have been tried in vain: more than any device's speed is unusual, less
    /// than clear evidence weighs.
    private static let priceOfFailure = 12
    /// What it costs to be one of ``SerialGuess/lineFormats``; the last two are rare.
    private static let formatPrices = [0, 3, 8, 10]
    /// What half of the bytes being whole says for another parity at the same speed.
    private static let halfPoints = 3
    /// What a setting tried in vain says against all others of its speed.
    private static let priceOfSpeed = 2
    /// The most that the bytes of one hearing can say for a setting, and its breaks.
    private static let evidenceMax = 64
    private static let breakPointsMax = 8
    /// The most that its bytes say against a setting.
    private static let doubtMax = 8

    init(first: SerialGuess) {
        standings = SerialGuess.bauds.enumerated().flatMap { rank, baud in
            SerialGuess.lineFormats.enumerated().map { index, format in
                Standing(
                    guess: SerialGuess(baud: baud, format: format),
                    prior: -rank - Self.formatPrices[index])
            }
        }
        if !standings.contains(where: { $0.guess == first }) {
            standings.append(Standing(guess: first, prior: 0))
        }
    }

    /// The next setting to try.
    var best: SerialGuess {
        standings.max { $0.points < $1.points }?.guess ?? .usual
    }

    /// Notes that nothing could be understood at `guess`, and what its bytes say for the others.
    mutating func refute(_ guess: SerialGuess, _ hearing: Hearing) {
        for index in standings.indices {
            let standing = standings[index]
            var points = Self.points(for: standing.guess, heardAt: guess, hearing)
            // Half of the bytes are whole: the right speed, where something else speaks for it.
            if standing.guess.baud == guess.baud, standing.evidence > 0, hearing.isHalfDamaged {
                points += Self.halfPoints
            }
            standings[index].evidence = standing.evidence * 3 / 4 + points
            if standing.guess.baud == guess.baud { standings[index].prior -= Self.priceOfSpeed }
            if standing.guess == guess { standings[index].prior -= Self.priceOfFailure }
        }
    }

    private static func points(
        for other: SerialGuess, heardAt guess: SerialGuess, _ hearing: Hearing
    ) -> Int {
        if other == guess { return 0 }
        if other.baud < guess.baud {
            return points(ofSlower: other.baud, heardAt: guess.baud, hearing)
        }
        guard other.baud == guess.baud, guess.format == .eightNone else { return 0 }
        return points(ofFormat: other.format, hearing)
    }

    private static func points(
        ofSlower sent: UInt32, heardAt heard: UInt32, _ hearing: Hearing
    ) -> Int {
        guard let line = SlowerLine.of(sent, heardAt: heard) else { return 0 }
        // Of a slower line, many bytes end where it is still low.
        guard hearing.damaged * 8 >= hearing.total else { return -doubtMax }
        // Where a bit lasts for several, zeros are breaks.
        let isLong = heard >= sent * 2
        let hasBreaks = hearing.damaged >= max(2, hearing.clean * 3)
        let breaks = isLong && hasBreaks ? min(breakPointsMax, hearing.damaged) : 0
        return breaks + max(-doubtMax, min(evidenceMax, line.points(hearing)))
    }

    /// The ninth bit of a parity stands where 8N1 has its stop bit, so the bytes that came
    /// without an error are those whose parity bit is one.
    private static func points(ofFormat format: SerialGuess.Format, _ hearing: Hearing) -> Int {
        let clean = hearing.clean
        let fitting =
            switch format {
            case .eightEven: hearing.count { !$0.hasEvenParity }
            case .eightOdd: hearing.count(where: \.hasEvenParity)
            default: hearing.count { $0 >= 0x80 }
            }
        let half = hearing.isHalfDamaged ? halfPoints : 0
        return fitting * 20 >= clean * 19 ? half + min(evidenceMax / 2, fitting) : half
    }
}
