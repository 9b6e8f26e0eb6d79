import AlarmModel
import StationCore
import WireProtocols

/// How a run begins, what goes wrong in it, and how it ends.
extension Scenario {
    /// More than may wait for the ledger.
    static let floodPresses = 10_400
    /// Of so many devices that none says more than it may have kept.
    private static let floodNumbers = UInt32(10_001)...10_130
    private static let stormPresses = 120...600

    // MARK: - Begin

    static func station(
        _ recovery: Recovery, _ plan: Plan, _ planted: PlantedBug?, seed: UInt64, at now: Moment
    ) -> Station {
        guard planted == .alertsByAddressAlone else {
            return Station(
                recovery: recovery, seed: seed, start: now,
                ongoingAlertsMax: plan.ongoingAlertsMax)
        }
        return Station(
            recovery: recovery, seed: seed, start: now, ongoingAlertsMax: plan.ongoingAlertsMax,
            identity: { _ in Identity(.global) })
    }

    func addPorts() {
        for (index, planned) in plan.ports.enumerated() {
            // Where nobody says who they are, a connection is one device.
            let others: UInt32 = planned.manners.isNameless ? 0 : 3
            let device = FakeDevice(
                planned.descriptor, numbers: planned.firstNumber...(planned.firstNumber + others),
                pressEvery: plan.pressEvery, manners: planned.manners, seed: random.next(),
                at: clock.now)
            let profile = PortProfile(
                wire: Wire(planned.portID, portName: planned.portID.rawValue),
                name: "way-\(index + 1)", descriptor: planned.descriptor)
            var port = FakePort(
                profile, device, host: planned.host, mimics: planned.mimics, seed: random.next())
            port.faults.cutsMax = 4
            if plan.mode == .faulty, plan.faults.contains(.noise) { port.faults = .noisy }
            port.connect()
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
        var frames: [[UInt8]] = []
        var addresses: [ShortText] = []
        for number in Self.floodNumbers {
            let own = (1...UInt32(Self.floodPresses / Self.floodNumbers.count)).compactMap {
                descriptor.sample(of: [.sos], device: number, serial: $0, at: clock.now.wall)
            }
            guard let first = own.first, let decoder = try? descriptor.makeDecoder(),
                let address = FrameLesson(first, decoder).drafts.first?.address
            else { return }
            frames += own
            addresses.append(address)
        }
        flood = (addresses, frames.count)
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
        case .crash: crash()
        case .reboot: reboot()
        case .powerCut: cutPower(of: random.below(ports.count))
        case .quiet: sleep(until: now + aroundWindow())
        case .diskFull: ledger.fullUntil = now + random.span(.seconds(1)...(.seconds(12)))
        case .ledgerFailure: ledger.isFailing = random.chance(300)
        case .slowLedger:
            let longest = TimeSpan.milliseconds(Int64(5 + random.below(5_000)))
            ledger.latency = .milliseconds(1)...longest
        case .clockJump:
            // Back by less, and nobody can tell that an hour has more than sixty minutes.
            let isBack = random.chance(500)
            let seconds = Int64(100 + random.below(100_000)) * (isBack ? -1 : 1)
            checkers.alerts.clockMoved()
            if random.chance(300) { clock.setWall() } else { clock.jumpWall(by: .seconds(seconds)) }
        case .noise:
            let index = random.below(ports.count)
            ports[index].faults.noise = random.below(300)
        case .storm: storm()
        case .clientPace:
            let index = 1 + random.below(feed.clients.count - 1)
            feed.clients[index].setPace(random.pick([.fast, .slow, .stopped]), at: now)
        }
    }

    /// A button that is stuck, or a stranger with the number of a device.
    private func storm() {
        let index = random.below(ports.count)
        let planned = plan.ports[index]
        let device = planned.firstNumber + UInt32(random.below(2)) * 50
        let count = UInt32(
            Self.stormPresses.lowerBound + random.below(Self.stormPresses.count))
        let first = UInt32(1_000 + random.below(8_000))
        guard ports[index].isPlugged, ports[index].device.habits.namesItsReplies else { return }
        let frames = (first..<first + count).compactMap {
            planned.descriptor.sample(
                of: [.sos], device: device, serial: $0, at: clock.now.wall)
        }
        _ = ports[index].up.write(
            Array(frames.joined()), at: clock.now.monotonic, faults: ports[index].faults)
    }

    /// Long enough, or not, for a copy to be a press again.
    private func aroundWindow() -> TimeSpan {
        let window = plan.window(&random).microseconds
        return TimeSpan(microseconds: window / 100 * Int64(20 + random.below(120)))
    }

    /// Nobody says anything for a while.
    private func sleep(until time: MonotonicTime) {
        for port in ports { port.device.sleep(until: time) }
    }

    private func cutPower(of index: Int) {
        unplug(index)
        note(17, Int64(index), "\(ports[index].profile.name) is without power")
        ports[index].device.losePower(at: clock.now)
    }

    private func reboot() {
        isRebooting = true
        crash()
        for index in ports.indices where random.chance(500) { cutPower(of: index) }
    }

    /// The machine or the daemon stops at once: what was not durable never was.
    func crash() {
        guard restartAt == nil else { return }
        note(12, 0, "the station stops")
        report.restarts += 1
        checkers.durable(ledger.crash())
        isPaused = false
        desk.stationStopped()
        for index in ports.indices {
            ports[index].open = nil
            ports[index].past = FakePort.Totals()
            ports[index].up.cut()
        }
        let isLong = random.chance(300)
        let pause = isLong ? aroundWindow() : random.span(.milliseconds(100)...(.seconds(5)))
        restartAt = clock.now.monotonic + pause
        // Whoever waits for hours costs a run all its steps.
        if isLong {
            sleep(until: clock.now.monotonic + pause + random.span(.seconds(0)...(.seconds(3))))
        }
    }

    func restart() {
        note(13, 0, isRebooting ? "the machine starts" : "the station starts")
        restartAt = nil
        startedAt = clock.now.monotonic
        if isRebooting {
            clock.reboot(isWallLost: random.chance(300))
            checkers.alerts.clockMoved()
        }
        let recovery = ledger.recovery(boot: clock.boot, at: stationNow.monotonic)
        station = Self.station(recovery, plan, planted, seed: random.next(), at: stationNow)
        checkers.restarted(boot: clock.boot, isNewBoot: isRebooting)
        isRebooting = false
        filter = EventFilter(planted)
        let last = checkers.lastSequence
        for index in feed.clients.indices {
            feed.clients[index].reconnect(through: last, at: clock.now.monotonic)
        }
        for index in ports.indices where ports[index].isPlugged { ports[index].connect() }
        openPorts()
    }

    // MARK: - End

    /// No more presses and no more faults; whatever is broken is mended.
    func calmDown() {
        guard checkers.problems.isEmpty else { return }
        note(15, 0, "all faults stop")
        chaosAt = nil
        orderAt = nil
        if let due = restartAt { restartAt = min(due, clock.now.monotonic + .seconds(5)) }
        ledger.fullUntil = nil
        ledger.isFailing = false
        ledger.latency = .milliseconds(1)...(.milliseconds(30))
        for index in feed.clients.indices {
            feed.clients[index].setPace(.fast, at: clock.now.monotonic)
        }
        for index in ports.indices {
            ports[index].device.pressEvery = nil
            ports[index].device.wake()
            ports[index].faults = LineFaults()
            if !ports[index].isPlugged { ports[index].replugAt = clock.now.monotonic }
        }
    }

    /// After the calm everything has to be where it belongs.
    func judge() {
        report.forgotten = ports.reduce(0) { $0 + $1.device.forgotten }
        let open = ports.flatMap { $0.device.openPresses }
        checkers.judge(answeredPresses, open: open)
        judgeOrders()
        if let flood { checkers.judgeFlood(of: flood.addresses, count: flood.count) }
        for client in feed.clients where client.handled != checkers.lastSequence {
            checkers.report(
                .stuckClient, "a client has \(client.handled) of \(checkers.lastSequence) events")
        }
        for index in ports.indices { closePort(index) }
        checkers.judgeStorms()
    }
}
