/// Wall time in seconds, and the way two pieces of work are compared.
enum Stopwatch {
    static func seconds(_ work: () throws -> Void) rethrows -> Double {
        let begin = ContinuousClock.now
        try work()
        return (ContinuousClock.now - begin) / .seconds(1)
    }

    /// The shortest pass of each contender.
    ///
    /// They take turns, so that whatever else the machine does hits all of them alike, and the
    /// shortest of many passes is the one that was disturbed least.
    static func fastest(passes: Int = 60, _ contenders: [() -> Void]) -> [Double] {
        for contender in contenders { contender() }
        var best = [Double](repeating: .infinity, count: contenders.count)
        for _ in 0..<passes {
            for (index, contender) in contenders.enumerated() {
                best[index] = min(best[index], seconds(contender))
            }
        }
        return best
    }
}

/// Durations of one thing done many times.
struct Samples {
    private var seconds: [Double] = []

    mutating func add(_ duration: Double) { seconds.append(duration) }

    static func += (all: inout Samples, more: Samples) { all.seconds += more.seconds }

    var count: Int { seconds.count }
    var total: Double { seconds.reduce(0, +) }
    var median: Double { percentile(50) }

    /// The smallest duration that `percent` of all do not exceed.
    func percentile(_ percent: Double) -> Double {
        guard !seconds.isEmpty else { return .nan }
        let rank = (Double(seconds.count) * percent / 100).rounded(.up)
        return seconds.sorted()[max(0, Int(rank) - 1)]
    }
}
