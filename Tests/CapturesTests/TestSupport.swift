import AlarmModel
import Captures

/// SplitMix64: the same numbers from the same seed on every machine.
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    mutating func bytes(_ count: ClosedRange<Int>) -> [UInt8] {
        (0..<Int.random(in: count, using: &self)).map { _ in
            UInt8.random(in: .min ... .max, using: &self)
        }
    }

    /// Nil in half of the cases.
    mutating func maybe<Value>(_ make: (inout SeededRandom) -> Value) -> Value? {
        Bool.random(using: &self) ? make(&self) : nil
    }

    /// Characters that break careless writers: quotes, blanks, controls, marks, wide ones.
    mutating func text(_ count: ClosedRange<Int>) -> String {
        let scalars: [Unicode.Scalar] = [
            "a", "Z", "9", " ", "\"", "\\", "#", "=", "\n", "\r", "\t", "\0", "\u{7F}", "\u{85}",
            "é", "\u{301}", "老", "\u{2028}", "\u{202E}", "\u{200D}", "🚨", "\u{10FFFF}",
        ]
        var view = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: count, using: &self) {
            view.append(scalars.randomElement(using: &self) ?? "a")
        }
        return String(view)
    }
}

extension CaptureItem {
    var record: CaptureRecord? {
        if case .record(let record) = self { record } else { nil }
    }

    var problem: CaptureProblem? {
        if case .problem(let problem) = self { problem } else { nil }
    }

    var port: CapturePort? {
        if case .port(let port) = self { port } else { nil }
    }
}

extension WallTime {
    static let morning = WallTime(microseconds: 1_795_252_560_123_456)
}
