import StationCore

/// One bit time after another of what stands on a serial line, in software: a device puts bytes on
/// it at its own speed and format, a receiver samples it at another.
struct SerialLine {
    /// Nanoseconds at which the level changes; the line is high before the first.
    private(set) var edges: [Int64] = []
    private(set) var end: Int64 = 0

    /// Sends `bytes` from `start`, or as soon as the line is free, with `gap` bit times of rest
    /// between two bytes.
    mutating func send(_ bytes: [UInt8], at start: Int64, _ device: SerialGuess, gap: Int = 0) {
        let bit = 1e9 / Double(device.baud)
        var time = max(start, end)
        for byte in bytes {
            let levels = Self.levels(of: byte, device.format)
            for (index, isHigh) in levels.enumerated() {
                let now = time + Int64(Double(index) * bit)
                if isHigh != level { edges.append(now) }
            }
            time += Int64(Double(levels.count + gap) * bit)
        }
        end = time
    }

    /// Puts the levels of `bits` on the line, one bit time each: what no device sends.
    mutating func disturb(_ bits: [Bool], at start: Int64, baud: UInt32) {
        let bit = 1e9 / Double(baud)
        let time = max(start, end)
        for (index, isHigh) in (bits + [true]).enumerated() where isHigh != level {
            edges.append(time + Int64(Double(index) * bit))
        }
        end = time + Int64(Double(bits.count + 1) * bit)
    }

    /// The level at the end.
    private var level: Bool { edges.count.isMultiple(of: 2) }

    /// Start bit, data bits from the lowest, parity, stop bit.
    private static func levels(of byte: UInt8, _ format: SerialGuess.Format) -> [Bool] {
        var levels = [false]
        let data = format.isSevenBits ? byte & 0x7F : byte
        for index in 0..<(format.isSevenBits ? 7 : 8) { levels.append(data >> index & 1 == 1) }
        if let parity = format.parity(of: data) { levels.append(parity) }
        levels.append(true)
        return levels
    }
}

extension SerialGuess.Format {
    var isSevenBits: Bool { rawValue.hasPrefix("7") }

    /// The parity bit of a byte; nil for a format that has none.
    func parity(of byte: UInt8) -> Bool? {
        let isOdd = byte.nonzeroBitCount % 2 == 1
        return switch self {
        case .eightEven, .sevenEven: isOdd
        case .eightOdd, .sevenOdd: !isOdd
        case .eightNone, .sevenNone: nil
        }
    }
}

/// A receiver on a ``SerialLine``. After a framing error it waits for the line to go high, or takes
/// the low stop bit for the next start bit at once: both are built.
struct SerialReceiver {
    struct Heard {
        /// `FF` for one that came with an error, as the line's filter leaves it.
        var byte: UInt8
        var isDamaged: Bool
        /// When its stop bit was sampled.
        var time: Int64
    }

    let resyncsAtOnce: Bool
    private(set) var time: Int64 = 0
    private var next = 0
    private var startsLow = false

    init(resyncsAtOnce: Bool) { self.resyncsAtOnce = resyncsAtOnce }

    /// Goes on from `time`, without what was heard after it or half heard: the line is set anew.
    mutating func restart(at time: Int64) {
        self.time = time
        startsLow = false
    }

    /// The next byte, nil when nothing comes any more.
    mutating func hear(_ line: SerialLine, _ setting: SerialGuess) -> Heard? {
        let bit = 1e9 / Double(setting.baud)
        guard let start = startsLow ? time : fallingEdge(line) else { return nil }
        func sample(_ index: Int) -> Bool {
            level(line, at: start + Int64((Double(index) + 0.5) * bit))
        }
        let dataBits = setting.format.isSevenBits ? 7 : 8
        var byte: UInt8 = 0
        for index in 0..<dataBits where sample(1 + index) { byte |= 1 << index }
        var isDamaged = false
        var stop = 1 + dataBits
        if let parity = setting.format.parity(of: byte) {
            isDamaged = sample(stop) != parity
            stop += 1
        }
        let hasStop = sample(stop)
        time = start + Int64((Double(stop) + 0.5) * bit)
        startsLow = false
        if !hasStop {
            isDamaged = true
            // A line that was low all the time is a break: every receiver waits for its end.
            startsLow = resyncsAtOnce && byte != 0
            if startsLow { time -= Int64(bit / 2) }
        }
        return Heard(byte: isDamaged ? 0xFF : byte, isDamaged: isDamaged, time: time)
    }

    /// The first change from high to low that is not over before `time`.
    private mutating func fallingEdge(_ line: SerialLine) -> Int64? {
        skip(line, to: time)
        while next < line.edges.count {
            if next.isMultiple(of: 2) {
                time = line.edges[next]
                return time
            }
            next += 1
        }
        return nil
    }

    private mutating func skip(_ line: SerialLine, to time: Int64) {
        while next > 0, line.edges[next - 1] > time { next -= 1 }
        while next < line.edges.count, line.edges[next] <= time { next += 1 }
    }

    private mutating func level(_ line: SerialLine, at time: Int64) -> Bool {
        skip(line, to: time)
        return next.isMultiple(of: 2)
    }
}
