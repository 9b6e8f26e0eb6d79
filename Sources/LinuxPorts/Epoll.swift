import AlarmModel
import CLinux
import Glibc

/// The kernel's list of descriptors to watch, level-triggered. A descriptor is known by a token
/// that is never reused, so an event for something closed a moment ago finds nobody.
@safe final class Epoll {
    struct Readiness: OptionSet {
        let rawValue: UInt32

        static let read = Readiness(rawValue: EPOLLIN.rawValue)
        static let write = Readiness(rawValue: EPOLLOUT.rawValue)
        /// Hung up or failed. Always reported, whether asked for or not.
        static let broken = Readiness(rawValue: EPOLLHUP.rawValue | EPOLLERR.rawValue)
    }

    /// Readable while something that it watches is ready.
    let descriptor: Int32
    private var ready: [epoll_event]

    init() throws(PortError) {
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw PortError("cannot create the epoll", errno) }
        unsafe ready = Array(repeating: epoll_event(), count: Limits.readyPerTurnMax)
    }

    deinit { close(descriptor) }

    func add(_ file: Int32, token: UInt64, for interest: Readiness) throws(PortError) {
        guard control(EPOLL_CTL_ADD, file, token, interest) else {
            throw PortError("cannot watch a descriptor", errno)
        }
    }

    /// Precondition: `file` was added and is open.
    func change(_ file: Int32, token: UInt64, to interest: Readiness) {
        let changed = control(EPOLL_CTL_MOD, file, token, interest)
        precondition(changed, "a descriptor that is watched was changed")
    }

    /// Nothing happens when `file` is not watched.
    func remove(_ file: Int32) {
        _ = control(EPOLL_CTL_DEL, file, 0, [])
    }

    /// The number of events, read with ``event(_:)``: 0 after the timeout or a signal.
    func wait(milliseconds: Int32, atMost most: Int = .max) throws(PortError) -> Int {
        let room = unsafe Int32(min(most, ready.count))
        let count = unsafe ready.withUnsafeMutableBufferPointer {
            unsafe epoll_wait(descriptor, $0.baseAddress, room, milliseconds)
        }
        if count < 0 && errno != EINTR { throw PortError("cannot wait for events", errno) }
        return max(0, Int(count))
    }

    func event(_ index: Int) -> (token: UInt64, readiness: Readiness) {
        let event = unsafe ready[index]
        return unsafe (event.data.u64, Readiness(rawValue: event.events))
    }

    private func control(
        _ operation: Int32, _ file: Int32, _ token: UInt64, _ interest: Readiness
    ) -> Bool {
        var event = unsafe epoll_event()
        unsafe event.events = interest.rawValue
        unsafe event.data.u64 = token
        return unsafe epoll_ctl(descriptor, operation, file, &event) == 0
    }
}
