import AlarmModel
import Foundation
import StationLedger
import Testing

extension EndToEnd {
    /// The rule that everything else is there for, tried on the real daemon: what was acknowledged
    /// is stored, whenever the daemon dies.
    @Suite("Killing the daemon")
    struct KillTests {
        /// `TOCSIN_KILLS` sets another number, for a slow build or a long night.
        static let kills =
            ProcessInfo.processInfo.environment["TOCSIN_KILLS"].flatMap { Int($0) } ?? 200

        @Test("No frame that got its reply is missing from the ledger, however often we kill")
        func nothingAcknowledgedIsLost() throws {
            let trial = try KillTrial(.real, seed: .random(in: 0...999_999))
            for _ in 1...Self.kills { try trial.live() }
            try trial.settle()
            let outcome = try trial.compare()
            print(trial.summary(outcome))
            #expect(trial.pressers.allSatisfy { $0.answered.count > Self.kills })
            #expect(outcome.missing.isEmpty, "\(outcome.missing.count) frames; \(trial.seedText)")
            #expect(outcome.hasGaplessSequence, "\(trial.seedText)")
            // A line has no serial number, so that a resend after a restart may be a new press.
            #expect(outcome.twice.isSubset(of: ["surgard"]), "\(trial.seedText)")
        }

        @Test("A daemon that commits after its reply is found out")
        func plantedBugIsFound() throws {
            let trial = try KillTrial(.planted("early"), seed: .random(in: 0...999_999))
            for kill in 1...Self.kills {
                try trial.live()
                let outcome = try trial.compare()
                if !outcome.missing.isEmpty {
                    print("planted bug found at kill \(kill): \(outcome.missing.count) frames")
                    return
                }
            }
            Issue.record("the planted bug was not found in \(Self.kills) kills; \(trial.seedText)")
        }
    }
}

/// A station with a line of every kind, the devices on them, and a daemon that lives shortly.
private final class KillTrial {
    struct Outcome {
        /// Answered, and not in the ledger.
        var missing: [[UInt8]] = []
        /// The protocols of frames that are in it more than once.
        var twice: Set<ProtocolID> = []
        var hasGaplessSequence = true
        var storedCount = 0
    }

    let pressers: [Presser]
    private let station: Station
    private let seed: UInt64
    private var random: SplitMix64
    private var killCount = 0
    private let start = ContinuousClock.now

    init(_ program: Station.Program, seed: UInt64) throws {
        self.seed = seed
        random = SplitMix64(seed: seed)
        let protocols: [ProtocolID] = ["surgard", "jt808", "tocsin-link"]
        station = try Station(program, ports: protocols.map { .init($0.rawValue, $0) })
        pressers = try protocols.map { [station] id in
            try Presser(id, on: station.line(to: id.rawValue), window: 4)
        }
    }

    var seedText: String { "seed \(seed), kill \(killCount)" }

    /// One life of the daemon: 20 to 300 ms of work, and the end in the middle of it. Every eighth
    /// life ends while it starts, or soon after.
    func live() throws {
        if killCount % 8 == 7 { try station.startUnawaited() } else { try station.start() }
        for presser in pressers { presser.sendAgain() }
        let end = ContinuousClock.now + .milliseconds(20 + Int64(random.next() % 281))
        try work(pressers) { ContinuousClock.now >= end }
        station.kill()
        killCount += 1
        for presser in pressers { presser.surviveOutage() }
    }

    /// One last life, in which everything is answered.
    func settle() throws {
        try station.start()
        for presser in pressers {
            presser.isPressing = false
            presser.sendAgain()
        }
        let isSettled = try work(pressers) { pressers.allSatisfy(\.unanswered.isEmpty) }
        #expect(isSettled, "some are never answered; \(seedText)")
        #expect(station.stop() == 0)
    }

    /// What the ledger holds of what was answered.
    func compare() throws -> Outcome {
        let events = try station.storedEvents().events
        var outcome = Outcome(storedCount: events.count)
        var stored: Set<[UInt8]> = []
        for (index, event) in events.enumerated() {
            if event.sequence.rawValue != Int64(index + 1) { outcome.hasGaplessSequence = false }
            let isNew = stored.insert(event.raw).inserted
            if !isNew { outcome.twice.insert(event.protocolID) }
        }
        let answered = pressers.flatMap(\.answered)
        outcome.missing = answered.filter { !stored.contains($0) }
        return outcome
    }

    func summary(_ outcome: Outcome) -> String {
        let presses = pressers.reduce(0) { $0 + $1.pressCount }
        let replies = pressers.reduce(0) { $0 + $1.answered.count }
        let seconds = Int((ContinuousClock.now - start).inSeconds)
        return "kill test: \(killCount) kills, \(presses) presses, \(replies) replies, "
            + "\(outcome.storedCount) stored, \(outcome.missing.count) missing, \(seconds) s, "
            + "seed \(seed)"
    }
}
