/// The one table of what is due when. A key has one deadline; setting it again moves it. Setting
/// and taking cost the logarithm of how many there are, looking at the next one nothing.
public struct Deadlines<Key: Hashable & Sendable>: Sendable {
    private struct Due: Sendable {
        var time: MonotonicTime
        /// Counts settings: tells a deadline from an older one of the same key, and keeps those of
        /// one time in the order in which they were set.
        var number: UInt64
        var key: Key

        func isBefore(_ other: Due) -> Bool {
            time == other.time ? number < other.number : time < other.time
        }
    }

    /// A binary heap, with deadlines that were moved or removed since: they are dropped where they
    /// surface.
    private var heap: [Due] = []
    private var current: [Key: Due] = [:]
    private var lastNumber: UInt64 = 0

    public init() {}

    public var count: Int { current.count }

    /// When the next one is due.
    public var next: MonotonicTime? { heap.first?.time }

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
            heap.append(due)
            rise(from: heap.count - 1)
            dropStale()
        }
    }

    /// Takes the oldest one that has passed by `now`.
    public mutating func popDue(by now: MonotonicTime) -> Key? {
        guard let due = heap.first, due.time <= now else { return nil }
        removeFirst()
        current[due.key] = nil
        dropStale()
        return due.key
    }

    /// Keeps a live deadline at the front, and the heap in proportion to what is live.
    private mutating func dropStale() {
        while let due = heap.first, current[due.key]?.number != due.number { removeFirst() }
        guard heap.count > 2 * current.count + 64 else { return }
        // What is in order is a heap.
        heap = current.values.sorted { $0.isBefore($1) }
    }

    private mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        sink(from: 0)
    }

    private mutating func rise(from start: Int) {
        var index = start
        while index > 0, heap[index].isBefore(heap[(index - 1) / 2]) {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private mutating func sink(from start: Int) {
        var index = start
        while true {
            var least = index
            let children = 2 * index + 1..<min(2 * index + 3, max(2 * index + 1, heap.count))
            for child in children where heap[child].isBefore(heap[least]) { least = child }
            guard least != index else { return }
            heap.swapAt(index, least)
            index = least
        }
    }
}
