/// What a receiver makes of a sender that is slower than itself.
///
/// One bit of the sender lasts for several of the receiver's, so only few bytes can come without a
/// framing error, and each ratio has its own. Heard at twice the speed:
/// ```
/// sender     start   |  a    |  b    |  c    |   1
/// receiver   start 0 | 1   2 | 3   4 | 5   6 | 7  stop      ->  1ccbbaa0
/// ```
/// At ten times the speed there is none: the start bit alone is longer than a byte.
///
/// Some receivers take the low level that stands where a stop bit was due for the next start bit,
/// and so begin anywhere in a bit of the sender: those bytes are other ones, and say less.
struct SlowerLine {
    /// What each byte says for this line, in bits, since any byte can come of other lines.
    private let points: [Int]

    /// Clocks that disagree by as much still understand each other.
    private static let skews = [0.97, 1, 1.03]
    /// Where the sample of the start bit may be in the sender's bit, after an error.
    private static let phases = stride(from: 0.05, to: 1, by: 0.1)
    /// What a byte that cannot be says against this line.
    private static let priceOfMisfit = 6

    /// The line of a usual speed heard at another; nil when it is not slower, or either is unusual.
    static func of(_ sent: UInt32, heardAt heard: UInt32) -> SlowerLine? {
        all[SpeedPair(sent: sent, heard: heard)]
    }

    private struct SpeedPair: Hashable {
        var sent: UInt32
        var heard: UInt32
    }

    private static let all: [SpeedPair: SlowerLine] = {
        var lines: [SpeedPair: SlowerLine] = [:]
        for heard in SerialGuess.bauds {
            for sent in SerialGuess.bauds where sent < heard {
                lines[SpeedPair(sent: sent, heard: heard)] =
                    SlowerLine(ratio: Double(sent) / Double(heard))
            }
        }
        return lines
    }()

    /// - Parameter ratio: of the sender's speed to the receiver's, less than 1.
    private init(ratio: Double) {
        let aligned = Self.skews.reduce(into: Set<UInt8>()) { bytes, skew in
            bytes.formUnion(Self.bytes(ratio: ratio * skew, phase: ratio / 2))
        }
        let all = Self.phases.reduce(into: aligned) { bytes, phase in
            bytes.formUnion(Self.bytes(ratio: ratio, phase: phase))
        }
        points = (UInt8.min...UInt8.max).map { byte in
            if aligned.contains(byte) { return Self.bits(aligned.count) }
            return all.contains(byte) ? Self.bits(all.count) : -Self.priceOfMisfit
        }
    }

    /// The bytes that can come when the start bit is sampled at `phase` of the sender's.
    private static func bytes(ratio: Double, phase: Double) -> Set<UInt8> {
        // The sender's bit under each sample: eight data bits and the stop bit.
        let bits = (1...9).map { Int(phase + Double($0) * ratio) }
        var bytes: Set<UInt8> = []
        // The sender's bit 0 is low, and what stands for the stop bit high.
        for pattern in 0..<1 << (bits[8] + 1) where pattern & 1 == 0 {
            guard pattern >> bits[8] & 1 == 1 else { continue }
            bytes.insert((0..<8).reduce(0) { $0 | UInt8(pattern >> bits[$1] & 1) << $1 })
        }
        return bytes
    }

    /// Of 256 bytes only `count` can come.
    private static func bits(_ count: Int) -> Int {
        8 - (Int.bitWidth - 1 - max(1, count).leadingZeroBitCount)
    }

    /// What the bytes of a hearing say for this line.
    func points(_ hearing: Hearing) -> Int {
        // The silence behind a message makes its last byte look slow at any speed.
        let sum = hearing.sum(points)
        return sum > 0 ? sum - sum / hearing.clean : sum
    }
}
