import AlarmModel

/// What the bytes of one setting look like, whatever they mean.
struct Hearing {
    /// What the tty layer's marks leave in the place of a byte that came with an error.
    private static let damagedByte = 0xFF

    private(set) var total = 0
    private(set) var damaged = 0
    private var counts = [Int](repeating: 0, count: 256)

    mutating func add(_ bytes: [UInt8], lineErrors: Int) {
        total += bytes.count
        damaged += lineErrors
        for byte in bytes { counts[Int(byte)] += 1 }
        counts[Self.damagedByte] = max(0, counts[Self.damagedByte] - lineErrors)
    }

    /// A quarter to three quarters of the bytes came with an error: what a parity bit does that is
    /// taken for the stop bit.
    var isHalfDamaged: Bool { damaged * 4 >= total && damaged * 4 <= total * 3 }

    /// Bytes that came without an error.
    var clean: Int { count { _ in true } }

    /// The points of all bytes together.
    func sum(_ points: [Int]) -> Int {
        zip(counts, points).reduce(0) { $0 + $1.0 * $1.1 }
    }

    func count(where fits: (UInt8) -> Bool) -> Int {
        var sum = 0
        for byte in UInt8.min...UInt8.max where counts[Int(byte)] > 0 && fits(byte) {
            sum += counts[Int(byte)]
        }
        return sum
    }

    /// A quarter of what was heard came with an error, and at least so many bytes.
    func isGarbage(_ errors: Int) -> Bool { damaged >= errors && damaged * 4 >= total }
}

/// Which seven-bit format bytes are that 8N1 heard: their eighth bit is the parity, or the stop
/// bit.
struct EighthBits {
    private var total = 0
    private var high = 0
    private var even = 0

    mutating func add(_ bytes: [UInt8]) {
        total += bytes.count
        high += bytes.count { $0 >= 0x80 }
        even += bytes.count(where: \.hasEvenParity)
    }

    /// Nil when they are eight bits, or too few to tell.
    var format: SerialGuess.Format? {
        guard total >= 8, high > 0 else { return nil }
        if isNearlyAll(even) { return .sevenEven }
        if isNearlyAll(total - even) { return .sevenOdd }
        return isNearlyAll(high) ? .sevenNone : nil
    }

    private func isNearlyAll(_ part: Int) -> Bool { part * 20 >= total * 19 }
}

extension UInt8 {
    var hasEvenParity: Bool { nonzeroBitCount % 2 == 0 }
}
