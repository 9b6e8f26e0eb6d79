import AlarmModel
import EventJSON
import HTTPTypes
import Hummingbird
import Logging
import NIOPosix
import StationLedger

/// Every address of the desk and what it answers.
struct DeskRoutes: Sendable {
    let source: any EventSource
    let feed: EventFeed
    let station: any StationView
    let logger: Logger

    private static let index = """
        Tocsin, the daemon of an alarm station.

        GET  /v1/events                    the stream of records; text/event-stream, or JSON lines
                                           with Accept: application/x-ndjson
             ?after=16                     begin behind this sequence; 0 is everything; without it
                                           the stream begins now
             ?after=16&through=912         these and no more: how to fetch a gap
             ?kind=sos,fall                only events of these kinds
             ?priority=emergency,warning   only events of these priorities
             ?changes=0                    no changes of alerts
             ?telemetry=1                  positions and check-ins too
             ?alive=5                      say every 5 s that the stream lives
        GET  /v1/ports                     how each port is doing
        GET  /v1/alerts                    the alerts that nobody has ended: the gravest first, open
                                           before taken, the oldest first
             ?state=open,acknowledged,attended,resolved
             ?kind= ?priority= ?port=      only these
             ?limit=100                    Tocsin-More: how many there are besides
        GET  /v1/alerts/{id}               one alert
        POST /v1/alerts/{id}/acknowledge   take it; {"by":"desk 2","version":7} is optional
             .../release                   give it back
             .../takeover                  take it from its owner
             .../park                      put it aside: {"until":"2026-11-21T09:25:58Z"}
             .../note                      {"note":"..."}
             .../attend                    somebody is on the way: {"responder":"...","stage":"..."}
             .../resolve                   end it: {"outcome":"help"}
        POST /v1/alerts/resolve            end all that fit, but nothing grave:
                                           {"by":"desk 2","kind":"deviceFault","port":"receiver-1"}
        GET  /v1/capture                   the bytes of the ports as pcapng, until it is ended
             ?port=receiver-1              only of this port
        GET  /healthz                      200 when ok or degraded, 503 when critical
        GET  /metrics                      for Prometheus

        """

    func router() -> Router<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self)
        router.add(middleware: ErrorAnswers(logger: logger))
        router.get("/") { _, _ in Response(text: Self.index) }
        router.get("/v1/events") { request, _ in try await events(request) }
        router.get("/v1/ports") { _, _ in Response(json: portsJSON(station.ports)) }
        router.get("/v1/alerts") { request, _ in try await alerts(request) }
        router.get("/v1/alerts/:id") { _, context in try await alert(context) }
        router.post("/v1/alerts/resolve") { request, _ in try await resolveMany(request) }
        router.post("/v1/alerts/:id/:order") { request, context in
            try await order(request, context)
        }
        router.get("/v1/capture") { request, _ in try capture(request) }
        router.get("/healthz") { _, _ in health() }
        router.get("/metrics") { _, _ in metrics() }
        return router
    }

    // MARK: stream

    private func events(_ request: Request) async throws -> Response {
        let asked = try StreamRequest(request)
        let stream = EventStream(source: source, format: asked.format)
        let last = try await blocking { try source.lastSequence() }
        let start = try asked.start(in: source.epoch, last: last)
        if let through = asked.through {
            let after: Sequence = if case .after(let after) = start { after } else { 0 }
            return streamed(asked.format) { writer in
                try await stream.write(after: after, through: through, asked.filter, to: &writer)
            }
        }
        let subscription = try subscribe(start, asked.filter)
        let gap = start == .otherLedger && last > 0 ? Sequence(1)...last : nil
        return streamed(asked.format) { writer in
            // A client that goes away frees its place at once, not at the next keep-alive.
            try await request.body.consumeWithCancellationOnInboundClose { _ in
                let saying = asked.alive.map { span in
                    Task { await EventStream.keepSaying(every: span, subscription) }
                }
                defer { saying?.cancel() }
                try await stream.write(subscription, gap: gap, to: &writer)
            }
        }
    }

    private func subscribe(
        _ start: StreamRequest.Start, _ filter: StreamFilter
    ) throws(DeskError) -> EventSubscription {
        let after: Sequence? =
            switch start {
            case .now: nil
            case .after(let sequence): sequence
            case .otherLedger: 0
            }
        do {
            return try feed.subscribe(after: after, filter: filter)
        } catch {
            switch error {
            case .full:
                throw .unavailable(
                    "the stream has \(Limits.streamClientsMax) clients, which is the most",
                    remedy: "end one that is not needed, and try again")
            case .closed:
                throw .unavailable(
                    "the station is stopping", remedy: "try again when it has started")
            }
        }
    }

    private func streamed(
        _ format: StreamFormat,
        _ write: @escaping @Sendable (inout any ResponseBodyWriter) async throws -> Void
    ) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: format.contentType, .cacheControl: "no-store"],
            body: ResponseBody { writer in
                try await write(&writer)
                try await writer.finish(nil)
            })
    }

    // MARK: health

    private func health() -> Response {
        let health = station.health
        return Response(
            json: healthJSON(health),
            status: health.state == .critical ? .serviceUnavailable : .ok)
    }

    private func metrics() -> Response {
        let families = deskMetrics(ports: station.ports, health: station.health, feed: feed.counts)
        return Response(
            text: prometheusText(families + station.metrics),
            contentType: "text/plain; version=0.0.4; charset=utf-8")
    }
}

/// Runs `body`, which may wait for the disk, where it keeps nobody else waiting.
func blocking<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
) async throws -> Value {
    try await NIOThreadPool.singleton.runIfActive(body)
}
