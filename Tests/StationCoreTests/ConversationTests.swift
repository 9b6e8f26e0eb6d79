import AlarmModel
import StationCore
import Testing

/// Peers that keep to their own time-outs, on lines that do not keep to anything.
@Suite("Conversations")
struct ConversationTests {
    static let control = ["role": "control", "addresses": "3,4"]

    /// Each call is one alert, whatever it took to get it through.
    private func expectOneAlertEach(_ calls: [Call], _ line: Conversation) {
        line.rest(.seconds(60))
        for call in calls {
            // Each part of a long page calls by itself, and its last tells the whole.
            let alerts = line.alerts.filter { $0.device?.address == call.address }
            let whole = alerts.filter { $0.text?.hasPrefix("part ") != true }
            #expect(whole.count <= 1, "\(call.address), seed \(line.seed)")
            #expect(!alerts.isEmpty && alerts.allSatisfy { $0.kind == .sos })
        }
        let strangers = line.alerts.filter { alert in
            !calls.contains { $0.address == alert.device?.address }
        }
        #expect(strangers.allSatisfy { $0.kind == .deviceFault }, "seed \(line.seed)")
        #expect(line.pendingBytes == 0 || line.faults.perThousand > 0)
    }

    // MARK: - ESPA 4.4.4

    @Test("Every call over a clean line is delivered at the first attempt", arguments: 1...10)
    func espaClean(_ seed: UInt64) {
        let line = Conversation("espa444", seed: seed)
        let calls = (1...30).map(Call.init)
        for call in calls {
            #expect(ESPAPeer(line: line).call(call))
            #expect(line.isStored(call.address), "acknowledged before it was stored")
            line.rest(.milliseconds(Int64(line.chance(5_000))))
        }
        expectOneAlertEach(calls, line)
        #expect(line.events.count == calls.count)
    }

    @Test("Over a bad line every call gets through in the end, as one alert", arguments: 1...40)
    func espaFaults(_ seed: UInt64) {
        let line = Conversation("espa444", seed: seed)
        line.faults.perThousand = 150
        let calls = (1...30).map(Call.init)
        for call in calls {
            var attempts = 1
            while !ESPAPeer(line: line).call(call), attempts < 10 { attempts += 1 }
            #expect(attempts < 10, "seed \(seed)")
            #expect(line.isStored(call.address), "seed \(seed)")
        }
        expectOneAlertEach(calls, line)
    }

    @Test(
        "A block that comes again because its ACK was lost is answered again, and no second event")
    func espaLostACK() throws {
        let line = Conversation("espa444")
        let call = Call(1)
        line.send(ESPAPeer.enquiry(1) + ESPAPeer.enquiry(2))
        #expect(line.receive(within: .seconds(1)) == ESPAPeer.ack)
        for _ in 1...3 {
            line.send(ESPAPeer.block(call))
            #expect(line.receive(within: .seconds(1)) == ESPAPeer.ack)
            line.rest(.seconds(4))
        }
        #expect(line.events.count == 1)
        #expect(line.alerts.count == 1 && line.repeats == 2)
    }

    @Test("The same call behind an EOT is a new one, and joins the alert")
    func espaCalledAgain() throws {
        let line = Conversation("espa444")
        #expect(ESPAPeer(line: line).call(Call(1)))
        #expect(ESPAPeer(line: line).call(Call(1)))
        expectOneAlertEach([Call(1)], line)
        #expect(line.alerts.first?.eventCount == 2)
    }

    @Test("A wrong check is refused for a transmission error, at once")
    func espaWrongCheck() {
        let line = Conversation("espa444")
        var block = ESPAPeer.block(Call(1))
        block[block.count - 1] ^= 0x20
        line.send(ESPAPeer.enquiry(1) + ESPAPeer.enquiry(2))
        #expect(line.receive(within: .seconds(1)) == ESPAPeer.ack)
        line.send(block)
        #expect(line.receive(within: .seconds(1)) == UInt8(ascii: "1"))
        #expect(line.receive(within: .seconds(1)) == ESPAPeer.nak)
        line.send(ESPAPeer.block(Call(1)))
        #expect(line.receive(within: .seconds(1)) == ESPAPeer.ack)
        expectOneAlertEach([Call(1)], line)
    }

    @Test("A peer that begins anew after any byte of a call is heard at once")
    func espaRestart() {
        let all = ESPAPeer.enquiry(1) + ESPAPeer.enquiry(2) + ESPAPeer.block(Call(1))
        for count in 0..<all.count {
            let line = Conversation("espa444")
            line.send(Array(all.prefix(count)))
            line.rest(.milliseconds(100))
            #expect(ESPAPeer(line: line).call(Call(2)), "after \(count) bytes")
            expectOneAlertEach([Call(2)], line)
        }
    }

    @Test(
        "An ACK that comes after the sender gave up never confirms another call", arguments: 1...40)
    func espaSlowLedger(_ seed: UInt64) {
        let line = Conversation("espa444", seed: seed)
        line.commitWithin = .seconds(12)
        let calls = (1...10).map(Call.init)
        for call in calls {
            var attempts = 1
            while !ESPAPeer(line: line).call(call), attempts < 10 { attempts += 1 }
            #expect(attempts < 10, "seed \(seed)")
            #expect(line.isStored(call.address), "seed \(seed)")
        }
        expectOneAlertEach(calls, line)
    }

    @Test("A selected station that hears nothing more gives the line up, and is polled again")
    func espaSilence() {
        let line = Conversation("espa444")
        line.send(ESPAPeer.enquiry(1) + ESPAPeer.enquiry(2))
        #expect(line.receive(within: .seconds(1)) == ESPAPeer.ack)
        #expect(line.receive(within: .seconds(20)) == nil, "only the control station may speak")
        line.send(ESPAPeer.enquiry(2))
        #expect(line.receive(within: .seconds(1)) == ESPAPeer.eot)
        #expect(ESPAPeer(line: line).call(Call(1)))
        expectOneAlertEach([Call(1)], line)
    }

    @Test("As control station it gets the calls of every station it polls", arguments: 1...20)
    func espaControl(_ seed: UInt64) {
        let line = Conversation("espa444", options: Self.control, seed: seed)
        line.faults.perThousand = seed % 2 == 0 ? 100 : 0
        let calls = (1...20).map(Call.init)
        var stations = ESPAStations(
            line: line, calls: [3: Array(calls[..<10]), 4: Array(calls[10...])])
        let end = line.now.monotonic + .seconds(600)
        while !stations.isDone, let call = stations.turn(until: end) {
            #expect(line.isStored(call.address), "seed \(seed)")
        }
        #expect(stations.isDone, "seed \(seed)")
        expectOneAlertEach(calls, line)
    }

    @Test("A station that does not answer is polled rarely, and the others as often as before")
    func espaSilentStation() throws {
        let line = Conversation("espa444", options: Self.control)
        var polled: [UInt8: [MonotonicTime]] = [:]
        let end = line.now.monotonic + .seconds(120)
        var before: UInt8 = 0
        while let byte = line.receive(within: end - line.now.monotonic) {
            if byte == 0x05 { polled[before, default: []].append(line.now.monotonic) }
            if byte == 0x05, before == UInt8(ascii: "4") { line.send([ESPAPeer.eot]) }
            before = byte
        }
        let dead = try #require(polled[UInt8(ascii: "3")])
        let live = try #require(polled[UInt8(ascii: "4")])
        #expect((5...8).contains(dead.count))
        let rests = zip(live.dropFirst(), live).map { $0 - $1 }
        #expect(try #require(rests.max()) <= .milliseconds(2_500))
        var stations = ESPAStations(line: line, calls: [3: [Call(1)]])
        let back = line.now.monotonic
        #expect(stations.turn(until: back + .seconds(40)) != nil, "it is never given up")
        expectOneAlertEach([Call(1)], line)
    }

    @Test("A transfer that stops half-way does not keep the control station from polling")
    func espaStuckTransfer() {
        let line = Conversation("espa444", options: Self.control)
        #expect(line.receive(oneOf: [0x05], within: .seconds(5)) != nil)
        line.send(ESPAPeer.enquiry(2))
        #expect(line.receive(within: .seconds(1)) == ESPAPeer.ack)
        line.send(Array(ESPAPeer.block(Call(1)).prefix(10)))
        #expect(line.receive(within: .seconds(16)) == ESPAPeer.eot)
        #expect(line.receive(oneOf: [0x05], within: .seconds(1)) != nil)
    }

    @Test("Two stations that speak at once are heard at the next poll")
    func espaCollision() {
        let line = Conversation("espa444", options: Self.control)
        #expect(line.receive(oneOf: [0x05], within: .seconds(5)) != nil)
        let (first, second) = (ESPAPeer.block(Call(1)), ESPAPeer.block(Call(20)))
        line.send(zip(first, second).map { $0 & $1 })
        var stations = ESPAStations(line: line, calls: [3: [Call(3)], 4: [Call(4)]])
        let end = line.now.monotonic + .seconds(10)
        while !stations.isDone, stations.turn(until: end) != nil {}
        #expect(stations.isDone)
        expectOneAlertEach([Call(3), Call(4)], line)
    }

    // MARK: - TAP

    @Test("Every page over a clean line is delivered at the first attempt", arguments: 1...10)
    func tapClean(_ seed: UInt64) {
        let line = Conversation("tap", seed: seed)
        let calls = (1...30).map(Call.init)
        for (index, call) in calls.enumerated() {
            #expect(TAPPeer(line: line).page(call, parts: index % 3 + 1))
            #expect(line.isStored(call.address), "acknowledged before it was stored")
            #expect(
                line.events.last { $0.draft.address == call.address }?.draft.text == call.text)
            line.rest(.milliseconds(Int64(line.chance(20_000))))
        }
        expectOneAlertEach(calls, line)
    }

    @Test("Over a bad line every page gets through in the end, as one alert", arguments: 1...40)
    func tapFaults(_ seed: UInt64) {
        let line = Conversation("tap", seed: seed)
        line.faults.perThousand = 100
        let calls = (1...20).map(Call.init)
        for call in calls {
            var attempts = 1
            while !TAPPeer(line: line).page(call), attempts < 10 { attempts += 1 }
            #expect(attempts < 10, "seed \(seed)")
            #expect(line.isStored(call.address), "seed \(seed)")
        }
        expectOneAlertEach(calls, line)
    }

    @Test("A block that comes again after 10 s because its ACK was lost is no second event")
    func tapLostACK() throws {
        let line = Conversation("tap")
        #expect(TAPPeer(line: line).logIn())
        for _ in 1...3 {
            line.send(TAPPeer.blocks(Call(1))[0])
            #expect(line.receive(oneOf: [TAPPeer.ack], within: .seconds(1)) != nil)
            line.rest(.seconds(10))
            line.flush()
        }
        #expect(line.events.count == 1)
        #expect(line.alerts.count == 1 && line.repeats == 2)
    }

    @Test("A host that begins anew after any byte of a session gets its page through")
    func tapRestart() {
        let session: [UInt8] = [0x0D, 0x1B] + Array("PG1\r".utf8) + TAPPeer.blocks(Call(1))[0]
        // Short of its last byte the block is whole with the CR of whoever knocks.
        for count in 0..<session.count - 1 {
            let line = Conversation("tap")
            line.send(Array(session.prefix(count)))
            line.rest(.milliseconds(100))
            #expect(TAPPeer(line: line).page(Call(2)), "after \(count) bytes")
            expectOneAlertEach([Call(2)], line)
        }
    }

    @Test("A page of several blocks that is never finished is kept, and does not join the next one")
    func tapUnfinished() {
        let line = Conversation("tap")
        #expect(TAPPeer(line: line).logIn())
        line.send(TAPPeer.blocks(Call(1), parts: 2)[0])
        #expect(line.receive(oneOf: [TAPPeer.ack], within: .seconds(1)) != nil)
        line.rest(.seconds(20))
        line.send(TAPPeer.blocks(Call(2))[0])
        #expect(line.receive(oneOf: [TAPPeer.ack], within: .seconds(1)) != nil)
        expectOneAlertEach([Call(1), Call(2)], line)
        #expect(line.events.last?.draft.text == "ROOM 2")
    }
}
