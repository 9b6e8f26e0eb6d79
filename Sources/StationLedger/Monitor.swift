import AlarmModel
import Glibc

/// A value behind a lock, with threads waiting for what they need of it.
///
/// Foundation's NSCondition would do but for its clock: it counts waits in wall time, and a wall
/// clock that is set back by an hour would make a wait of one second last an hour longer.
@safe final class Monitor<Value: Sendable>: @unchecked Sendable {
    // On the heap, because both must keep their address.
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var value: Value

    init(_ value: Value) {
        self.value = value
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(changed, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
        unsafe pthread_mutex_init(lock, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(changed)
        unsafe pthread_mutex_destroy(lock)
        unsafe changed.deallocate()
        unsafe lock.deallocate()
    }

    /// Changes the value and wakes those who wait.
    func update(_ body: (inout Value) -> Void) {
        unsafe pthread_mutex_lock(lock)
        body(&value)
        unsafe pthread_cond_broadcast(changed)
        unsafe pthread_mutex_unlock(lock)
    }

    /// Waits until `body` has an answer, and takes it.
    func wait<Answer>(until body: (inout Value) -> Answer?) -> Answer {
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        while true {
            if let answer = body(&value) { return answer }
            unsafe pthread_cond_wait(changed, lock)
        }
    }

    /// Waits until `condition` holds, but not longer than `span`, and says whether it holds.
    func wait(atMost span: TimeSpan, until condition: (Value) -> Bool) -> Bool {
        var deadline = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &deadline)
        let nanoseconds = deadline.tv_nsec + Int(span.microseconds % 1_000_000) * 1_000
        deadline.tv_sec += Int(span.microseconds / 1_000_000) + nanoseconds / 1_000_000_000
        deadline.tv_nsec = nanoseconds % 1_000_000_000

        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        while !condition(value) {
            if unsafe pthread_cond_timedwait(changed, lock, &deadline) == ETIMEDOUT {
                return condition(value)
            }
        }
        return true
    }
}
