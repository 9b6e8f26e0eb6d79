import AlarmModel

/// Conditions that a wire repeats in every message for as long as they last: each counts when it
/// rises and when it falls. What one wire holds is its own: a stranger who claims the same number
/// neither raises nor ends anything of the device's.
///
/// What another wire tells of the same device only casts doubt: a locator that comes from another
/// address may have ended there what it holds here, and when it tells it here again it may be
/// another press.
struct HeldConditions {
    private struct Held {
        var draft: WordedDraft
        /// Nobody looked while the machine was off, or another wire said that it is over: it may
        /// have fallen and risen since.
        var isDoubtful: Bool
    }

    private typealias Conditions = [UInt8: Held]

    /// Wires that one device is remembered to hold something on. One that is forgotten tells it as
    /// an event again, which is the harmless side.
    static let wiresMax = 16

    private var book = RecencyBook<Origin, [WireID: Conditions]>()

    /// Notes that a condition holds. False when it held already: the same condition, told again.
    ///
    /// - Parameter isDoubtful: it was told in an earlier boot, and is an event when told again.
    mutating func raise(
        _ bit: UInt8, of source: RepeatMemory.Source, as draft: WordedDraft,
        isDoubtful: Bool = false
    ) -> Bool {
        var wires = book[source.origin] ?? [:]
        if let held = wires[source.wire]?[bit], !held.isDoubtful { return false }
        if book.count >= Limits.devicesMax, book[source.origin] == nil { book.removeOldest() }
        if wires.count >= Self.wiresMax, wires[source.wire] == nil { wires = [:] }
        wires[source.wire, default: [:]][bit] = Held(draft: draft, isDoubtful: isDoubtful)
        book[source.origin] = wires
        return true
    }

    /// Drops every condition that is not among the bits of `holding` any more and returns what they
    /// were, in the order of their bits.
    mutating func lower(of source: RepeatMemory.Source, to holding: UInt32) -> [WordedDraft] {
        guard var wires = book[source.origin] else { return [] }
        func hasFallen(_ bit: UInt8) -> Bool { holding >> UInt32(bit & 31) & 1 == 0 }
        for wire in wires.keys where wire != source.wire {
            for bit in wires[wire]?.keys.filter(hasFallen) ?? [] {
                wires[wire]?[bit]?.isDoubtful = true
            }
        }
        let fallen = wires[source.wire]?.filter { hasFallen($0.key) } ?? [:]
        for bit in fallen.keys { wires[source.wire]?[bit] = nil }
        if wires[source.wire]?.isEmpty ?? false { wires[source.wire] = nil }
        book[source.origin] = wires.isEmpty ? nil : wires
        return fallen.sorted { $0.key < $1.key }.map(\.value.draft)
    }
}
