import AlarmModel
import StationCore

/// A sniffer on a ``SerialLine``, with the delays of a USB adapter: bytes come in reads, and a new
/// setting takes a moment while old bytes are still on their way.
struct SniffedLine {
    struct Outcome {
        var verdict: Verdict?
        /// Since the beginning.
        var foundAt: TimeSpan?
        var settingsTried = 0
    }

    /// An adapter hands bytes over this often.
    static let latency: Int64 = 10_000_000
    static let retuning: Int64 = 3_000_000

    var line: SerialLine
    var resyncsAtOnce = false

    func sniff(_ sniffer: Sniffer = Sniffer(), until end: TimeSpan) -> Outcome {
        var receiver = SerialReceiver(resyncsAtOnce: resyncsAtOnce)
        var pending = receiver.hear(line, sniffer.guess)
        var outcome = Outcome()
        let last = end.microseconds * 1_000
        while outcome.verdict == nil {
            let readAt = pending.map { $0.time + Self.latency } ?? Int64.max
            let dueAt = sniffer.deadline.map { $0.microseconds * 1_000 } ?? Int64.max
            let time = min(readAt, dueAt)
            guard time <= last else { break }
            let now = MonotonicTime(microseconds: time / 1_000)
            let decision: Sniffer.Decision
            if dueAt < readAt {
                decision = sniffer.passTime(at: now)
            } else {
                var bytes: [UInt8] = []
                var errors = 0
                while let heard = pending, heard.time <= readAt {
                    bytes.append(heard.byte)
                    errors += heard.isDamaged ? 1 : 0
                    pending = receiver.hear(line, sniffer.guess)
                }
                decision = sniffer.heard(
                    bytes, lineErrors: errors, at: Moment(wall: .start, monotonic: now))
            }
            switch decision {
            case .stay: break
            case .tryNext(let guess):
                receiver.restart(at: time + Self.retuning)
                pending = receiver.hear(line, guess)
            case .found(let verdict):
                outcome.verdict = verdict
                outcome.foundAt = TimeSpan(microseconds: now.microseconds)
            }
        }
        outcome.settingsTried = sniffer.settingsTried.count
        return outcome
    }
}

extension WallTime {
    static let start = WallTime(microseconds: 1_795_253_158_000_000)
}
