import AlarmModel
import EventJSON
import HTTPTypes
import Hummingbird
import NIOCore
import StationLedger

/// What people work on, and what they say about it.
extension DeskRoutes {
    func alerts(_ request: Request) async throws -> Response {
        let query = try Query(request, allowed: ["state", "kind", "priority", "port", "limit"])
        let filter = AlertFilter(
            states: try query.set("state") ?? [.open, .acknowledged, .attended],
            kinds: try query.set("kind"), priorities: try query.set("priority"),
            port: query.text("port"))
        let limit = try query.count("limit", max: Limits.alertsPerAnswerMax)
        let found = try await blocking { try source.alerts(filter, limit: limit) }
        var response = Response(json: alertsJSON(found.alerts))
        // The array itself cannot say that it is cut.
        if found.more > 0 { response.headers[.tocsinMore] = String(found.more) }
        return response
    }

    func alert(_ context: DeskContext) async throws -> Response {
        let id = try await alertID(context)
        guard let stored = try await blocking({ try source.alert(id: id) }) else {
            throw notFound(id)
        }
        return Response(json: alertJSON(stored))
    }

    func order(_ request: Request, _ context: DeskContext) async throws -> Response {
        try checkOrigin(request)
        let id = try await alertID(context)
        let name = context.parameters.get("order") ?? ""
        guard let kind = Order.Kind(rawValue: name) else {
            throw DeskError(
                status: .notFound, message: "there is no order \(name)",
                remedy: "use one of \(Order.Kind.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let order = try OrderBody(try await body(of: request)).order(kind)
        switch try await outcome(of: order, on: id) {
        case .done(let alert):
            var stored = try await blocking { try source.alert(id: id) }
            stored?.alert = alert
            return Response(json: alertJSON(stored ?? StoredAlert(alert: alert, events: [id])))
        case .conflict(let alert): return Response(json: conflictJSON(alert), status: .conflict)
        case .notAtHand: throw notFound(id)
        case .unstored:
            let reason = health.reasons.first.map { ": \($0)" } ?? ""
            throw DeskError.unavailable(
                "the order is taken and not stored yet\(reason)",
                remedy: "once the station stores again it counts; look at the alert before you "
                    + "give it again")
        case .busy:
            throw DeskError.unavailable(
                "the station takes no more orders at the moment, or is stopping",
                remedy: "give the order again")
        case .refused(let reason):
            throw DeskError.badRequest(reason, remedy: "GET /v1/alerts/\(id) shows the alert")
        }
    }

    /// Ends all alerts that fit, up to a bound. What is grave is ended one by one, by somebody who
    /// has looked at it.
    func resolveMany(_ request: Request) async throws -> Response {
        try checkOrigin(request)
        let body = try OrderBody(try await body(of: request), forMany: true)
        let mild: Set<Priority> = [.trouble, .information]
        guard body.kinds != nil || body.priorities != nil || body.port != nil else {
            throw DeskError.badRequest(
                "nothing says which alerts",
                remedy: #"send a filter, as {"by":"desk 2","kind":"deviceFault","port":"rx-1"}"#)
        }
        let graveKinds = (body.kinds ?? []).filter { !mild.contains($0.priority) }
        guard body.priorities?.isSubset(of: mild) ?? true, graveKinds.isEmpty else {
            throw DeskError.badRequest(
                "alerts of priority emergency and warning are ended one by one",
                remedy: "use priority trouble or information, and kinds of these")
        }
        let filter = AlertFilter(
            states: [.open, .acknowledged, .attended], kinds: body.kinds,
            priorities: body.priorities ?? mild, port: body.port)
        let graver = AlertFilter(
            states: filter.states, kinds: body.kinds, priorities: [.emergency, .warning],
            port: body.port)
        let found = try await blocking {
            try source.alerts(filter, limit: Limits.alertsPerAnswerMax)
        }
        let left = try await blocking { try source.alerts(graver, limit: 1) }
        let grave = body.priorities == nil ? left.alerts.count + left.more : 0
        let resolved = try await resolve(found.alerts.map(\.alert), by: body.order(.resolve))
        let taken = found.alerts.count - resolved
        return Response(
            json: JSONWriter.text { json in
                json.object { json in
                    json.field("resolved", resolved)
                    json.field("taken", taken)
                    json.field("more", found.more)
                    json.field("grave", grave)
                }
            })
    }

    /// How many of them could be ended: others may have an owner.
    private func resolve(_ alerts: [Alert], by order: Order) async throws -> Int {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            var resolved = 0
            var waiting = 0
            for alert in alerts {
                if waiting >= Limits.ordersAtOnceMax, try await group.next() == true {
                    resolved += 1
                }
                waiting += 1
                group.addTask {
                    var order = order
                    order.version = alert.version
                    if case .done = try await outcome(of: order, on: alert.id) { return true }
                    return false
                }
            }
            for try await isResolved in group where isResolved { resolved += 1 }
            return resolved
        }
    }

    /// Of an alert that the station has not at hand, the ledger knows.
    private func outcome(of order: Order, on id: UUIDv7) async throws -> OrderOutcome {
        let first = await station.carryOut(order, on: id, stored: nil)
        guard case .notAtHand = first,
            let stored = try await blocking({ try source.alert(id: id) })
        else { return first }
        return await station.carryOut(order, on: id, stored: stored.alert)
    }

    private func body(of request: Request) async throws -> ByteBuffer {
        do {
            return try await request.body.collect(upTo: Limits.requestBodyBytesMax)
        } catch is NIOTooManyBytesError {
            throw DeskError(
                status: .contentTooLarge,
                message: "the body has more than \(Limits.requestBodyBytesMax) bytes",
                remedy: OrderBody.form)
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

    /// The id in the address, or the beginning of one that no other alert has, ended ones too: what
    /// a person has read does not come to name another. Those of one message begin alike.
    private func alertID(_ context: DeskContext) async throws -> UUIDv7 {
        let text = context.parameters.get("id") ?? ""
        if let id = UUIDv7(text) { return id }
        guard text.utf8.count >= Limits.alertPrefixMin, let range = UUIDv7.bounds(ofPrefix: text)
        else {
            throw DeskError.badRequest(
                "\(text) is not the id of an alert, nor the beginning of one",
                remedy: "GET /v1/alerts lists them; \(Limits.alertPrefixMin) characters are the "
                    + "least")
        }
        let found = try await blocking {
            try source.alertIDs(in: range, limit: Limits.alertNamesakesMax)
        }
        guard let id = found.first else { throw notFound(text) }
        guard found.count > 1 else { return id }
        let alerts = try await blocking { try found.compactMap { try source.alert(id: $0)?.alert } }
        let names = alerts.map { "\($0.id) (\($0.kind), \($0.state))" }
        throw DeskError.badRequest(
            "several alerts begin with \(text)",
            remedy: "write more of it: \(names.joined(separator: ", "))")
    }

    private func notFound(_ id: some CustomStringConvertible) -> DeskError {
        DeskError(
            status: .notFound, message: "there is no alert \(id)",
            remedy: "GET /v1/alerts?state=open,acknowledged,attended,resolved lists them")
    }
}

extension HTTPField.Name {
    /// How many there are besides what the answer holds.
    static let tocsinMore: HTTPField.Name = {
        guard let name = HTTPField.Name("Tocsin-More") else {
            preconditionFailure("letters and a dash are the name of a header")
        }
        return name
    }()
}
