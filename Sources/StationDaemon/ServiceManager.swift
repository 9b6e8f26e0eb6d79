import AlarmModel
import CLibsystemd
import LinuxPorts

/// What systemd is told (sd_notify): nothing when it did not start the daemon.
public enum ServiceManager {
    /// The station works: the ledger is open, the ports are looked for, the desk listens.
    public static func ready(_ status: String) { notify("READY=1\nSTATUS=\(status)") }

    public static func reloading() {
        notify("RELOADING=1\nMONOTONIC_USEC=\(Clock.monotonic().microseconds)")
    }

    public static func stopping() { notify("STOPPING=1\nSTATUS=stopping") }

    public static func status(_ text: String) { notify("STATUS=\(text)") }

    public static func watchdog() { notify("WATCHDOG=1") }

    /// How often ``watchdog()`` is due: half of what the unit allows. Nil without a watchdog.
    public static let watchdogInterval: TimeSpan? = {
        var microseconds: UInt64 = 0
        let isEnabled = unsafe sd_watchdog_enabled(0, &microseconds)
        guard isEnabled > 0 else { return nil }
        return TimeSpan(microseconds: Int64(clamping: microseconds / 2))
    }()

    private static func notify(_ state: String) { _ = unsafe sd_notify(0, state) }
}
