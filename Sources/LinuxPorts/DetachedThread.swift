import Glibc

/// A thread for calls that may take long, so that the loop does not wait for them.
enum DetachedThread {
    /// Does `work` on a thread that takes no signals: those are for the daemon's own. False when no
    /// thread could be had.
    static func run(_ work: @escaping @Sendable () -> Void) -> Bool {
        let box = unsafe Unmanaged.passRetained(Work(body: work))
        var thread = pthread_t()
        let failed = unsafe pthread_create(
            &thread, nil,
            { box in
                guard let box = unsafe box else { return nil }
                let work = unsafe Unmanaged<Work>.fromOpaque(box).takeRetainedValue()
                var all = sigset_t()
                unsafe sigfillset(&all)
                unsafe pthread_sigmask(SIG_SETMASK, &all, nil)
                work.body()
                return nil
            }, box.toOpaque())
        guard failed == 0 else {
            unsafe box.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    private final class Work: Sendable {
        let body: @Sendable () -> Void

        init(body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
