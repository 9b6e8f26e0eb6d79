import AlarmModel

extension SplitMix64 {
    /// One of `count` numbers from 0. The standard library's own way may change between versions,
    /// and with it what a seed means.
    mutating func below(_ count: Int) -> Int {
        precondition(count > 0, "there is nothing to choose from")
        return Int(next() % UInt64(count))
    }

    /// True `perMille` times out of a thousand.
    mutating func chance(_ perMille: Int) -> Bool { below(1_000) < perMille }

    mutating func span(_ range: ClosedRange<TimeSpan>) -> TimeSpan {
        let width = range.upperBound.microseconds - range.lowerBound.microseconds
        let offset = Int64(below(Int(width) + 1))
        return TimeSpan(microseconds: range.lowerBound.microseconds + offset)
    }

    mutating func pick<Element>(_ list: [Element]) -> Element { list[below(list.count)] }
}

/// 64-bit FNV-1a over what a run did: two runs are the same when it agrees.
struct RunningHash: Equatable {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ byte: UInt8) {
        value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }

    mutating func add(_ number: Int64) {
        for shift: Int64 in stride(from: 0, to: 64, by: 8) {
            add(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    mutating func add(_ bytes: [UInt8]) {
        for byte in bytes { add(byte) }
    }

    /// Of a frame on its wire: what one peer tells is not what another tells.
    static func of(_ bytes: [UInt8], on wire: WireID) -> UInt64 {
        var hash = RunningHash()
        hash.add(bytes)
        hash.add(Array(wire.portID.rawValue.utf8))
        hash.add(Array((wire.host ?? "").utf8))
        return hash.value
    }

    static func of(_ bytes: [UInt8]) -> UInt64 {
        var hash = RunningHash()
        hash.add(bytes)
        return hash.value
    }
}
