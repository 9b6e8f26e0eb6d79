import AlarmModel
import CLinux
import Glibc
import Synchronization

/// Wakes the loop from another thread. An eventfd: many wakes before the loop looks are one.
public final class Mailbox: Sendable {
    let descriptor: Int32

    init() throws(PortError) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else { throw PortError("cannot create the mailbox", errno) }
    }

    deinit { close(descriptor) }

    /// Makes the loop call ``PortEvents/woken()`` soon. From any thread; never blocks.
    public func wake() {
        // It can fail only when the counter is full, and then the loop is already woken.
        var one: UInt64 = 1
        unsafe write(descriptor, &one, MemoryLayout<UInt64>.size)
    }

    /// Forgets the wakes so far. Called by the loop before it looks at what was posted.
    func clear() {
        var count: UInt64 = 0
        unsafe read(descriptor, &count, MemoryLayout<UInt64>.size)
    }
}

/// Messages from other threads to the loop, in the order of their posting.
public final class Inbox<Message: Sendable>: Sendable {
    private let mailbox: Mailbox
    private let capacity: Int
    private let messages = Mutex<[Message]>([])

    /// - Parameter capacity: messages that wait at most.
    public init(capacity: Int, waking mailbox: Mailbox) {
        self.capacity = capacity
        self.mailbox = mailbox
    }

    /// False when the inbox is full; the message was not taken. From any thread.
    public func post(_ message: Message) -> Bool {
        let taken = messages.withLock { waiting in
            guard waiting.count < capacity else { return false }
            waiting.append(message)
            return true
        }
        if taken { mailbox.wake() }
        return taken
    }

    /// Everything posted so far, once. On the loop thread.
    public func takeAll() -> [Message] {
        messages.withLock { waiting in
            defer { waiting.removeAll(keepingCapacity: true) }
            return waiting
        }
    }
}
