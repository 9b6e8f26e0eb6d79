import AlarmModel
import LinuxPorts
import Synchronization
import Testing

@testable import StationDaemon

@Suite("Port tidings")
struct PortTidingsTests {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])

        func tidings() -> PortTidings {
            PortTidings { _, sentence, fields in
                let words = fields.map { "\($0.name)=\($0.value)" }
                self.all.withLock { $0.append(([sentence] + words).joined(separator: " ")) }
            }
        }
    }

    private func statuses(_ count: Int, _ state: PortStatus.State) -> [PortStatus] {
        (0..<count).map {
            PortStatus(name: "p\($0)", protocolID: "jt808", state: state, reason: "why")
        }
    }

    @Test("A few ports are told one by one, and of many the rest in one line")
    func summedUp() {
        let lines = Lines()
        var tidings = lines.tidings()
        tidings.look(at: statuses(900, .absent))
        let told = lines.all.withLock { $0 }
        #expect(told.count == Limits.portLinesMax + 1)
        #expect(told.first == "port is not open PORT=p0 STATE=absent REASON=why REMEDY=")
        #expect(told.last == "more ports are not open COUNT=\(900 - Limits.portLinesMax)")
    }

    @Test("What has been told is not told again, and the next interval has room of its own")
    func nextInterval() {
        let lines = Lines()
        var tidings = lines.tidings()
        tidings.look(at: statuses(2, .absent))
        tidings.look(at: statuses(2, .absent))
        #expect(lines.all.withLock(\.count) == 2)
        tidings.look(at: statuses(2, .open))
        tidings.look(at: statuses(2, .denied))
        #expect(lines.all.withLock(\.count) == 4)
    }

    @Test("A reload says how many ports came, went and changed")
    func changes() throws {
        func ports(_ lines: String) throws -> [ConfiguredPort] {
            let text = """
                station: {id: test, name: Test}
                ledger: {path: /tmp/ledger.sqlite}
                captures: {path: /tmp/captures}
                listen: ["127.0.0.1:8119"]
                ports:
                \(lines)
                """
            return try ConfigurationReader.read(text, file: "f").ports
        }
        let old = try ports(
            """
              - {name: a, protocol: jt808, tcp: {listen: "127.0.0.1:5001"}}
              - {name: b, protocol: jt808, tcp: {listen: "127.0.0.1:5002"}}
              - {name: c, protocol: jt808, tcp: {listen: "127.0.0.1:5003"}}
            """)
        let new = try ports(
            """
              - {name: a, protocol: jt808, tcp: {listen: "127.0.0.1:5001"}}
              - {name: b, protocol: gt06, tcp: {listen: "127.0.0.1:5002"}}
              - {name: d, protocol: jt808, tcp: {listen: "127.0.0.1:5004"}}
              - {name: e, protocol: jt808, tcp: {listen: "127.0.0.1:5005"}}
            """)
        let changes = PortChanges(from: old, to: new)
        #expect((changes.added, changes.removed, changes.changed) == (2, 1, 1))
    }
}

@Suite("Health of a snapshot")
struct SnapshotTests {
    @Test("A loop that has shown nothing for two intervals hangs, whatever it has shown last")
    func oldSnapshot() {
        #expect(Limits.statusAgeMax.microseconds == 2 * Limits.statusInterval.microseconds)
        let shown = MonotonicTime(microseconds: 1_000_000)
        let snapshot = StatusBoard.Snapshot(health: StationHealth(), shownAt: shown)
        #expect(snapshot.health(at: shown + Limits.statusAgeMax).state == .ok)
        let late = snapshot.health(
            at: shown + Limits.statusAgeMax + TimeSpan(microseconds: 1))
        #expect(late.state == .critical)
        #expect(late.reasons.first?.contains("the loop has not turned for 500 ms") == true)
        #expect(StatusBoard.Snapshot().health(at: shown).state == .critical)
    }
}
