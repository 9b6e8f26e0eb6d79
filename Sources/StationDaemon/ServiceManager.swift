import AlarmModel
import CLibsystemd
import LinuxPorts
import Synchronization

/// What systemd is told (sd_notify): nothing when it did not start the daemon. By a thread of its
/// own, because systemd may be slow to listen, and one apart from the journal's, so that a stalled
/// journald does not starve the watchdog.
public enum ServiceManager {
    /// The station works: the ledger is open, the ports are looked for, the desk listens.
    ///
    /// - Parameter status: what is to be said instead of what was said last.
    public static func ready(_ status: String? = nil) {
        notify("READY=1\nSTATUS=\(status ?? lastStatus.withLock { $0 })")
    }

    public static func reloading() {
        notify("RELOADING=1\nMONOTONIC_USEC=\(Clock.monotonic().microseconds)")
    }

    public static func stopping() { notify("STOPPING=1\nSTATUS=stopping") }

    public static func status(_ text: String) {
        lastStatus.withLock { $0 = text }
        notify("STATUS=\(text)")
    }

    private static let lastStatus = Mutex("starting")

    public static func watchdog() { notify("WATCHDOG=1") }

    /// How often ``watchdog()`` is due: half of what the unit allows. Nil without a watchdog.
    public static let watchdogInterval: TimeSpan? = {
        var microseconds: UInt64 = 0
        let isEnabled = unsafe sd_watchdog_enabled(0, &microseconds)
        guard isEnabled > 0 else { return nil }
        return TimeSpan(microseconds: Int64(clamping: microseconds / 2))
    }()

    /// Waits until all is told, but not for a systemd that does not listen.
    static func finish() { courier.finish(atMost: Limits.serviceManagerFlushMax) }

    private static let courier = Courier<String>(
        "systemd", capacity: Limits.serviceManagerWordsMax,
        deliver: { state in _ = unsafe sd_notify(0, state) })

    private static func notify(_ state: String) { courier.post(state) }
}
