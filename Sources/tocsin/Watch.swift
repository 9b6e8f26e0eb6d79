import AlarmModel
import ArgumentParser
import Foundation
import OperatorDesk

/// `tocsin watch`: the live stream for a person. It goes on until it is ended, whatever happens to
/// the station, and is never quiet about not seeing it.
struct Watch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows events as they come.",
        discussion: """
            When the station is lost, that is said on standard error again and again, and what \
            came meanwhile is shown when it is back.
            """)

    @OptionGroup var desk: DeskOptions

    @Option(help: "Begin behind this sequence; 0 shows everything.")
    var after: Int64?

    @Option(help: "Only these kinds, with commas: sos,fall")
    var kind: String?

    @Option(help: "Only these priorities, with commas: emergency,warning")
    var priority: String?

    @Flag(help: "Positions and check-ins too.")
    var telemetry = false

    @Flag(inversion: .prefixedNo, help: "Colours by priority; the default on a terminal.")
    var colour: Bool?

    func run() async throws {
        let painter = EventPainter(isColoured: colour ?? (isatty(1) == 1), width: Terminal.width)
        var link = WatchLink()
        // The first time, whoever watches is there to read what is wrong.
        while true {
            let reason: String
            do {
                try await stream(&link, painter)
                reason = "it ended the stream"
            } catch let error as StreamClientError where link.outlasts(error) {
                reason = error.description
            }
            link.lost(because: reason)
            try await link.rest()
        }
    }

    private func stream(_ link: inout WatchLink, _ painter: EventPainter) async throws {
        // A closure that waits cannot change what it was lent.
        let state = LinkBox(link)
        defer { link = state.link }
        try await desk.client().events(
            target, behind: link.place, silence: Limits.watchSilence,
            begun: { place in state.link.found(at: place) },
            each: { event in
                if event.name != "alive" { try show(event, painter) }
                if let id = event.id { state.link.reached(id) }
            })
    }

    private var target: String {
        let alive = max(1, Limits.watchSilence.microseconds / 3_000_000)
        var parameters = ["alive=\(alive)"]
        if let after { parameters.append("after=\(after)") }
        if let kind { parameters.append("kind=\(encoded(kind))") }
        if let priority { parameters.append("priority=\(encoded(priority))") }
        if telemetry { parameters.append("telemetry=1") }
        return "/v1/events?" + parameters.joined(separator: "&")
    }

    private func show(_ event: StreamClient.StreamEvent, _ painter: EventPainter) throws {
        if desk.json { return Terminal.say(json: event.data) }
        let form = try decodeJSON(EventForm.self, Array(event.data.utf8))
        Terminal.say(painted: painter.lines(form))
    }
}

private final class LinkBox {
    var link: WatchLink

    init(_ link: WatchLink) { self.link = link }
}

/// Whether the station is seen, and where in its records the watcher is.
struct WatchLink {
    /// The id behind which the stream goes on: epoch and sequence.
    private(set) var place: String?
    private var hasBegun = false
    private var lostAt: ContinuousClock.Instant?
    private var remindedAt: ContinuousClock.Instant?
    private var pause = WatchLink.firstPause
    private static let firstPause = TimeSpan.milliseconds(250)

    /// The desk gives the stream.
    mutating func found(at place: String?) {
        if let lostAt {
            Terminal.alarm(
                "tocsin: \(localTime()) the station is back after "
                    + "\((ContinuousClock.now - lostAt).components.seconds) s; what came meanwhile "
                    + "follows")
            if let old = self.place, let place, epoch(of: old) != epoch(of: place) {
                Terminal.complain("tocsin: its ledger is another one: all that it holds follows")
            }
        }
        hasBegun = true
        lostAt = nil
        pause = Self.firstPause
        // Of another ledger, or the first: where the stream begins is as far as was seen.
        if let place { self.place = place }
    }

    mutating func reached(_ place: String) { self.place = place }

    /// What ends by itself; a question that the desk will never answer does not.
    func outlasts(_ error: StreamClientError) -> Bool {
        guard hasBegun else { return false }
        if case .refused(let answer) = error { return answer.status >= 500 }
        return true
    }

    mutating func lost(because reason: String) {
        let now = ContinuousClock.now
        if let lostAt {
            guard let last = remindedAt, now - last >= Self.duration(Limits.watchReminder) else {
                return
            }
            Terminal.alarm(
                "tocsin: \(localTime()) STILL NO STATION for "
                    + "\((now - lostAt).components.seconds) s: \(reason)")
        } else {
            lostAt = now
            Terminal.alarm(
                "tocsin: \(localTime()) LOST THE STATION: \(reason); no alarm is shown until it "
                    + "is back")
        }
        remindedAt = now
    }

    /// Waits before the next attempt, longer each time.
    mutating func rest() async throws {
        try await Task.sleep(for: Self.duration(pause))
        pause = min(
            TimeSpan(microseconds: pause.microseconds * 2), Limits.watchRetryMax)
    }

    private static func duration(_ span: TimeSpan) -> Duration {
        .microseconds(span.microseconds)
    }

    private func epoch(of place: String) -> Substring { place.prefix { $0 != "-" } }
}
