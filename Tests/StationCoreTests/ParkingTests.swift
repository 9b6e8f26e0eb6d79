import AlarmModel
import StationCore
import Testing

@Suite("Parked alerts")
struct ParkingTests {
    private func parked(for span: TimeSpan) throws -> (Bench, Alert) {
        let bench = Bench()
        bench.open("jt808")
        bench.receive(frame("jt808", [.sos], serial: 1))
        bench.commit()
        let alert = try #require(bench.alerts.values.first)
        let until = WallTime(microseconds: bench.now.wall.microseconds + span.microseconds)
        let outcome = bench.order(Order(.park, by: "desk 1", until: until), on: alert.id)
        guard case .done(let parked)? = outcome else {
            preconditionFailure("cannot park: \(String(describing: outcome))")
        }
        return (bench, parked)
    }

    @Test("An alert that was put aside comes back by itself, open and without an owner")
    func comesBack() throws {
        let (bench, alert) = try parked(for: .seconds(600))
        #expect(alert.owner == "desk 1" && alert.parkedUntil != nil)
        bench.passTime(.seconds(599))
        #expect(bench.uncommitted.isEmpty)
        bench.passTime(.seconds(1))
        bench.commit()
        let raised = try #require(bench.alerts[alert.id])
        #expect(raised.state == .open && raised.owner == nil && raised.parkedUntil == nil)
        #expect(bench.storedChanges.last?.draft == ChangeDraft(.raisedAgain))
    }

    @Test("It comes back after a restart as well, at once when its time has passed")
    func afterRestart() throws {
        let (bench, alert) = try parked(for: .seconds(600))
        for rest in [TimeSpan.seconds(60), .seconds(6_000)] {
            let after = bench.restarted(after: rest, newBoot: true)
            after.passTime(.seconds(540))
            after.commit()
            #expect(after.alerts[alert.id]?.state == .open)
        }
    }

    @Test("One that was ended meanwhile stays so")
    func ended() throws {
        let (bench, alert) = try parked(for: .seconds(600))
        bench.order(Order(.resolve, by: "desk 1"), on: alert.id)
        bench.passTime(.seconds(700))
        #expect(bench.uncommitted.isEmpty)
    }

    @Test("Nobody puts an alert aside for ever, or for no time")
    func bounds() throws {
        let (bench, alert) = try parked(for: .seconds(600))
        let now = bench.now.wall.microseconds
        let times = [nil, now, now - 1, now + Limits.parkingMax.microseconds + 1]
        for time in times {
            let until = time.map { WallTime(microseconds: $0) }
            let outcome = bench.order(Order(.park, by: "desk 1", until: until), on: alert.id)
            guard case .refused? = outcome else {
                Issue.record("parked until \(String(describing: time))")
                continue
            }
        }
    }
}
