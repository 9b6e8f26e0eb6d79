import AlarmModel
import Testing

@testable import StationLedger

@Suite("When the log is copied")
struct CheckpointScheduleTests {
    @Test("Beside commits after every thousand pages, while it begins anew in between")
    func beside() {
        var schedule = CheckpointSchedule()
        var steps = 0
        for commit in 1...100 {
            for pages in stride(from: 9, through: 1_008, by: 9) {
                schedule.logGrew(to: pages)
                let step = schedule.begin()
                #expect(step == (pages >= Limits.ledgerCheckpointPages ? .beside : nil))
                if step != nil { steps += 1 }
            }
            #expect(steps == commit)
            #expect(schedule.begin() == nil, "one is under way")
            schedule.ended()
        }
    }

    /// Pages that a commit adds, and commits that go by while a thousand pages are copied.
    @Test(
        "Commits without a pause never have to copy more than a few pages themselves",
        arguments: [(9, 30), (9, 3), (9, 50), (1, 100), (50, 5)])
    func chased(pagesOfCommit: Int, commitsPerThousand: Int) {
        var line = Line(pagesOfCommit: pagesOfCommit, commitsPerThousand: commitsPerThousand)
        for _ in 1...50_000 { line.commit() }
        #expect(line.restarts > 10)
        #expect(line.longest < Limits.ledgerLogPages)
        #expect(line.mostWithin <= Limits.ledgerCommitPages)
    }

    @Test("Commits that outrun the copying fill the log, and one of them copies the rest")
    func outrun() {
        var line = Line(pagesOfCommit: 90, commitsPerThousand: 20)
        for _ in 1...50_000 { line.commit() }
        #expect(line.restarts > 10)
        #expect(line.mostWithin > Limits.ledgerCommitPages)
        #expect(line.longest <= Limits.ledgerLogPages + 20 * 90 * line.mostBeside / 1_000)
    }

    @Test("A log that cannot begin anew is copied within one commit in every thousand pages")
    func reader() {
        var schedule = CheckpointSchedule()
        var within: [Int] = []
        for pages in stride(from: 9, through: 30_000, by: 9) {
            schedule.logGrew(to: pages)
            if let step = schedule.begin() {
                if step == .within { within.append(pages) }
                schedule.ended()
            }
        }
        #expect(within.count > 20)
        for (one, next) in zip(within, within.dropFirst()) {
            #expect(next - one >= Limits.ledgerCheckpointPages)
        }
    }
}

/// A log to which commits are added without a pause, and whose copying takes as long as it has
/// pages.
private struct Line {
    let pagesOfCommit: Int
    let commitsPerThousand: Int
    var schedule = CheckpointSchedule()
    var pages = 0
    var copied = 0
    /// Where the log ended when the copying that is under way began, and commits until it ends.
    var copying: (end: Int, commitsLeft: Int)?
    var restarts = 0
    var longest = 0
    var mostWithin = 0
    var mostBeside = 0

    mutating func commit() {
        if copied == pages, pages > 0 {
            (pages, copied) = (0, 0)
            restarts += 1
        }
        pages += pagesOfCommit
        longest = max(longest, pages)
        schedule.logGrew(to: pages)
        switch schedule.begin() {
        case .within:
            mostWithin = max(mostWithin, pages - copied)
            copied = pages
            schedule.ended()
        case .beside:
            mostBeside = max(mostBeside, pages - copied)
            copying = (pages, (pages - copied) * commitsPerThousand / 1_000)
        case nil: break
        }
        guard let (end, commitsLeft) = copying else { return }
        if commitsLeft > 0 { return copying = (end, commitsLeft - 1) }
        copied = end
        copying = nil
        schedule.ended()
    }
}
