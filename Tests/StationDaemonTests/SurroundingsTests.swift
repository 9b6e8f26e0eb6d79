import AlarmModel
import StationLedger
import Testing

@testable import StationDaemon

@Suite("Clock, disk and status line")
struct SurroundingsTests {
    private func moment(wall: Int64, monotonic: Int64) -> Moment {
        Moment(
            wall: WallTime(microseconds: wall),
            monotonic: MonotonicTime(microseconds: monotonic))
    }

    private let base = Limits.clockEarliest.microseconds + 1_000_000_000_000

    @Test("A step of the clock is told once, and shown for an hour; a correction is not")
    func step() {
        var clock = ClockWatch()
        #expect(look(&clock, base, 0) == [])
        let least = Limits.clockStepMin.microseconds
        #expect(look(&clock, base + 250_000 + least - 1, 250_000) == [])
        let after = base + 500_000 - 3_600_000_000
        let by = TimeSpan(microseconds: -3_600_000_000 - least + 1)
        #expect(look(&clock, after, 500_000) == [.stepped(by: by)])
        #expect(look(&clock, after + 250_000, 750_000) == [])
        #expect(
            clock.reasons(at: moment(wall: after, monotonic: 750_000)).first?
                .contains("the clock was set back by 3600999 ms") == true)
        let later = 500_000 + Limits.clockStepShown.microseconds
        #expect(clock.reasons(at: moment(wall: after, monotonic: later)) == [])
    }

    @Test("A clock that is behind the newest record, or before any Tocsin, is not set")
    func unset() {
        var clock = ClockWatch(newest: WallTime(microseconds: 0))
        #expect(look(&clock, Limits.clockEarliest.microseconds - 1, 0) == [.unset])
        #expect(look(&clock, Limits.clockEarliest.microseconds, 1) == [.set])
        var behind = ClockWatch(newest: WallTime(microseconds: base))
        #expect(look(&behind, base - 1, 0) == [.unset])
        #expect(look(&behind, base - 1, 0) == [])
        let reasons = behind.reasons(at: moment(wall: base - 1, monotonic: 0))
        #expect(reasons.first?.contains("the clock is not set") == true)
    }

    private func look(_ clock: inout ClockWatch, _ wall: Int64, _ monotonic: Int64)
        -> [ClockWatch.News]
    {
        clock.look(at: moment(wall: wall, monotonic: monotonic))
    }

    @Test("Little space is told while there is some, in bytes and in files")
    func space() {
        func reason(_ bytes: Int, _ files: Int?) -> String? {
            DiskWatch.reason(FreeSpace(bytes: bytes, files: files), in: "/var/lib/tocsin")
        }
        #expect(reason(Limits.ledgerFreeBytesMin, nil) == nil)
        #expect(reason(Limits.ledgerFreeBytesMin - 1, nil)?.contains("/var/lib/tocsin") == true)
        #expect(reason(Limits.ledgerFreeBytesMin, Limits.ledgerFreeFilesMin) == nil)
        #expect(reason(Limits.ledgerFreeBytesMin, Limits.ledgerFreeFilesMin - 1) != nil)
    }

    @Test("A ledger that fills its disk within weeks is told, one that grows as ever is not")
    func pace() {
        let space = FreeSpace(bytes: 100 << 30, files: nil)
        func reason(mibPerLook: Double, looks: Int) -> String? {
            var pace = LedgerPace()
            for look in 0..<looks {
                pace.note(
                    Int(Double(look) * mibPerLook * 1_048_576),
                    at: MonotonicTime(microseconds: Int64(look) * Limits.diskLook.microseconds))
            }
            return pace.reason(space, in: "/var/lib/tocsin")
        }
        // Somebody sends 30,000 events a second.
        let twoHours = reason(mibPerLook: 60, looks: 3)
        #expect(twoHours?.contains("/var/lib/tocsin has room for 2 hours") == true)
        // A hundred gigabytes, ten a day.
        let tenDays = reason(mibPerLook: 10_240 / 17_280, looks: 1_000)
        #expect(tenDays?.contains("grows by 10240 MiB a day") == true, "\(tenDays ?? "")")
        #expect(tenDays?.contains("room for 10 days") == true)
        // One a day fills it in a hundred days; and the log that is copied is no pace.
        #expect(reason(mibPerLook: 1_024 / 17_280, looks: 10_000) == nil)
        var steps = LedgerPace()
        steps.note(0, at: MonotonicTime(microseconds: 0))
        steps.note(16 << 20, at: MonotonicTime(microseconds: 5_000_000))
        #expect(steps.bytesPerDay == nil)
        // Over an hour ago does not count.
        steps.note(600 << 20, at: MonotonicTime(microseconds: 10_000_000))
        #expect(steps.bytesPerDay != nil)
        steps.note(600 << 20, at: MonotonicTime(microseconds: 3_700_000_000))
        #expect(steps.bytesPerDay == nil)
    }

    @Test("The line for systemd says what is not stored, denied and short, the worst first")
    func statusLine() {
        func port(_ name: String, _ state: PortStatus.State) -> PortStatus {
            PortStatus(name: name, protocolID: "jt808", state: state, reason: "why", remedy: "do")
        }
        let ports = [
            port("a", .open), port("b", .denied), port("c", .denied), port("d", .absent),
        ]
        let bad = HealthReport(
            ledger: StationHealth(state: .critical, reasons: ["the disk is full"]),
            warnings: ["only 3 MiB are free"], ports: ports)
        #expect(
            bad.statusLine == "NOT STORING: the disk is full; 1 of 4 ports open; absent: d; "
                + "denied: b and 1 more; only 3 MiB are free")
        #expect(bad.health.state == .critical)
        #expect(bad.health.reasons.contains("port b is denied: why; do"))
        let good = HealthReport(
            ledger: StationHealth(), warnings: [], ports: [port("a", .open)])
        #expect(good.statusLine == "1 of 1 ports open" && good.health.state == .ok)
        let warned = HealthReport(
            ledger: StationHealth(), warnings: ["x"], ports: [port("a", .open)])
        #expect(warned.health.state == .degraded)
    }
}
