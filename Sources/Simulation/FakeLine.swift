import AlarmModel

/// What a line does to the bytes on it: chances out of a thousand writes.
public struct LineFaults: Sendable {
    public var flippedBit = 0
    public var lostByte = 0
    public var noise = 0
    /// The most reads that one write is cut into.
    public var cutsMax = 1

    public init() {}

    /// A worn cable beside a lift motor.
    public static let noisy = {
        var faults = LineFaults()
        faults.flippedBit = 20
        faults.lostByte = 20
        faults.noise = 40
        faults.cutsMax = 5
        return faults
    }()
}

/// One direction of a line: bytes on their way, in the order in which they were written.
public struct FakeLine {
    private struct Piece {
        var bytes: [UInt8]
        var arrival: MonotonicTime
    }

    /// Without a checksum only parity tells damage, so a damaged byte is one that no text has.
    private let isTextOnly: Bool
    private var random: SplitMix64
    private var pieces: [Piece] = []
    private var lastArrival = MonotonicTime(microseconds: 0)

    public init(hasChecksum: Bool, seed: UInt64) {
        isTextOnly = !hasChecksum
        random = SplitMix64(seed: seed)
    }

    public var nextArrival: MonotonicTime? { pieces.first?.arrival }

    /// Sends `bytes` off. Returns whether the line did anything to them.
    public mutating func write(
        _ bytes: [UInt8], at now: MonotonicTime, faults: LineFaults
    ) -> Bool {
        let sent = damage(bytes, faults)
        var offset = 0
        var cuts = random.below(max(1, faults.cutsMax)) + 1
        while offset < sent.count {
            let rest = sent.count - offset
            let count = cuts > 1 ? random.below(rest) + 1 : rest
            cuts -= 1
            let latency = random.span(.milliseconds(0)...(.milliseconds(8)))
            lastArrival = max(lastArrival, now) + latency
            pieces.append(Piece(bytes: Array(sent[offset..<offset + count]), arrival: lastArrival))
            offset += count
        }
        return sent != bytes
    }

    /// Everything that has arrived, at most `limit` bytes: what one read returns.
    public mutating func read(at now: MonotonicTime, limit: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var whole = 0
        while whole < pieces.count, pieces[whole].arrival <= now, bytes.count < limit {
            let room = limit - bytes.count
            bytes += pieces[whole].bytes.prefix(room)
            guard pieces[whole].bytes.count <= room else {
                pieces[whole].bytes.removeFirst(room)
                break
            }
            whole += 1
        }
        pieces.removeFirst(whole)
        return bytes
    }

    /// The plug is pulled: what is on its way is gone. Returns whether anything was.
    @discardableResult
    public mutating func cut() -> Bool {
        defer { pieces.removeAll() }
        return !pieces.isEmpty
    }

    /// At most one kind of damage to one write: two could cancel out in a checksum of one byte,
    /// and there is nothing that a station could do about it.
    private mutating func damage(_ bytes: [UInt8], _ faults: LineFaults) -> [UInt8] {
        guard !bytes.isEmpty else { return bytes }
        var damaged = bytes
        let index = random.below(bytes.count)
        if random.chance(faults.flippedBit) {
            damaged[index] = isTextOnly ? bytes[index] | 0x80 : bytes[index] ^ 1 << random.below(8)
        } else if random.chance(faults.lostByte) {
            if isTextOnly { damaged[index] |= 0x80 } else { damaged.remove(at: index) }
        } else if random.chance(faults.noise) {
            let noise = (0...random.below(20)).map { _ in
                UInt8(truncatingIfNeeded: random.next()) | (isTextOnly ? 0x80 : 0)
            }
            damaged = random.chance(500) ? noise + bytes : bytes + noise
        }
        return damaged
    }
}
