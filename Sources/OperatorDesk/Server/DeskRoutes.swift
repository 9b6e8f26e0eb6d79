import AlarmModel
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import StationLedger

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Every address of the desk and what it answers.
struct DeskRoutes: Sendable {
    let source: any EventSource
    let feed: EventFeed
    let station: any StationView
    let logger: Logger

    private static let index = """
        Tocsin, the daemon of an alarm station.

        GET  /v1/events                    the stream of events; text/event-stream, or JSON lines
                                           with Accept: application/x-ndjson
             ?after=16                     begin behind this sequence; 0 is everything; without it
                                           the stream begins now
             ?after=16&through=912         these and no more: how to fetch a gap
             ?kind=sos,fall                only these kinds
             ?priority=emergency,warning   only these priorities
             ?telemetry=1                  positions and check-ins too
        GET  /v1/ports                     how each port is doing
        GET  /v1/alerts                    the alerts that nobody has ended
             ?state=open,acknowledged,resolved
             ?limit=100                    the last opened; Tocsin-More: true when there are more
        GET  /v1/alerts/{id}               one alert
        POST /v1/alerts/{id}/acknowledge   take it; {"by":"desk 2"} is optional
        POST /v1/alerts/{id}/resolve       end it; the same
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
        router.post("/v1/alerts/:id/acknowledge") { request, context in
            try await command(request, context) { id, order in
                await station.acknowledge(id, by: order.by)
            }
        }
        router.post("/v1/alerts/:id/resolve") { request, context in
            try await command(request, context) { id, order in
                await station.resolve(id, by: order.by)
            }
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
        if let after = asked.after { try await checkReached(after) }
        if let after = asked.after, let through = asked.through {
            return streamed(asked.format) { writer in
                try await stream.write(after: after, through: through, asked.filter, to: &writer)
            }
        }
        let subscription = try subscribe(asked)
        return streamed(asked.format) { writer in
            // A client that goes away frees its place at once, not at the next keep-alive.
            try await request.body.consumeWithCancellationOnInboundClose { _ in
                try await stream.write(subscription, to: &writer)
            }
        }
    }

    /// A sequence that the ledger has not reached belongs to another ledger. Waiting until it gets
    /// there would hide every event until then.
    private func checkReached(_ after: Sequence) async throws {
        let last = try await blocking { try source.lastSequence() }
        guard after > last else { return }
        throw DeskError.badRequest(
            "there is no event \(after), the newest is \(last)",
            remedy: "the ledger is another one than before; begin again with ?after=0")
    }

    private func subscribe(_ asked: StreamRequest) throws(DeskError) -> EventSubscription {
        do {
            return try feed.subscribe(after: asked.after, filter: asked.filter)
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

    // MARK: alerts

    private func alerts(_ request: Request) async throws -> Response {
        let query = try Query(request, allowed: ["state", "limit"])
        let states: Set<Alert.State> = try query.set("state") ?? [.open, .acknowledged]
        let limit = try query.count("limit", max: Limits.alertsPerAnswerMax)
        let alerts = try await blocking { try source.alerts(states: states, limit: limit + 1) }
        var response = Response(json: alertsJSON(alerts.prefix(limit)))
        // The array itself cannot say that it is cut.
        if alerts.count > limit, let more = HTTPField.Name("Tocsin-More") {
            response.headers[more] = "true"
        }
        return response
    }

    private func alert(_ context: BasicRequestContext) async throws -> Response {
        let id = try alertID(context)
        guard let stored = try await blocking({ try source.alert(id: id) }) else {
            throw notFound(id)
        }
        return Response(json: alertJSON(stored.alert, events: stored.events))
    }

    /// What an operator says with an order: which desk gives it. A field that nobody keeps is an
    /// error, because what was written in it would be gone in silence.
    private struct Order: Sendable {
        var by: String?

        init(_ body: ByteBuffer) throws {
            guard body.readableBytes > 0 else { return }
            let fields = try JSONDecoder().decode(
                [String: String].self, from: Data(body.readableBytesView))
            guard fields.keys.allSatisfy({ $0 == "by" }) else {
                throw DeskError.badRequest(
                    "an order has the field by and no other", remedy: Self.form)
            }
            // It goes into the journal, where a line end would begin a line of somebody else's.
            let isName = { (scalar: Unicode.Scalar) in scalar.properties.generalCategory != .control
            }
            guard let name = fields["by"] else { return }
            guard name.unicodeScalars.count <= Limits.deskNameMax,
                name.unicodeScalars.allSatisfy(isName)
            else {
                throw DeskError.badRequest(
                    "by is longer than \(Limits.deskNameMax) characters, or not one line",
                    remedy: Self.form)
            }
            by = name
        }

        static let form = #"send {"by":"desk 2"}, or nothing"#
    }

    private func command(
        _ request: Request, _ context: BasicRequestContext,
        _ perform: (UUIDv7, Order) async -> CommandOutcome
    ) async throws -> Response {
        try checkOrigin(request)
        let id = try alertID(context)
        switch await perform(id, try await order(request)) {
        case .done(let alert):
            let stored = try await blocking { try source.alert(id: id) }
            return Response(json: alertJSON(alert, events: stored?.events))
        case .notFound: throw notFound(id)
        case .refused(let reason):
            throw DeskError(
                status: .conflict, message: reason, remedy: "GET /v1/alerts/\(id) shows the alert")
        }
    }

    /// A page of another site must not end an alarm through the operator's browser.
    private func checkOrigin(_ request: Request) throws(DeskError) {
        guard let origin = request.headers[.origin] else { return }
        let host = request.head.authority ?? ""
        guard origin != "http://\(host)", origin != "https://\(host)" else { return }
        throw DeskError(
            status: .forbidden, message: "the order comes from a page of \(origin)",
            remedy: "give it from the desk itself, or from the command line")
    }

    private func order(_ request: Request) async throws -> Order {
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: Limits.requestBodyBytesMax)
        } catch is NIOTooManyBytesError {
            throw DeskError(
                status: .contentTooLarge,
                message: "the body has more than \(Limits.requestBodyBytesMax) bytes",
                remedy: Order.form)
        }
        do {
            return try Order(body)
        } catch let error as DeskError {
            throw error
        } catch {
            throw DeskError.badRequest(
                "the body is not the JSON of an order", remedy: Order.form)
        }
    }

    private func alertID(_ context: BasicRequestContext) throws(DeskError) -> UUIDv7 {
        let text = context.parameters.get("id") ?? ""
        guard let id = UUIDv7(text) else {
            throw .badRequest(
                "\(text) is not the id of an alert", remedy: "GET /v1/alerts lists them")
        }
        return id
    }

    private func notFound(_ id: UUIDv7) -> DeskError {
        DeskError(
            status: .notFound, message: "there is no alert \(id)",
            remedy: "GET /v1/alerts?state=open,acknowledged,resolved lists them")
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
