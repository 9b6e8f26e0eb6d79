import HeapModule

/// The one table of what is due when. A key has one deadline; setting it again moves it. Setting
/// and taking cost the logarithm of how many there are, looking at the next one nothing.
public struct Deadlines<Key: Hashable & Sendable>: Sendable {
    private struct Due: Comparable, Sendable {
        var time: MonotonicTime
        /// Counts settings: tells a deadline from an older one of the same key, and keeps those of
        /// one time in the order in which they were set.
        var number: UInt64
        var key: Key

        static func < (a: Due, b: Due) -> Bool { (a.time, a.number) < (b.time, b.number) }
        static func == (a: Due, b: Due) -> Bool { a.number == b.number }
    }

    /// With deadlines that were moved or removed since: they are dropped where they surface.
    private var heap = Heap<Due>()
    private var current: [Key: Due] = [:]
    private var lastNumber: UInt64 = 0

    public init() {}

    public var count: Int { current.count }

    /// When the next one is due.
    public var next: MonotonicTime? { heap.min?.time }

    public subscript(key: Key) -> MonotonicTime? {
        get { current[key]?.time }
        set {
            guard let newValue else {
                current[key] = nil
                return dropStale()
            }
            if current[key]?.time == newValue { return }
            lastNumber += 1
            let due = Due(time: newValue, number: lastNumber, key: key)
            current[key] = due
            heap.insert(due)
            dropStale()
        }
    }

    /// Takes the oldest one that has passed by `now`.
    public mutating func popDue(by now: MonotonicTime) -> Key? {
        guard let due = heap.min, due.time <= now else { return nil }
        heap.removeMin()
        current[due.key] = nil
        dropStale()
        return due.key
    }

    /// Keeps a live deadline at the front, and the heap in proportion to what is live.
    private mutating func dropStale() {
        while let due = heap.min, current[due.key]?.number != due.number { heap.removeMin() }
        if heap.count > 2 * current.count + 64 { heap = Heap(current.values) }
    }
}
