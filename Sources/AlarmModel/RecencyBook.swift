/// A dictionary that knows in which order its keys were written last, so that at a bound the one
/// that was silent longest gives way. Every step takes constant time, however many there are.
public struct RecencyBook<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Slot {
        var key: Key
        var value: Value
        // Of the neighbours in the order of writing; none is -1.
        var older: Int
        var newer: Int
    }

    private var slots: [Slot?] = []
    private var free: [Int] = []
    private var places: [Key: Int] = [:]
    private var oldestPlace = -1
    private var newestPlace = -1

    public init() {}

    public var count: Int { places.count }

    public var oldest: (key: Key, value: Value)? { entry(at: oldestPlace) }
    public var newest: (key: Key, value: Value)? { entry(at: newestPlace) }

    /// At most `limit` values, in the order in which they were written or against it.
    public func values(oldestFirst: Bool, limit: Int) -> [Value] {
        var values: [Value] = []
        var place = oldestFirst ? oldestPlace : newestPlace
        while values.count < limit, place >= 0, let slot = slots[place] {
            values.append(slot.value)
            place = oldestFirst ? slot.newer : slot.older
        }
        return values
    }

    /// Reading leaves the order as it is; writing makes the key the newest; nil removes it.
    public subscript(key: Key) -> Value? {
        get { places[key].flatMap { slots[$0]?.value } }
        set {
            guard let newValue else { return remove(key) }
            if let place = places[key] {
                slots[place]?.value = newValue
                unlink(place)
                append(place)
            } else {
                insert(key, newValue)
            }
        }
    }

    /// Changes a value without making its key the newest. False when there is none.
    @discardableResult
    public mutating func update(_ key: Key, _ body: (inout Value) -> Void) -> Bool {
        guard let place = places[key], var slot = slots[place] else { return false }
        slots[place] = nil
        body(&slot.value)
        slots[place] = slot
        return true
    }

    public mutating func remove(_ key: Key) {
        guard let place = places.removeValue(forKey: key) else { return }
        unlink(place)
        slots[place] = nil
        free.append(place)
    }

    @discardableResult
    public mutating func removeOldest() -> (key: Key, value: Value)? {
        guard let entry = oldest else { return nil }
        remove(entry.key)
        return entry
    }

    private func entry(at place: Int) -> (key: Key, value: Value)? {
        guard place >= 0, let slot = slots[place] else { return nil }
        return (slot.key, slot.value)
    }

    private mutating func insert(_ key: Key, _ value: Value) {
        let slot = Slot(key: key, value: value, older: -1, newer: -1)
        let place: Int
        if let reused = free.popLast() {
            place = reused
            slots[place] = slot
        } else {
            place = slots.count
            slots.append(slot)
        }
        places[key] = place
        append(place)
    }

    private mutating func append(_ place: Int) {
        slots[place]?.older = newestPlace
        slots[place]?.newer = -1
        if newestPlace >= 0 { slots[newestPlace]?.newer = place } else { oldestPlace = place }
        newestPlace = place
    }

    private mutating func unlink(_ place: Int) {
        guard let slot = slots[place] else { return }
        if slot.older >= 0 {
            slots[slot.older]?.newer = slot.newer
        } else {
            oldestPlace = slot.newer
        }
        if slot.newer >= 0 {
            slots[slot.newer]?.older = slot.older
        } else {
            newestPlace = slot.older
        }
    }
}
