import AlarmModel
import CBytes

/// A true ring over a mirrored mapping: the same memory stands twice in a row, so that whatever is
/// unread is one contiguous span, even where it wraps, and no byte is ever moved.
///
/// ```
///        consumed        received
///           v               v
///  +--------+===============+--------+--------+===============+--------+
///  |  free  |    unread     |  free  |        same memory again        |
///  +--------+===============+--------+--------+===============+--------+
///  0                              capacity                       2 * capacity
/// ```
///
/// It holds memory only while something is unread or lent: see ``RingMemory``.
///
/// ``received(_:)`` and ``advance(by:)`` are its only writers. Both counts run from 0 for ever
/// (64 bits); `consumed <= received <= consumed + capacity` is checked after every step.
@safe public struct ByteRing: ~Copyable {
    private var memory: RingMemory?
    public let capacity: Int

    /// Bytes ever received, and those of them that are done with.
    public private(set) var received: UInt64 = 0
    public private(set) var consumed: UInt64 = 0

    /// - Parameter minimumCapacity: bytes; rounded up to whole pages.
    public init(minimumCapacity: Int = Limits.ringBytes) {
        let page = Int(tocsin_page_size())
        capacity = max(1, (minimumCapacity + page - 1) / page) * page
    }

    deinit { memory?.giveBack() }

    public var unreadCount: Int { Int(received - consumed) }
    public var freeCount: Int { capacity - unreadCount }

    /// Lends the free space, for read(2) to fill from its start; ``received(_:)`` says how far it
    /// did, and ends the loan. None when the kernel gives no memory.
    public mutating func lend() -> UnsafeMutableRawBufferPointer {
        guard let memory = self.memory ?? RingMemory.take(capacity) else {
            return unsafe UnsafeMutableRawBufferPointer(start: nil, count: 0)
        }
        self.memory = memory
        let start = unsafe memory.start + Int(received % UInt64(capacity))
        return unsafe UnsafeMutableRawBufferPointer(start: start, count: freeCount)
    }

    /// The first `count` bytes of what was lent are unread bytes now.
    public mutating func received(_ count: Int) {
        precondition(count >= 0 && count <= freeCount, "more bytes written than lent")
        precondition(count == 0 || memory != nil, "bytes written where nothing was lent")
        received += UInt64(count)
        settle()
    }

    /// Lends everything unread as one span. It cannot outlive the call, and the ring cannot change
    /// during it: the compiler refuses both.
    @inlinable
    public func withUnread<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        unsafe body(unreadBuffer.span)
    }

    @usableFromInline var unreadBuffer: UnsafeBufferPointer<UInt8> {
        let start = unsafe memory.map { unsafe $0.start + Int(consumed % UInt64(capacity)) }
        return unsafe UnsafeBufferPointer(start: start, count: unreadCount)
    }

    /// Gives the first `count` unread bytes back as free space.
    public mutating func advance(by count: Int) {
        precondition(count >= 0 && count <= unreadCount, "more bytes consumed than unread")
        consumed += UInt64(count)
        settle()
    }

    private mutating func settle() {
        precondition(consumed <= received && received - consumed <= UInt64(capacity))
        guard consumed == received else { return }
        memory?.giveBack()
        memory = nil
    }
}
