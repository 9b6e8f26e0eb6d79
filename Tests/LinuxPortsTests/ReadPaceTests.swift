import AlarmModel
import Testing

@testable import LinuxPorts

@Suite("How much of a port is read at a time")
struct ReadPaceTests {
    private let share = Limits.bytesPerTurnMax

    /// Reads of a port whose bytes cost `nanoseconds` each and never end.
    private func reads(_ count: Int, _ pace: inout ReadPace, _ nanoseconds: Int, of share: Int)
        -> [Int]
    {
        (0..<count).map { _ in
            let portion = pace.portion(of: share)
            pace.took(
                TimeSpan(microseconds: Int64(portion * nanoseconds / 1_000)), for: portion,
                of: share)
            return portion
        }
    }

    @Test("Bytes that cost little are read in as large pieces as there may be, after a few turns")
    func cheap() {
        var pace = ReadPace()
        let portions = reads(10, &pace, 10, of: share)
        #expect(portions.first == Limits.readStartBytes)
        #expect(portions.last == Limits.readsPerTurnBytes)
    }

    @Test(
        "Whatever a byte costs, a turn takes about as long as it may, or reads the least there is",
        arguments: [100, 1_000, 3_000, 100_000], [1, 4, 128])
    func costly(nanoseconds: Int, ports: Int) {
        let share = Limits.bytesPerTurnMax / ports
        let allowed = Limits.turnWork.microseconds * 1_000 / Int64(ports)
        for cheapReads in [0, 20] {
            var pace = ReadPace()
            _ = reads(cheapReads, &pace, 10, of: share)
            let portions = reads(20, &pace, nanoseconds, of: share)
            for portion in portions.dropFirst() {
                // Twice as much when it is tried whether more can be had. Clocks tell microseconds.
                let most = 2 * (max(allowed, Int64(nanoseconds)) + 1_000)
                #expect(
                    Int64(portion * nanoseconds) <= most || portion == Limits.readShareBytesMin)
            }
            #expect(portions.allSatisfy { $0 >= Limits.readShareBytesMin })
        }
    }

    @Test("A port that was slowed down once is read as before when its bytes cost little again")
    func recovered() {
        var pace = ReadPace()
        _ = reads(5, &pace, 1_000_000, of: share)
        #expect(pace.portion(of: share) == Limits.readShareBytesMin)
        let portions = reads(20, &pace, 10, of: share)
        #expect(portions.last == Limits.readsPerTurnBytes)
    }

    @Test("After a rest it is not known what bytes cost")
    func rested() {
        var pace = ReadPace()
        _ = reads(20, &pace, 10, of: share)
        pace.took(TimeSpan(microseconds: 1), for: 10, of: share)
        #expect(pace.portion(of: share) == Limits.readStartBytes)
    }
}
