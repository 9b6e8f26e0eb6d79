import AlarmModel
import HTTPTypes
import Hummingbird

/// What one `GET /v1/events` asks for.
///
///     ?after=16&through=912       begin behind 16, end with 912; without through go on for ever
///     ?kind=sos,fall              only these kinds
///     ?priority=emergency,warning only these priorities
///     ?changes=0                  no changes of alerts
///     ?telemetry=1                positions and check-ins too
///     ?alive=5                    say every 5 s that the stream lives
///
/// `Last-Event-ID` stands before `after`, because a browser that comes back repeats the address
/// with which it began.
struct StreamRequest: Equatable, Sendable {
    /// Where the stream begins.
    enum Start: Equatable, Sendable {
        case now
        case after(Sequence)
        /// A place in another ledger: everything that the client has is of that one.
        case otherLedger
    }

    var format: StreamFormat
    private var place: Place?
    /// Ends the answer with this sequence: how a client fetches a gap that it was told of.
    var through: Sequence?
    var filter: StreamFilter
    /// How often the client wants to be told that the stream lives.
    var alive: TimeSpan?

    /// A place as the client named it.
    private struct Place: Equatable {
        /// Nil where it is a bare number.
        var epoch: Substring?
        /// Nil where it is no place in any ledger of ours.
        var sequence: Sequence?
    }

    init(_ request: Request) throws(DeskError) {
        let query = try Query(
            request,
            allowed: ["after", "through", "kind", "priority", "changes", "telemetry", "alive"])
        let accept = request.headers[.accept] ?? ""
        format = accept.contains(StreamFormat.lines.contentType) ? .lines : .serverSentEvents
        place = try Self.place(request, query)
        through = try query.sequence("through")
        guard through == nil || place != nil else {
            throw .badRequest(
                "through has no after", remedy: "say where to begin, as ?after=16&through=912")
        }
        filter = StreamFilter(
            kinds: try query.set("kind"), priorities: try query.set("priority"),
            includesTelemetry: try query.flag("telemetry"),
            includesChanges: try query.flag("changes", absent: true))
        let hidden = filter.kinds?.filter(\.isTelemetry) ?? []
        guard filter.includesTelemetry || hidden.isEmpty else {
            throw .badRequest(
                "kind asks for \(joined(hidden)), which is telemetry", remedy: "add telemetry=1")
        }
        if query.text("alive") != nil {
            alive = .seconds(Int64(try query.count("alive", max: Limits.aliveSecondsMax)))
        }
    }

    private static func place(
        _ request: Request, _ query: Query
    ) throws(DeskError) -> Place? {
        if let header = request.headers.first(where: {
            $0.name.canonicalName == "last-event-id"
        }) {
            // An EventSource that is refused is dead for good: it is never told that its id is bad.
            let parts = header.value.split(separator: "-", omittingEmptySubsequences: false)
            let number = parts.count == 2 ? Int64(parts[1]) : nil
            return Place(epoch: parts.first, sequence: number.map { Sequence(rawValue: $0) })
        }
        guard let text = query.text("after") else { return nil }
        guard let dash = text.lastIndex(of: "-"), dash > text.startIndex else {
            return Place(sequence: try Query.sequence(text, named: "after"))
        }
        let number = String(text[text.index(after: dash)...])
        return Place(epoch: text[..<dash], sequence: try Query.sequence(number, named: "after"))
    }

    /// Where to begin in this ledger.
    ///
    /// - Parameter last: its newest sequence.
    func start(in epoch: String, last: Sequence) throws(DeskError) -> Start {
        guard let place else { return .now }
        guard let named = place.epoch else {
            // A sequence that the ledger has not reached belongs to another one. Waiting until it
            // gets there would hide every event until then.
            guard let sequence = place.sequence, sequence <= last else {
                throw .badRequest(
                    "there is no record \(place.sequence?.description ?? "like that"), the newest "
                        + "is \(last)",
                    remedy: "the ledger is another one than before; begin again with ?after=0")
            }
            return .after(sequence)
        }
        guard named == epoch, let sequence = place.sequence, sequence >= 0, sequence <= last
        else { return .otherLedger }
        return .after(sequence)
    }
}
