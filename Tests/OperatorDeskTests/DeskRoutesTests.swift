import AlarmModel
import EventJSON
import StationLedger
import Testing

@testable import OperatorDesk

@Suite("The routes of the desk", .serialized, .timeLimit(.minutes(1)))
struct DeskRoutesTests {
    private func storedAlert(_ number: Int64, _ state: Alert.State) -> StoredAlert {
        var alert = Alert(openedBy: makeEvent(number))
        alert.state = state
        return StoredAlert(alert: alert, events: [alert.id])
    }

    private func answer(
        _ desk: RunningDesk, _ target: String
    ) async throws -> (status: Int, body: String) {
        let answer = try await StreamClient(desk.tcp).get(target)
        return (answer.status, text(answer.body))
    }

    @Test("The first page lists every route")
    func index() async throws {
        try await withDesk { desk in
            let answer = try await answer(desk, "/")
            #expect(answer.status == 200)
            for route in [
                "/v1/events", "/v1/ports", "/v1/devices", "/v1/addresses", "/v1/alerts", "/healthz",
                "/metrics",
            ] {
                #expect(answer.body.contains(route))
            }
        }
    }

    @Test("Ports are shown as the station sees them")
    func ports() async throws {
        try await withDesk { desk in
            let port = PortStatus(name: "a", protocolID: "tap", state: .absent)
            desk.station.state.withLock { $0.ports = [port] }
            let answer = try await answer(desk, "/v1/ports")
            #expect(answer == (200, text(portsJSON([port]))))
        }
    }

    @Test("Devices are the newest or the longest silent, and how many are left out is said")
    func devices() async throws {
        try await withDesk { desk in
            let wire = Wire("port", portName: "a")
            let devices = (1...3).map { number in
                DeviceState(
                    Origin("tap", Caller(ShortText(decimal: number)), on: wire.id, .port),
                    lastHeard: Moment(
                        wall: WallTime(microseconds: 1_800_000_000_000_000),
                        monotonic: MonotonicTime(microseconds: 1)), wire: wire)
            }
            desk.station.state.withLock { $0.devices = devices }
            #expect(try await answer(desk, "/v1/devices") == (200, text(devicesJSON(devices))))
            let silent = try await StreamClient(desk.tcp).get("/v1/devices?order=silent&limit=2")
            #expect(text(silent.body) == text(devicesJSON([devices[2], devices[1]])))
            #expect(silent.headers["tocsin-more"] == "1")
            #expect(
                text(silent.body).hasPrefix(
                    """
                    [{"protocol":"tap","address":"3","port":"port","portName":"a",\
                    "lastHeardAt":"2027-01-15T08:00:00.000000Z"},
                    """))
            #expect(try await answer(desk, "/v1/devices?order=loud").status == 400)
            #expect(try await answer(desk, "/v1/devices?limit=0").status == 400)
            desk.station.state.withLock { $0.devices = nil }
            #expect(try await answer(desk, "/v1/devices").status == 503)
        }
    }

    @Test("A capture is what the station gives, of a port that there is")
    func capture() async throws {
        try await withDesk { desk in
            let port = PortStatus(name: "a", protocolID: "tap", state: .absent)
            desk.station.state.withLock { $0.ports = [port] }
            #expect(try await answer(desk, "/v1/capture?port=a") == (200, "capture of a"))
            #expect(try await answer(desk, "/v1/capture") == (200, "capture of all"))
            let unknown = try await answer(desk, "/v1/capture?port=b")
            #expect(unknown.status == 400 && unknown.body.contains("use one of a"))
        }
    }

    @Test("Alerts are the ongoing ones unless states are asked for")
    func alerts() async throws {
        try await withDesk { desk in
            let all = [
                storedAlert(1, .open), storedAlert(2, .acknowledged), storedAlert(3, .resolved),
            ]
            desk.ledger.state.withLock { $0.alerts = all }
            let ongoing = try await answer(desk, "/v1/alerts")
            #expect(ongoing == (200, text(alertsJSON(all[0...1]))))
            let resolved = try await answer(desk, "/v1/alerts?state=resolved")
            #expect(resolved == (200, text(alertsJSON(all[2...2]))))
            let every = try await answer(desk, "/v1/alerts?state=open,acknowledged,resolved")
            #expect(every == (200, text(alertsJSON(all))))
            let here = try await answer(desk, "/v1/alerts?port=receiver-1&kind=sos")
            #expect(here == (200, text(alertsJSON(all[0...1]))))
            let elsewhere = try await answer(desk, "/v1/alerts?port=other")
            #expect(elsewhere == (200, "[]"))
            #expect(try await answer(desk, "/v1/alerts?state=done").status == 400)
            #expect(try await answer(desk, "/v1/alerts?limit=0").status == 400)
            #expect(try await answer(desk, "/v1/alerts?kind=sos&kind=fall").status == 400)
        }
    }

    @Test("An answer that does not hold all alerts says how many are left out")
    func moreAlerts() async throws {
        try await withDesk { desk in
            desk.ledger.state.withLock {
                $0.alerts = [storedAlert(1, .open), storedAlert(2, .open)]
            }
            for (limit, more) in [(1, "Tocsin-More: 1"), (2, nil)] {
                try await RawConnection.open(desk.tcp) { connection in
                    let head = try await connection.get("/v1/alerts?limit=\(limit)")
                    #expect(head.contains(more ?? "Tocsin-More") == (more != nil))
                }
            }
        }
    }

    @Test("One alert is found by its id, and a wrong id is told from an unknown one")
    func alert() async throws {
        try await withDesk { desk in
            let stored = storedAlert(1, .open)
            desk.ledger.state.withLock { $0.alerts = [stored] }
            let found = try await answer(desk, "/v1/alerts/\(eventID(1))")
            #expect(found == (200, text(alertJSON(stored))))
            #expect(try await answer(desk, "/v1/alerts/\(eventID(2))").status == 404)
            #expect(try await answer(desk, "/v1/alerts/17").status == 400)
        }
    }

    @Test(
        "The beginning of an id stands for an alert while no other begins so, an ended one neither")
    func beginnings() async throws {
        try await withDesk { desk in
            // All but the last digits are the same.
            let count = Limits.alertNamesakesMax + 1
            let alerts = (1...count).map { storedAlert(Int64($0), $0 == 1 ? .open : .resolved) }
            desk.ledger.state.withLock { $0.alerts = [alerts[0]] }
            let id = "\(eventID(1))"
            for length in [Limits.alertPrefixMin, 9, 18, 35] {
                let found = try await answer(desk, "/v1/alerts/\(id.prefix(length))")
                #expect(found == (200, text(alertJSON(alerts[0]))))
            }
            let short = id.prefix(Limits.alertPrefixMin - 1)
            #expect(try await answer(desk, "/v1/alerts/\(short)").status == 400)
            #expect(try await answer(desk, "/v1/alerts/ffff").status == 404)
            desk.ledger.state.withLock { $0.alerts = alerts }
            let several = try await answer(desk, "/v1/alerts/\(id.prefix(35))")
            #expect(several.status == 400)
            for number in 1...Limits.alertNamesakesMax {
                #expect(several.body.contains("\(eventID(Int64(number)))"))
            }
            #expect(!several.body.contains("\(eventID(Int64(count)))"))
            #expect(try await order(desk, "/v1/alerts/\(id.prefix(35))/resolve").status == 400)
            #expect(desk.station.state.withLock(\.orders).isEmpty)
        }
    }

    private func order(
        _ desk: RunningDesk, _ path: String, _ body: String = ""
    ) async throws -> (status: Int, body: String) {
        let answer = try await StreamClient(desk.unix).post(path, json: Array(body.utf8))
        return (answer.status, text(answer.body))
    }

    @Test("An order reaches the station as it was given, and its outcome is the answer")
    func orders() async throws {
        try await withDesk { desk in
            let path = "/v1/alerts/\(eventID(1))"
            var taken = storedAlert(1, .open)
            desk.ledger.state.withLock { $0.alerts = [taken] }
            taken.alert.apply(ChangeDraft(.acknowledged, by: "desk 2"), at: receivedAt)
            let done = taken
            desk.station.state.withLock { $0.outcome = .done(done.alert) }
            let answer = try await order(
                desk, "\(path)/acknowledge", #"{"by":"desk 2","version":1}"#)
            #expect(answer == (200, text(alertJSON(done))))
            #expect(try await order(desk, "\(path)/release").status == 200)
            _ = try await order(
                desk, "\(path)/park",
                #"{"until":"2026-11-21T10:00:00Z","reason":"calls back","takeOver":true}"#)
            _ = try await order(
                desk, "\(path)/attend", #"{"responder":"night shift","stage":"on the way"}"#)
            _ = try await order(
                desk, "\(path)/resolve", #"{"outcome":"noAnswerChecked","note":"asleep"}"#)
            let unnamed = OrderBody.unnamed
            let given = desk.station.state.withLock(\.orders)
            #expect(
                given.map(\.order) == [
                    Order(.acknowledge, by: "desk 2", version: 1),
                    Order(.release, by: unnamed),
                    Order(
                        .park, by: unnamed, note: "calls back",
                        until: WallTime(rfc3339: "2026-11-21T10:00:00Z"), takesOver: true),
                    Order(.attend, by: unnamed, responder: "night shift", stage: "on the way"),
                    Order(.resolve, by: unnamed, note: "asleep", outcome: .noAnswerChecked),
                ])
            #expect(given.allSatisfy { $0.alert == eventID(1) && $0.stored == nil })
        }
    }

    @Test("Whoever was slower is told who has the alert, since when, and what it is now")
    func conflicts() async throws {
        try await withDesk { desk in
            let path = "/v1/alerts/\(eventID(1))/acknowledge"
            var alert = storedAlert(1, .open).alert
            alert.apply(ChangeDraft(.acknowledged, by: "desk 2"), at: receivedAt)
            let taken = alert
            desk.station.state.withLock { $0.outcome = .conflict(taken) }
            let slower = try await order(desk, path, #"{"by":"desk 1"}"#)
            #expect(
                slower == (
                    409,
                    #"{"owner":"desk 2","since":"2026-11-21T09:26:00.123456Z","version":2,"#
                        + #""state":"acknowledged"}"#
                ))
            desk.station.state.withLock { $0.outcome = .refused("not today") }
            let refused = try await order(desk, path)
            #expect(refused.status == 400 && refused.body.contains("not today"))
            desk.station.state.withLock {
                $0.outcome = .unstored
                $0.health = StationHealth(state: .critical, reasons: ["the disk is full"])
            }
            let unstored = try await order(desk, path)
            #expect(unstored.status == 503)
            #expect(unstored.body.contains("not stored yet: the disk is full"))
            desk.station.state.withLock { $0.outcome = .busy }
            #expect(try await order(desk, path).status == 503)
        }
    }

    @Test("An alert that the station has not at hand is brought to it from the ledger")
    func notAtHand() async throws {
        try await withDesk { desk in
            let stored = storedAlert(1, .open)
            let path = "/v1/alerts/\(eventID(1))/resolve"
            #expect(try await order(desk, path).status == 404)
            desk.ledger.state.withLock { $0.alerts = [stored] }
            desk.station.state.withLock { $0.storedOutcome = .done(stored.alert) }
            let done = try await order(desk, path)
            #expect(done == (200, text(alertJSON(stored))))
            let last = desk.station.state.withLock(\.orders.last)
            #expect(last?.stored == stored.alert)
        }
    }

    @Test("Many mild alerts are ended by one order, and never a grave one")
    func resolveMany() async throws {
        try await withDesk { desk in
            let path = "/v1/alerts/resolve"
            let faults = (1...600).map { number in
                StoredAlert(
                    alert: Alert(openedBy: makeEvent(number, .deviceFault)),
                    events: [eventID(number)])
            }
            desk.ledger.state.withLock { $0.alerts = faults + [storedAlert(601, .open)] }
            desk.station.state.withLock { $0.outcome = .done(faults[0].alert) }
            for body in [
                "", "{}", #"{"by":"desk 1"}"#, #"{"priority":"emergency"}"#,
                #"{"kind":["deviceFault","sos"]}"#,
            ] {
                #expect(try await order(desk, path, body).status == 400, "\(body)")
            }
            #expect(desk.station.state.withLock(\.orders).isEmpty)
            let body = #"{"by":"desk 1","port":"receiver-1"}"#
            let all = try await order(desk, path, body)
            #expect(all == (200, #"{"resolved":600,"taken":0,"more":0,"grave":1}"#))
            let given = desk.station.state.withLock(\.orders)
            #expect(Set(given.map(\.alert)) == Set(faults.map(\.alert.id)))
            #expect(given.allSatisfy { $0.order == Order(.resolve, by: "desk 1", version: 1) })
            let taken = faults[0].alert
            desk.station.state.withLock { $0.outcome = .conflict(taken) }
            let none = try await order(desk, path, body)
            #expect(none == (200, #"{"resolved":0,"taken":600,"more":0,"grave":1}"#))
        }
    }

    @Test(
        "A field of an order that nobody keeps, or that is not what it has to be, is an error",
        arguments: [
            #"{"by":"desk 2","urgency":"gone in silence"}"#, #"{"by":"desk 2\nport opened"}"#,
            #"{"by":""}"#, #"{"by":"station"}"#, #"{"version":0}"#, #"{"version":"7"}"#,
            #"{"outcome":"well"}"#, #"{"until":"tomorrow"}"#, #"{"takeOver":"yes"}"#,
            #"{"kind":"sos"}"#, #"{"note":"a\u001bb"}"#, #"{"stage":7}"#,
        ])
    func wrongFields(body: String) async throws {
        try await withDesk { desk in
            let answer = try await order(desk, "/v1/alerts/\(eventID(1))/resolve", body)
            #expect(answer.status == 400 && answer.body.contains("remedy"), "\(answer.body)")
            #expect(desk.station.state.withLock(\.orders).isEmpty)
        }
    }

    @Test("An order that cannot be read, is too long or comes from another site is not carried out")
    func badOrders() async throws {
        try await withDesk { desk in
            let client = StreamClient(desk.tcp)
            let path = "/v1/alerts/\(eventID(1))/resolve"
            for body in ["{", "[]", #"{"by":7}"#, String(repeating: "[", count: 60_000)] {
                #expect(try await client.post(path, json: Array(body.utf8)).status == 400)
            }
            let long = [UInt8](repeating: 0x20, count: Limits.requestBodyBytesMax + 1)
            #expect(try await client.post(path, json: long).status == 413)
            try await RawConnection.open(desk.tcp) { connection in
                try await connection.send(
                    "POST \(path) HTTP/1.1\r\nHost: localhost:8119\r\nOrigin: http://other\r\n"
                        + "Content-Length: 0\r\n\r\n")
                #expect(try await connection.head().hasPrefix("HTTP/1.1 403"))
            }
            #expect(desk.station.state.withLock(\.orders).isEmpty)
            try await RawConnection.open(desk.tcp) { connection in
                try await connection.send(
                    "POST \(path) HTTP/1.1\r\nHost: localhost:8119\r\n"
                        + "Origin: http://localhost:8119\r\n"
                        + "Content-Length: 0\r\n\r\n")
                #expect(try await connection.head().hasPrefix("HTTP/1.1 404"))
            }
            #expect(desk.station.state.withLock(\.orders).count == 1)
            #expect(
                try await client.post("/v1/alerts/\(eventID(1))/forget", json: []).status == 404)
        }
    }

    @Test(
        "Health is 503 only when alarms are not stored",
        arguments: [
            (StationHealth.State.ok, 200), (.degraded, 200), (.critical, 503),
        ])
    func health(state: StationHealth.State, status: Int) async throws {
        try await withDesk { desk in
            let health = StationHealth(state: state, reasons: ["because"], pendingEvents: 2)
            desk.station.state.withLock { $0.health = health }
            let answer = try await answer(desk, "/healthz")
            #expect(answer == (status, text(healthJSON(health))))
        }
    }

    @Test("What is not there is an error in JSON that points to the first page")
    func notFound() async throws {
        try await withDesk { desk in
            let answer = try await answer(desk, "/v1/nothing")
            #expect(
                answer == (
                    404,
                    #"{"error":{"message":"there is no GET /v1/nothing","#
                        + #""remedy":"GET / lists what there is"}}"#
                ))
        }
    }

    @Test(
        "A ledger that cannot be read is an error with a remedy, and no reason for the desk to end")
    func brokenLedger() async throws {
        try await withDesk { desk in
            desk.ledger.state.withLock { $0.failure = .failed }
            let broken = try await answer(desk, "/v1/events?after=0")
            let message = #"{"error":{"message":"cannot read it","remedy":"look at it"}}"#
            #expect(broken == (500, message))
            desk.ledger.state.withLock { $0.failure = .busy }
            #expect(try await answer(desk, "/v1/events?after=0") == (503, message), "it passes")
            desk.ledger.state.withLock { $0.failure = nil }
            #expect(try await answer(desk, "/v1/alerts") == (200, "[]"))
        }
    }

    private static let hostileRequests = [
        "\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u{0}\u{1}\u{2}\r\n\r\n",
        "GET http://h HTTP/1.1\r\nHost: h\r\n\r\n", "GET http://h: HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET ?kind HTTP/1.1\r\nHost: h\r\n\r\n", "GET // HTTP/1.1\r\n\r\n",
        "GET /v1/events?kind=%C3&=&&a=%&%=%ff HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /v1/events?kind=%C3 HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /v1/alerts/%F0%9F HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /v1/alerts/%2e%2e/%2e HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /\u{e9}?\u{e9}=\u{e9} HTTP/1.1\r\nHost: h\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /v1/events?after=00000000000000000000000000000001 HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST /v1/alerts/x/resolve HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "GET / HTTP/1.1\r\nX: " + String(repeating: "x", count: 100_000) + "\r\n\r\n",
        "GET /" + String(repeating: "?", count: 100_000) + " HTTP/1.1\r\n\r\n",
        "GET /healthz HTTP/1.1\r\n" + String(repeating: "a: b\r\n", count: 5_000) + "\r\n",
    ]

    @Test("No request ends the desk")
    func hostile() async throws {
        try await withDesk { desk in
            for request in Self.hostileRequests {
                try await RawConnection.open(desk.tcp) { connection in
                    // What it is told does not matter, and it may be cut off in the middle.
                    try? await connection.send(request)
                    connection.finishSending()
                    _ = try? await connection.rest()
                }
                let answer = try await answer(desk, "/healthz")
                #expect(answer.status == 200, "\(request.prefix(80))")
            }
        }
    }
}
