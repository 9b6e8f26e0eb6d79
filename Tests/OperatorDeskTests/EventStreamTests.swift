import AlarmModel
import EventJSON
import NIOCore
import Testing

@testable import OperatorDesk

private let ndjson = "Accept: application/x-ndjson"

@Suite("The event stream", .serialized, .timeLimit(.minutes(1)))
struct EventStreamTests {
    // MARK: form

    /// What a stream begins with.
    private let retry = "retry: 2000\n\n"
    private let epoch = "0a1b2c3d4e5f"

    @Test("A stream says where it begins, so that one that is cut off at once can go on there")
    func place() async throws {
        try await withDesk(stored: 3) { desk in
            for (query, place) in [("", 3), ("?after=1", 1), ("?after=\(desk.ledger.epoch)-2", 2)] {
                try await RawConnection.open(desk.tcp) { connection in
                    let head = try await connection.get("/v1/events\(query)")
                    #expect(head.contains("Tocsin-Place: \(desk.ledger.epoch)-\(place)"), "\(head)")
                }
            }
            try await RawConnection.open(desk.tcp) { connection in
                let head = try await connection.get("/v1/events", "Last-Event-ID: other-7")
                #expect(head.contains("Tocsin-Place: \(desk.ledger.epoch)-0"), "all of it")
            }
        }
    }

    @Test("Server-sent events have an id, telemetry has none, and each sort has its name")
    func serverSentEvents() async throws {
        try await withDesk(stored: 2) { desk in
            try await RawConnection.open(desk.tcp) { connection in
                let head = try await connection.get("/v1/events?after=1&telemetry=1")
                #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
                #expect(head.contains("Content-Type: text/event-stream"))
                #expect(!head.lowercased().contains("server:"))
                let past = retry + "id: \(epoch)-2\nevent: event\ndata: \(sosLine(2))\n\n"
                #expect(try await connection.body(count: past.utf8.count) == past)

                desk.happen([makeEvent(3)])
                let present = "id: \(epoch)-3\nevent: event\ndata: \(sosLine(3))\n\n"
                #expect(try await connection.body(count: present.utf8.count) == present)

                let telemetry = makeEvent(1, .checkIn)
                desk.feed.publish([.event(telemetry)])
                let line = "event: event\ndata: \(text(eventJSON(telemetry)))\n\n"
                #expect(try await connection.body(count: line.utf8.count) == line)

                let draft = ChangeDraft(.acknowledged, by: "desk 2")
                let change = makeChange(4, draft, of: Alert(openedBy: makeEvent(3)))
                desk.happen([Record.change(change)])
                let told =
                    "id: \(epoch)-4\nevent: change\ndata: \(text(changeJSON(change)))\n\n"
                #expect(try await connection.body(count: told.utf8.count) == told)

                desk.feed.keepAlive()
                #expect(try await connection.body(count: 3) == ":\n\n")
            }
        }
    }

    @Test("JSON lines say the same, and an idle stream sends an empty line")
    func lines() async throws {
        try await withDesk(stored: 1) { desk in
            try await RawConnection.open(desk.unix) { connection in
                let head = try await connection.get("/v1/events?after=0", ndjson)
                #expect(head.contains("Content-Type: application/x-ndjson"))
                let line = sosLine(1) + "\n"
                #expect(try await connection.body(count: line.utf8.count) == line)
                desk.feed.keepAlive()
                #expect(try await connection.body(count: 1) == "\n")
            }
        }
    }

    @Test("A gap has a name and no id in server-sent events, and is a line in JSON lines")
    func gapForm() {
        var buffer = ByteBuffer()
        StreamFormat.serverSentEvents.write(17...912, to: &buffer)
        StreamFormat.lines.write(17...912, to: &buffer)
        let expected = """
            event: gap
            data: {"gap":{"from":17,"to":912}}

            {"gap":{"from":17,"to":912}}

            """
        #expect(String(buffer: buffer) == expected)
    }

    @Test("A client that asks is told that the stream lives, and how far it has everything")
    func alive() async throws {
        try await withDesk(stored: 5) { desk in
            try await RawConnection.open(desk.tcp) { connection in
                _ = try await connection.get("/v1/events?after=3&alive=1", ndjson)
                let past = sosLine(4) + "\n" + sosLine(5) + "\n"
                #expect(try await connection.body(count: past.utf8.count) == past)
                let alive = try await connection.body(count: 40)
                #expect(alive.hasPrefix(#"{"alive":{"at":"20"#), "\(alive)")
                #expect(alive.hasSuffix("\"sequence\":5}}\n"), "\(alive)")
            }
        }
    }

    @Test("A stored record that cannot be read is told as missed, and hides none behind it")
    func unreadable() async throws {
        try await withDesk(stored: 2) { desk in
            desk.happen([makeEvent(5), makeEvent(6)])
            for range in ["after=0", "after=0&through=6"] {
                try await RawConnection.open(desk.tcp) { connection in
                    _ = try await connection.get("/v1/events?\(range)", ndjson)
                    let read = try await connection.lines { $0.sequences.count == 4 }
                    #expect(read == ReadLines(sequences: [1, 2, 5, 6], gaps: [3...4]), "\(range)")
                }
            }
        }
    }

    // MARK: where it begins and ends

    @Test(
        "An id of another ledger, or none that could be, gets a gap from 1, and then everything",
        arguments: [
            "ffffffffffff-2", "0a1b2c3d4e5f-9", "2", "0a1b2c3d4e5f--1", "0a1b2c3d4e5f-", "-", "x",
            "0a1b2c3d4e5f-9223372036854775807", "0a1b2c3d4e5f-92233720368547758070",
        ])
    func otherLedger(id: String) async throws {
        try await withDesk(stored: 4) { desk in
            try await RawConnection.open(desk.tcp) { connection in
                _ = try await connection.get("/v1/events", ndjson, "Last-Event-ID: \(id)")
                desk.happen(5...5)
                let read = try await connection.lines { $0.sequences.count == 5 }
                #expect(read == ReadLines(sequences: Array(1...5), gaps: [1...4]))
            }
        }
    }

    @Test("An id that fits goes on behind it, in a header as in the address")
    func sameLedger() async throws {
        try await withDesk(stored: 4) { desk in
            for (target, header) in [
                ("/v1/events?after=0", "Last-Event-ID: \(epoch)-2"),
                ("/v1/events?after=\(epoch)-2", "X: y"), ("/v1/events?after=2", "X: y"),
            ] {
                try await RawConnection.open(desk.tcp) { connection in
                    _ = try await connection.get(target, ndjson, header)
                    let read = try await connection.lines { $0.sequences.count == 2 }
                    #expect(read == ReadLines(sequences: [3, 4]), "\(target)")
                }
            }
        }
    }

    @Test("Without after the stream begins now")
    func beginsNow() async throws {
        try await withDesk(stored: 5) { desk in
            try await RawConnection.open(desk.tcp) { connection in
                _ = try await connection.get("/v1/events", ndjson)
                desk.happen(6...7)
                let read = try await connection.lines { $0.sequences.count == 2 }
                #expect(read.sequences == [6, 7])
            }
        }
    }

    @Test("after=0 is everything, over many pages")
    func everything() async throws {
        try await withDesk(stored: 1_700) { desk in
            try await RawConnection.open(desk.tcp) { connection in
                _ = try await connection.get("/v1/events?after=0", ndjson)
                let read = try await connection.lines { $0.sequences.count >= 1_700 }
                #expect(read.isExactly(1...1_700))
            }
        }
    }

    @Test("Last-Event-ID stands before after, as a browser repeats its address")
    func lastEventID() async throws {
        try await withDesk(stored: 9) { desk in
            try await RawConnection.open(desk.tcp) { connection in
                _ = try await connection.get(
                    "/v1/events?after=0", ndjson, "Last-Event-ID: \(epoch)-7")
                let read = try await connection.lines { $0.sequences.count == 2 }
                #expect(read.sequences == [8, 9])
            }
        }
    }

    @Test("through ends the answer with the range that was asked for")
    func range() async throws {
        try await withDesk(stored: 1_300) { desk in
            try await RawConnection.open(desk.tcp) { connection in
                _ = try await connection.get("/v1/events?after=16&through=912", ndjson)
                let read = try await connection.lines { _ in false }
                #expect(read.isExactly(17...912))
            }
        }
    }

    @Test(
        "A client that comes back again and again misses nothing and gets nothing twice",
        arguments: 1..<UInt64(9))
    func resuming(seed: UInt64) async throws {
        try await withDesk(stored: 900) { desk in
            var numbers = SplitMix64(seed: seed)
            var received: [Int64] = []
            var published: Int64 = 900
            let last: Int64 = 4_000
            while received.count < last {
                let seen = received.last ?? 0
                // More happens between the pages of the past, or while the client is live.
                let batch = Int64.random(in: 1...200, using: &numbers)
                let next = (published + 1)...max(published + 1, min(last, published + batch))
                if published < last { published = next.upperBound }
                let happensOnce = FirstOnly()
                let isOver = next.upperBound > last
                let happen: @Sendable () -> Void = {
                    if !isOver && happensOnce.take() { desk.happen(next) }
                }
                desk.ledger.state.withLock { $0.beforePage = happen }
                let patience = Int.random(in: 1...900, using: &numbers)
                let enough = min(patience, Int(published - seen))
                let read = try await RawConnection.open(desk.unix) { connection in
                    _ = try await connection.get(
                        "/v1/events?after=0", ndjson, "Last-Event-ID: \(epoch)-\(seen)")
                    happen()
                    return try await connection.lines { $0.sequences.count >= enough }
                }
                #expect(read.gaps.isEmpty, "seed \(seed)")
                received += read.sequences
            }
            let isWhole = received == Array(1...last)
            #expect(isWhole, "seed \(seed)")
        }
    }

    @Test("An overflow while the client reads its past is repaired by reading on")
    func overflowInThePast() async throws {
        try await withDesk(stored: 10) { desk in
            let isFirst = FirstOnly()
            let flood = Int64(Limits.streamClientEventsMax * 3)
            desk.ledger.state.withLock { state in
                state.beforePage = { if isFirst.take() { desk.happen(11...flood) } }
            }
            try await RawConnection.open(desk.tcp) { connection in
                _ = try await connection.get("/v1/events?after=0", ndjson)
                let read = try await connection.lines { $0.sequences.count >= flood }
                #expect(read.isExactly(1...flood))
            }
        }
    }

    // MARK: filters

    @Test("A filter holds for the past and for the present")
    func filters() async throws {
        let kinds: [EventKind] = [.sos, .fall, .batteryLow, .geofenceExit]
        try await withDesk { desk in
            desk.happen((1...40).map { makeEvent($0, kinds[Int($0) % 4]) })
            for (query, wanted) in [
                ("kind=sos,fall", [EventKind.sos, .fall]),
                ("priority=trouble,warning", [.batteryLow, .geofenceExit]),
                ("kind=sos,batteryLow&priority=emergency", [.sos]),
            ] {
                let from = Int64(desk.ledger.state.withLock(\.records.count)) + 1
                try await RawConnection.open(desk.tcp) { connection in
                    _ = try await connection.get("/v1/events?after=20&\(query)", ndjson)
                    desk.happen((from...(from + 19)).map { makeEvent($0, kinds[Int($0) % 4]) })
                    let expected = (21...(from + 19)).filter { wanted.contains(kinds[Int($0) % 4]) }
                    let read = try await connection.lines { $0.sequences.last == expected.last }
                    #expect(read == ReadLines(sequences: expected), "\(query)")
                }
            }
        }
    }

    @Test("Telemetry is sent to those only who ask for it")
    func telemetry() async throws {
        try await withDesk { desk in
            try await RawConnection.open(desk.tcp) { connection in
                _ = try await connection.get("/v1/events", ndjson)
                desk.happen([makeEvent(0, .position), makeEvent(1)])
                let line = sosLine(1) + "\n"
                #expect(try await connection.body(count: 1) == line)
            }
        }
    }

    @Test(
        "A wrong value is answered with the right ones",
        arguments: [
            ("kind=sso", "sso", "sos, fall, medical"),
            ("kind=", "kind=", "sos, fall, medical"),
            ("priority=high", "high", "emergency, warning, trouble, information"),
            ("telemetry=yes", "yes", "0 or 1"),
            ("after=-1", "-1", "use 0 for everything"),
            ("after=9223372036854775808", "9223372036854775808", "use 0"),
            ("after=9223372036854775807", "newest is 3", "?after=0"),
            ("after=4", "newest is 3", "?after=0"),
            ("through=9", "through has no after", "?after=16&through=912"),
            ("prioriy=emergency", "prioriy", "after, through, kind, priority, changes, telemetry"),
            ("kind=position", "position, which is telemetry", "add telemetry=1"),
        ])
    func wrongValues(query: String, problem: String, remedy: String) async throws {
        try await withDesk(stored: 3) { desk in
            let answer = try await StreamClient(desk.tcp).get("/v1/events?\(query)")
            #expect(answer.status == 400)
            let body = text(answer.body)
            #expect(body.hasPrefix("{\"error\":{\"message\":\"") && body.hasSuffix("\"}}"))
            let cut = try #require(body.firstRange(of: "\",\"remedy\":\""))
            #expect(body[..<cut.lowerBound].contains(problem), "\(body)")
            #expect(body[cut.upperBound...].contains(remedy), "\(body)")
        }
    }

    // MARK: slow clients

    @Test("A slow client delays only itself, is told what it missed, and can fetch it")
    func slowClient() async throws {
        try await withDesk { desk in
            let last: Int64 = 30_000
            try await RawConnection.open(desk.unix) { slow in
                _ = try await slow.get("/v1/events", ndjson)
                try await RawConnection.open(desk.unix) { quick in
                    _ = try await quick.get("/v1/events", ndjson)
                    // A kilobyte each as JSON: more than the kernel holds for who does not read.
                    let raw = [UInt8](repeating: 0x7e, count: 400)
                    var read: Int64 = 0
                    while read < last {
                        let batch = (read + 1)...(read + 500)
                        desk.happen(batch, raw: raw)
                        let lines = try await quick.lines { $0.sequences.last == batch.upperBound }
                        let isWhole = lines.isExactly(batch)
                        #expect(isWhole)
                        read = batch.upperBound
                        let bound = Limits.streamClientEventsMax + Limits.streamClientTelemetryMax
                        #expect(desk.feed.counts.buffered <= bound * 2)
                    }
                }
                let lines = try await slow.lines { $0.sequences.last == last }
                let gaps = lines.gaps
                #expect(gaps.count == 1 && desk.feed.counts.gaps == 1)
                let gap = try #require(gaps.first)
                let isRest = lines.sequences == (1...last).filter { !gap.contains($0) }
                #expect(isRest)

                try await RawConnection.open(desk.unix) { again in
                    let range = "after=\(gap.lowerBound - 1)&through=\(gap.upperBound)"
                    _ = try await again.get("/v1/events?\(range)", ndjson)
                    let missed = try await again.lines { _ in false }
                    let isWhole = missed.isExactly(gap)
                    #expect(isWhole)
                }
            }
        }
    }

    @Test("More clients than the bound are refused with a remedy, and a place freed is given again")
    func tooManyClients() async throws {
        let feed = EventFeed(lastSequence: 0)
        var held = try (0..<Limits.streamClientsMax).map { _ in
            try feed.subscribe(after: nil, filter: StreamFilter())
        }
        #expect(throws: EventFeed.Refusal.full) {
            try feed.subscribe(after: nil, filter: StreamFilter())
        }
        held.removeLast()
        let place = try feed.subscribe(after: nil, filter: StreamFilter())
        #expect(feed.counts.clients == Limits.streamClientsMax)
        _ = (place, held)

        try await withDesk { desk in
            let held = try (0..<Limits.streamClientsMax).map { _ in
                try desk.feed.subscribe(after: nil, filter: StreamFilter())
            }
            let answer = try await StreamClient(desk.tcp).get("/v1/events")
            #expect(answer.status == 503 && text(answer.body).contains("remedy"))
            _ = held
        }
    }

    @Test("A client that does not read blocks no other: when places are short it gives way")
    func unreadGivesWay() throws {
        let feed = EventFeed(lastSequence: 0)
        let falls = StreamFilter(kinds: [.fall])
        var held = try (0..<Limits.streamClientsMax).map { number in
            try feed.subscribe(after: nil, filter: number == 5 ? StreamFilter() : falls)
        }
        let lost = held[5]
        let stuck = (late: held[3], early: held[7])
        let readers = { held.filter { $0 !== stuck.late && $0 !== stuck.early } }
        feed.keepAlive()
        for reader in readers() + [stuck.late] { _ = reader.take() }
        for _ in 0..<2 {
            feed.keepAlive()
            // Whoever has looked since, even if it found much, reads.
            for reader in readers() { _ = reader.take() }
        }
        let first = try feed.subscribe(after: nil, filter: falls)
        #expect(stuck.early.state == .cut && stuck.late.state != .cut)
        let second = try feed.subscribe(after: nil, filter: falls)
        #expect(stuck.late.state == .cut && feed.counts.clients == Limits.streamClientsMax)
        #expect(throws: EventFeed.Refusal.full) {
            try feed.subscribe(after: nil, filter: StreamFilter())
        }
        // So does one that has lost something, at once.
        let events = (1...Int64(Limits.streamClientEventsMax) + 1).map { makeEvent($0) }
        feed.publish(events.map { .event($0) })
        let third = try feed.subscribe(after: nil, filter: falls)
        #expect(lost.state == .cut && feed.counts.clients == Limits.streamClientsMax)
        // The place is another's already when its stream ends.
        held.removeAll { $0 === stuck.early || $0 === stuck.late || $0 === lost }
        #expect(feed.counts.clients == Limits.streamClientsMax)
        _ = (first, second, third)
    }

    @Test("Places of the stream are kept for the socket")
    func socketStreams() throws {
        let feed = EventFeed(lastSequence: 0)
        var held = try (0..<Limits.streamClientsMax).map { _ in
            try feed.subscribe(after: nil, filter: StreamFilter())
        }
        for _ in 0..<Limits.streamsReservedForSocket {
            held.append(try feed.subscribe(after: nil, filter: StreamFilter(), isOnSocket: true))
        }
        #expect(throws: EventFeed.Refusal.full) {
            try feed.subscribe(after: nil, filter: StreamFilter(), isOnSocket: true)
        }
        #expect(held.allSatisfy { $0.state == .open })
    }

    @Test("A client that goes away frees its place at once")
    func goneClient() async throws {
        try await withDesk { desk in
            try await RawConnection.open(desk.tcp) { connection in
                _ = try await connection.get("/v1/events")
                #expect(desk.feed.counts.clients == 1)
            }
            #expect(await becomes { desk.feed.counts.clients == 0 })
        }
    }

    @Test("When the ledger cannot be read in mid-stream the answer is cut, not ended")
    func brokenLedger() async throws {
        try await withDesk(stored: 1_200) { desk in
            desk.ledger.state.withLock { state in
                state.beforePage = {
                    desk.ledger.state.withLock { $0.failure = $0.pagesRead == 1 ? .failed : nil }
                }
            }
            await #expect(throws: StreamClientError.self) {
                try await StreamClient(desk.tcp).lines("/v1/events?after=0") { _ in }
            }
        }
    }
}

@Suite("The feed")
struct EventFeedTests {
    @Test("An event is counted by its kind whether or not anybody listens")
    func counts() {
        let feed = EventFeed(lastSequence: 0)
        feed.publish([makeEvent(1), makeEvent(2), makeEvent(0, .position)].map { .event($0) })
        #expect(feed.counts.events[.sos] == 2 && feed.counts.events[.position] == 1)
        #expect(feed.counts.events[.fall] == 0)
    }

    @Test("A feed that is closed ends its streams behind what they hold and takes no more")
    func closed() throws {
        let feed = EventFeed(lastSequence: 0)
        let subscription = try feed.subscribe(after: nil, filter: StreamFilter())
        feed.publish([.event(makeEvent(1))])
        feed.close()
        #expect(throws: EventFeed.Refusal.closed) {
            try feed.subscribe(after: nil, filter: StreamFilter())
        }
        guard case (.send(let items), .closed) = subscription.take() else {
            Issue.record("the event that was published is gone")
            return
        }
        #expect(items.count == 1)
        #expect(subscription.take() == (.rest, .closed))
    }
}
