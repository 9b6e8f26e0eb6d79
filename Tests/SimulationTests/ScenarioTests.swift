import AlarmModel
import Simulation
import Testing

/// Whole runs of the station among fakes. Each seed is one run; a failure names its seed, and
/// `simulate --seeds 1 --first SEED --steps STEPS` shows its last steps.
@Suite("Simulation")
struct ScenarioTests {
    static let seeds: ClosedRange<UInt64> = 1...200
    static let steps = 300
    /// Within so many seeds a planted bug has to be found.
    static let seedsToFind: UInt64 = 1_000

    /// By which rules each bug may be found, the intended one first.
    static let rules: [PlantedBug: [String]] = [
        .commitToldEarly: ["replyBeforeDurable"],
        .lastOfGroupLost: [
            "acknowledgedLost", "sequenceGap", "duplicateAlert", "hiddenEvent",
            "replyBeforeDurable",
        ],
        .entriesSwapped: ["sequenceGap"],
        .groupStoredTwice: ["sequenceGap"],
        .groupHeldBack: ["lateness"],
        .secondEventDropped: ["hiddenEvent"],
        .newPressFolded: ["hiddenEvent", "lateness"],
        // The next order shows that a press is missing between two versions.
        .foldedAfterOrder: ["hiddenEvent", "ordersKept"],
        .windowSlides: ["hiddenEvent"],
        // What one peer told folds, holds or answers what another tells, or ends it for them.
        .peersAreOne: ["hiddenEvent", "replyBeforeDurable", "duplicateAlert"],
        .connectionForWire: ["duplicateAlert", "hiddenEvent"],
        .alertsByAddressAlone: ["peopleMixed"],
        .namelessEndDropped: ["hiddenEvent"],
        .stormRowDropped: ["acknowledgedLost", "replyBeforeDurable", "hiddenEvent"],
        .stormCountForgotten: ["hiddenEvent", "duplicateAlert"],
        .sequenceForgotten: ["sequenceGap"],
        .ongoingAlertForgotten: ["duplicateAlert", "ordersKept"],
        .recentEventsForgotten: ["duplicateAlert", "hiddenEvent"],
        .earlierBootForgotten: ["hiddenEvent"],
        .recoveredJustSeen: ["hiddenEvent"],
        .parkingForgotten: ["silentlyLate"],
        .notAtHandGivenUp: ["ordersKept"],
        .otherAlertBrought: ["ordersKept", "replyBeforeDurable"],
        .versionForgotten: ["hiddenEvent", "ordersKept"],
        .everybodyTakesOver: ["ordersKept"],
        .replyOnArrival: ["replyBeforeDurable"],
        .replyToWrongPort: ["replyBeforeDurable"],
        .replyDropped: ["liveness", "hiddenEvent"],
        .heartbeatUnanswered: ["telemetryWaits", "liveness"],
        .gapUntold: ["stuckClient"],
        .slowClientBlocks: ["stuckClient"],
        .clientBufferUnbounded: ["stuckClient"],
        .publishedOnStore: ["replyBeforeDurable"],
        .readDuplicated: [
            "byteConservation", "replyBeforeDurable", "telemetryWaits", "duplicateAlert",
            "hiddenEvent",
        ],
        .byteLostInRead: [
            "byteConservation", "replyBeforeDurable", "telemetryWaits", "hiddenEvent",
            "duplicateAlert",
        ],
        .readsSwapped: [
            "byteConservation", "replyBeforeDurable", "telemetryWaits", "hiddenEvent",
            "duplicateAlert",
        ],
        .pauseIgnored: ["boundedQueues"],
        .skipUncounted: ["byteConservation"],
        .cutMatters: ["chunkInvariance"],
        // A clock that jumps makes a resend look like a new press, and an hour like a day.
        .wallForMonotonic: ["sequenceGap", "duplicateAlert", "silentlyLate", "hiddenEvent"],
    ]

    @Test("No rule is broken, whatever goes wrong around the station")
    func clean() {
        for seed in Self.seeds {
            let report = Scenario(seed: seed).run(steps: Self.steps)
            #expect(report.problems.isEmpty, "seed \(seed), \(Self.steps) steps")
            #expect(
                report.answered + report.forgotten == report.presses, "seed \(seed)")
        }
    }

    @Test("The same seed is the same run, another seed is another")
    func deterministic() {
        for seed in UInt64(1)...10 {
            let first = Scenario(seed: seed).run(steps: Self.steps)
            #expect(Scenario(seed: seed).run(steps: Self.steps) == first)
            #expect(Scenario(seed: seed + 1).run(steps: Self.steps).traceHash != first.traceHash)
        }
    }

    @Test("Runs are not idle: there are presses, resends, restarts and pulled plugs")
    func busy() {
        let reports = (UInt64(1)...30).map { Scenario(seed: $0).run(steps: Self.steps) }
        func sum(_ count: (Report) -> Int) -> Int { reports.map(count).reduce(0, +) }
        #expect(sum(\.presses) > 300)
        #expect(sum(\.resends) > 100)
        #expect(sum(\.restarts) > 20)
        #expect(sum(\.unplugged) > 20)
        #expect(sum(\.events) > sum(\.presses))
    }

    @Test("Every planted bug is found", arguments: PlantedBug.allCases)
    func found(_ bug: PlantedBug) throws {
        for seed in 1...Self.seedsToFind {
            let report = Scenario(seed: seed, planted: bug).run(steps: Self.steps)
            guard let problem = report.problems.first else { continue }
            let rule = String(problem.prefix { $0 != ":" })
            let rules = try #require(Self.rules[bug], "which rule finds \(bug.rawValue)?")
            #expect(rules.contains(rule), "seed \(seed): \(problem)")
            print("\(bug.rawValue) is found with seed \(seed): \(problem)")
            return
        }
        Issue.record("\(bug.rawValue) was not found with \(Self.seedsToFind) seeds")
    }

    @Test("Every rule has a planted bug that it is there for")
    func everyRule() {
        #expect(Set(Self.rules.values.map { $0[0] }) == Set(Rule.allCases.map(\.rawValue)))
    }

    @Test("A run with a problem keeps its last steps in words")
    func trace() {
        let report = Scenario(seed: 1, planted: .publishedOnStore, traceMax: 5).run()
        #expect(!report.problems.isEmpty)
        #expect(report.trace.count == 5)
    }
}
