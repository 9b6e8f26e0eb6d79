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
    let addresses: DeskAddresses
    let logger: Logger

    typealias Answer = @Sendable (Request, DeskContext) async throws -> Response

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
                                           A stream whose body ends as HTTP has it ends because
                                           the station stops; one that is cut does not
        GET  /v1/ports                     how each port is doing
        GET  /v1/devices                   the devices that were heard since the start, the newest
                                           first; ?order=silent: the longest silent first
             ?limit=100                    Tocsin-More: how many there are besides
        GET  /v1/addresses                 how each address of the desk is doing
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

    /// What is answered where, by method. Who may ask for something may ask for its head.
    private var pages: [(path: RouterPath, answers: [HTTPRequest.Method: Answer])] {
        [
            ("/", [.get: { _, _ in Response(text: Self.index) }]),
            ("/v1/events", [.get: { try await events($0, $1) }]),
            ("/v1/ports", [.get: { _, _ in Response(json: portsJSON(station.ports)) }]),
            ("/v1/devices", [.get: { request, _ in try await devices(request) }]),
            ("/v1/addresses", [.get: { _, _ in Response(json: addressesJSON(addresses.all)) }]),
            ("/v1/alerts", [.get: { request, _ in try await alerts(request) }]),
            ("/v1/alerts/:id", [.get: { _, context in try await alert(context) }]),
            ("/v1/alerts/resolve", [.post: { request, _ in try await resolveMany(request) }]),
            ("/v1/alerts/:id/:order", [.post: { try await order($0, $1) }]),
            ("/v1/capture", [.get: { request, _ in try capture(request) }]),
            ("/healthz", [.get: { _, _ in healthz() }]),
            ("/metrics", [.get: { _, _ in metrics() }]),
        ]
    }

    /// Methods that HTTP has; what else is asked for, it leaves open.
    private static let methods: [HTTPRequest.Method] = [
        .get, .head, .post, .put, .delete, .patch, .options, .trace, .connect,
    ]

    func router() -> Router<DeskContext> {
        let router = Router(context: DeskContext.self)
        router.add(middleware: ErrorAnswers(logger: logger))
        for (path, answers) in pages {
            var answers = answers
            answers[.head] = answers[.get]
            let allowed = Self.methods.filter { $0 == .options || answers[$0] != nil }
            answers[.options] = { _, _ in Response(allowing: allowed) }
            for method in Self.methods {
                let refuse: Answer = { request, _ in
                    throw DeskError.wrongMethod(request, allowed: allowed)
                }
                router.on(path, method: method, use: answers[method] ?? refuse)
            }
        }
        return router
    }

    // MARK: stream

    private func events(
        _ request: Request, _ context: DeskContext
    ) async throws -> Response {
        let asked = try StreamRequest(request)
        let stream = EventStream(source: source, format: asked.format)
        let last = try await blocking { try source.lastSequence() }
        let start = try asked.start(in: source.epoch, last: last)
        if let through = asked.through {
            if request.method == .head { return streamed(asked.format) { _ in } }
            let after: Sequence = if case .after(let after) = start { after } else { 0 }
            return streamed(asked.format) { writer in
                try await stream.write(after: after, through: through, asked.filter, to: &writer)
            }
        }
        // Asked before the subscription begins: what is published in between comes again.
        let place = start.place ?? feed.published
        if request.method == .head { return streamed(asked.format, from: place) { _ in } }
        let subscription = try subscribe(start, asked.filter, isOnSocket: context.isOnSocket)
        let gap = start == .otherLedger && last > 0 ? Sequence(1)...last : nil
        return streamed(asked.format, from: place) { writer in
            // A client that goes away frees its place at once, not at the next keep-alive.
            try await request.body.consumeWithCancellationOnInboundClose { _ in
                let saying = asked.alive.map { span in
                    Task { await EventStream.keepSaying(every: span, subscription) }
                }
                defer { saying?.cancel() }
                try await stream.write(
                    subscription, gap: gap, to: &writer, on: context.channel)
            }
        }
    }

    private func subscribe(
        _ start: StreamRequest.Start, _ filter: StreamFilter, isOnSocket: Bool
    ) throws(DeskError) -> EventSubscription {
        do {
            return try feed.subscribe(after: start.place, filter: filter, isOnSocket: isOnSocket)
        } catch {
            switch error {
            case .full:
                throw .unavailable(
                    "the stream has \(Limits.streamClientsMax) clients, which is the most",
                    remedy:
                        "end one that is not needed, or come over the socket of the desk, where "
                        + "places are kept")
            case .closed:
                throw .unavailable(
                    "the station is stopping", remedy: "try again when it has started")
            }
        }
    }

    /// - Parameter place: where the stream begins: with it a client that was cut off before its
    ///   first record comes back to where it was.
    private func streamed(
        _ format: StreamFormat, from place: Sequence? = nil,
        _ write: @escaping @Sendable (inout any ResponseBodyWriter) async throws -> Void
    ) -> Response {
        var headers: HTTPFields = [.contentType: format.contentType, .cacheControl: "no-store"]
        if let place { headers[.tocsinPlace] = "\(source.epoch)-\(place)" }
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody { writer in
                try await write(&writer)
                try await writer.finish(nil)
            })
    }

    // MARK: devices

    private func devices(_ request: Request) async throws -> Response {
        let query = try Query(request, allowed: ["order", "limit"])
        let order = query.text("order") ?? "newest"
        guard ["newest", "silent"].contains(order) else {
            throw DeskError.badRequest(
                "order=\(order) is not known", remedy: "use newest or silent")
        }
        let limit = try query.count("limit", max: Limits.devicesPerAnswerMax)
        guard let found = await station.devices(silentFirst: order == "silent", limit: limit)
        else {
            throw DeskError.unavailable(
                "the station has too much to do", remedy: "ask again in a second")
        }
        var response = Response(json: devicesJSON(found.devices))
        if found.more > 0 { response.headers[.tocsinMore] = String(found.more) }
        return response
    }

    // MARK: health

    /// Of the station and of the desk.
    var health: StationHealth { addresses.adding(to: station.health) }

    private func healthz() -> Response {
        let health = health
        return Response(
            json: healthJSON(health),
            status: health.state == .critical ? .serviceUnavailable : .ok)
    }

    private func metrics() -> Response {
        let families = deskMetrics(
            ports: station.ports, addresses: addresses.all, health: health, feed: feed.counts)
        return Response(
            text: prometheusText(families + station.metrics),
            contentType: "text/plain; version=0.0.4; charset=utf-8")
    }
}

extension StreamRequest.Start {
    /// Behind which record it is; nil where that is the present.
    fileprivate var place: Sequence? {
        switch self {
        case .now: nil
        case .after(let sequence): sequence
        case .otherLedger: 0
        }
    }
}

extension HTTPField.Name {
    /// The epoch and the sequence behind which a stream begins.
    fileprivate static let tocsinPlace: HTTPField.Name = {
        guard let name = HTTPField.Name("Tocsin-Place") else {
            preconditionFailure("letters and a dash are the name of a header")
        }
        return name
    }()
}

/// Runs `body`, which may wait for the disk, where it keeps nobody else waiting.
func blocking<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
) async throws -> Value {
    try await NIOThreadPool.singleton.runIfActive(body)
}
