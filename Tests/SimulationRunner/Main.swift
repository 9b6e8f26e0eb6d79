import ArgumentParser
import Simulation

/// `simulate`: one run of the simulated station for each seed, until all are clean or one is not.
@main
struct SimulationRunner: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Runs the station under simulated faults.")

    @Option(help: "How many seeds to run.")
    var seeds: UInt64 = 1_000

    @Option(help: "The first of them.")
    var first: UInt64 = 1

    @Option(help: "Steps with faults in each run; the calm at its end is not counted.")
    var steps = Scenario.stepsDefault

    @Option(help: "A defect to plant in a fake: the checkers should find it.")
    var planted: PlantedBug?

    @Option(help: "How many of the last steps to show of a run with a problem.")
    var trace = 40

    func run() throws {
        let clock = ContinuousClock()
        let start = clock.now
        var steps = 0
        var presses = 0
        for index in 0..<seeds {
            let report = Scenario(seed: first &+ index, planted: planted).run(steps: self.steps)
            steps += report.steps
            presses += report.presses
            guard report.problems.isEmpty else {
                explain(report)
                throw ExitCode.failure
            }
            if (index + 1) % 1_000 == 0 {
                let perSecond = Double(index + 1) / ((clock.now - start) / .seconds(1))
                print("\(index + 1) seeds, \(Int(perSecond)) seeds/s")
            }
        }
        print("\(seeds) seeds, \(steps) steps, \(presses) presses, 0 problems")
    }

    /// The same run once more, with its last steps in words.
    private func explain(_ report: Report) {
        let scenario = Scenario(seed: report.seed, planted: planted, traceMax: trace)
        let traced = scenario.run(steps: steps)
        for line in traced.trace { print(line) }
        print("seed \(report.seed):")
        for problem in report.problems { print("  \(problem)") }
        let bug = planted.map { " --planted \($0.rawValue)" } ?? ""
        print("again: simulate --seeds 1 --first \(report.seed) --steps \(steps)\(bug)")
    }
}

extension PlantedBug: ExpressibleByArgument {}
