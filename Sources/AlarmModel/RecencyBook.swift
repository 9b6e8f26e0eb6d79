/// A dictionary that knows in which order its keys were written last, so that at a bound the one
/// that was silent longest gives way. Every step takes constant time, however many there are.
///
/// Inlinable, because generic code of another module looks up its types at each step, which costs
/// many times what the step does.
public struct RecencyBook<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    @usableFromInline struct Slot: Sendable {
        @usableFromInline var key: Key
        @usableFromInline var value: Value
        // Of the neighbours in the order of writing; none is -1.
        @usableFromInline var older: Int
        @usableFromInline var newer: Int

        @inlinable init(key: Key, value: Value) {
            (self.key, self.value, older, newer) = (key, value, -1, -1)
        }
    }

    @usableFromInline var slots: [Slot?] = []
    @usableFromInline var free: [Int] = []
    @usableFromInline var places: [Key: Int] = [:]
    @usableFromInline var oldestPlace = -1
    @usableFromInline var newestPlace = -1

    @inlinable public init() {}

    @inlinable public var count: Int { places.count }

    @inlinable public var oldest: (key: Key, value: Value)? { entry(at: oldestPlace) }
    @inlinable public var newest: (key: Key, value: Value)? { entry(at: newestPlace) }

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
    @inlinable public subscript(key: Key) -> Value? {
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
    @inlinable public mutating func update(_ key: Key, _ body: (inout Value) -> Void) -> Bool {
        guard let place = places[key], var slot = slots[place] else { return false }
        slots[place] = nil
        body(&slot.value)
        slots[place] = slot
        return true
    }

    /// Changes a value and makes its key the newest, with one look at the key. False when there is
    /// none.
    @inlinable public mutating func renew(_ key: Key, _ body: (inout Value) -> Void) -> Bool {
        guard let place = places[key] else { return false }
        if var slot = slots[place] {
            slots[place] = nil
            body(&slot.value)
            slots[place] = slot
        }
        guard place != newestPlace else { return true }
        unlink(place)
        append(place)
        return true
    }

    @inlinable public mutating func remove(_ key: Key) {
        guard let place = places.removeValue(forKey: key) else { return }
        unlink(place)
        slots[place] = nil
        free.append(place)
    }

    @discardableResult
    @inlinable public mutating func removeOldest() -> (key: Key, value: Value)? {
        guard let entry = oldest else { return nil }
        remove(entry.key)
        return entry
    }

    @inlinable func entry(at place: Int) -> (key: Key, value: Value)? {
        guard place >= 0, let slot = slots[place] else { return nil }
        return (slot.key, slot.value)
    }

    @inlinable mutating func insert(_ key: Key, _ value: Value) {
        let slot = Slot(key: key, value: value)
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

    @inlinable mutating func append(_ place: Int) {
        slots[place]?.older = newestPlace
        slots[place]?.newer = -1
        if newestPlace >= 0 { slots[newestPlace]?.newer = place } else { oldestPlace = place }
        newestPlace = place
    }

    @inlinable mutating func unlink(_ place: Int) {
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
