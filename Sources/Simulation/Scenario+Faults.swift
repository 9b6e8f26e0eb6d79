import AlarmModel
import StationCore
import WireProtocols

/// How a run begins, what goes wrong in it, and how it ends.
extension Scenario {
    static let floodPresses = 5_200
    private static let floodNumber: UInt32 = 90

    // MARK: - Begin

    func addPorts() {
        for (index, descriptor) in plan.protocols.enumerated() {
            let id = PortID(rawValue: "port-\(index + 1)")
            let first = UInt32(index) * 100 + 1
            let device = FakeDevice(
                descriptor, numbers: first...(first + 3), pressEvery: plan.pressEvery,
                seed: random.next(), at: clock.now)
            let profile = PortProfile(id: id, name: id.rawValue, descriptor: descriptor)
            var port = FakePort(profile, device, seed: random.next())
            port.faults.cutsMax = 4
            if plan.mode == .faulty, plan.faults.contains(.noise) { port.faults = .noisy }
            // While reading pauses, bytes wait, and the station cannot know for how long.
            device.pressesAgain = plan.mode != .flood
            device.connected()
            ports.append(port)
        }
    }

    /// Whatever a device has in its memory comes at once, and nothing of it can be stored yet.
    func beginFlood() {
        guard let index = ports.firstIndex(where: { $0.device.habits.namesItsReplies })
        else { return }
        ledger.fullUntil = clock.now.monotonic + .seconds(8)
        let descriptor = ports[index].profile.descriptor
        let number = UInt32(index) * 100 + Self.floodNumber
        let frames = (1...UInt32(Self.floodPresses)).compactMap {
            descriptor.sample(of: [.sos], device: number, serial: $0, at: clock.now.wall)
        }
        guard let first = frames.first, let decoder = try? descriptor.makeDecoder(),
            let address = FrameLesson(first, decoder).drafts.first?.address
        else { return }
        flood = (address, frames.count)
        _ = ports[index].up.write(
            Array(frames.joined()), at: clock.now.monotonic, faults: LineFaults())
    }

    // MARK: - Harm

    func doHarm() {
        chaosAt = clock.now.monotonic + random.span(.milliseconds(50)...plan.faultEvery)
        let fault = random.pick(plan.faults)
        note(11, 0, "fault: \(fault)")
        let now = clock.now.monotonic
        switch fault {
        case .unplug: unplug(random.below(ports.count))
        case .crash: if restartAt == nil { crash() }
        case .diskFull: ledger.fullUntil = now + random.span(.seconds(1)...(.seconds(12)))
        case .ledgerFailure: ledger.isFailing = random.chance(300)
        case .slowLedger:
            let longest = TimeSpan.milliseconds(Int64(5 + random.below(5_000)))
            ledger.latency = .milliseconds(1)...longest
        case .clockJump:
            let seconds = Int64(random.below(200_000)) - 100_000
            clock.jumpWall(by: .seconds(seconds))
        case .noise:
            let index = random.below(ports.count)
            ports[index].faults.noise = random.below(300)
        case .clientPace:
            let index = 1 + random.below(feed.clients.count - 1)
            feed.clients[index].setPace(random.pick([.fast, .slow, .stopped]), at: now)
        }
    }

    /// The machine or the daemon stops at once: what was not durable never was.
    func crash() {
        note(12, 0, "the station stops")
        report.restarts += 1
        checkers.durable(ledger.crash())
        isPaused = false
        openOrders = []
        for index in ports.indices {
            ports[index].open = nil
            ports[index].past = FakePort.Totals()
            ports[index].up.cut()
            ports[index].device.disturbed()
        }
        restartAt = clock.now.monotonic + random.span(.milliseconds(100)...(.seconds(5)))
    }

    func restart() {
        note(13, 0, "the station starts")
        restartAt = nil
        station = Station(recovery: ledger.recovery(), seed: random.next(), start: stationNow)
        checkers.restarted()
        filter = EventFilter(planted)
        let last = checkers.lastSequence
        for index in feed.clients.indices {
            feed.clients[index].reconnect(through: last, at: clock.now.monotonic)
        }
        openPorts()
    }

    /// An operator takes or ends an alert.
    func giveOrder() {
        orderAt = clock.now.monotonic + random.span(.milliseconds(200)...(.seconds(20)))
        let alerts = ledger.ongoingAlerts
        guard restartAt == nil, !alerts.isEmpty else { return }
        lastOrder += 1
        openOrders.insert(lastOrder)
        let command: AlertCommand = random.chance(500) ? .acknowledge : .resolve
        note(14, Int64(lastOrder), "an operator says \(command.rawValue)")
        let id = random.pick(alerts).id
        station.handle(.command(command, on: id, token: lastOrder), at: stationNow)
        perform()
    }

    // MARK: - End

    /// No more presses and no more faults; whatever is broken is mended.
    func calmDown() {
        guard checkers.problems.isEmpty else { return }
        note(15, 0, "all faults stop")
        chaosAt = nil
        orderAt = nil
        ledger.fullUntil = nil
        ledger.isFailing = false
        ledger.latency = .milliseconds(1)...(.milliseconds(30))
        for index in feed.clients.indices {
            feed.clients[index].setPace(.fast, at: clock.now.monotonic)
        }
        for index in ports.indices {
            ports[index].device.pressEvery = nil
            ports[index].faults = LineFaults()
            if !ports[index].isPlugged { ports[index].replugAt = clock.now.monotonic }
        }
    }

    /// After the calm everything has to be where it belongs.
    func judge() {
        let open = ports.flatMap { $0.device.openPresses }
        checkers.judge(answeredPresses + open, open: open)
        if let flood { checkers.judgeFlood(of: flood.address, count: flood.count) }
        if !openOrders.isEmpty {
            checkers.report(.liveness, "\(openOrders.count) orders were never answered")
        }
        for client in feed.clients where client.handled != checkers.lastSequence {
            checkers.report(
                .stuckClient, "a client has \(client.handled) of \(checkers.lastSequence) events")
        }
        for index in ports.indices { closePort(index) }
    }
}
