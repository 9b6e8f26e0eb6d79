import AlarmModel
import HTTPTypes
import Hummingbird

/// What one `GET /v1/events` asks for.
///
///     ?after=16&through=912       begin behind 16, end with 912; without through go on for ever
///     ?kind=sos,fall              only these kinds
///     ?priority=emergency,warning only these priorities
///     ?telemetry=1                positions and check-ins too
///
/// `Last-Event-ID` stands before `after`, because a browser that comes back repeats the address
/// with which it began.
struct StreamRequest: Equatable, Sendable {
    var format: StreamFormat
    /// Nil begins now.
    var after: Sequence?
    /// Ends the answer with this sequence: how a client fetches a gap that it was told of.
    var through: Sequence?
    var filter: StreamFilter

    init(_ request: Request) throws(DeskError) {
        let query = try Query(
            request, allowed: ["after", "through", "kind", "priority", "telemetry"])
        let accept = request.headers[.accept] ?? ""
        format = accept.contains(StreamFormat.lines.contentType) ? .lines : .serverSentEvents
        after = try query.sequence("after")
        let lastEventID = request.headers.first { $0.name.canonicalName == "last-event-id" }
        if let lastEventID {
            after = try Query.sequence(lastEventID.value, named: "Last-Event-ID")
        }
        through = try query.sequence("through")
        guard through == nil || after != nil else {
            throw .badRequest(
                "through has no after", remedy: "say where to begin, as ?after=16&through=912")
        }
        filter = StreamFilter(
            kinds: try query.set("kind"), priorities: try query.set("priority"),
            includesTelemetry: try query.flag("telemetry"))
        let hidden = filter.kinds?.filter(\.isTelemetry) ?? []
        guard filter.includesTelemetry || hidden.isEmpty else {
            throw .badRequest(
                "kind asks for \(joined(hidden)), which is telemetry", remedy: "add telemetry=1")
        }
    }
}
