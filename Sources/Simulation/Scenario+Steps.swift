import AlarmModel
import StationCore
import WireProtocols

/// What each of the fakes does when it is its turn.
extension Scenario {
    /// The time as the station is told it.
    var stationNow: Moment {
        var now = clock.machine
        if planted == .wallForMonotonic { now.monotonic.microseconds = now.wall.microseconds }
        return now
    }

    // MARK: - Devices and lines

    func tick(_ index: Int) {
        let device = ports[index].device
        device.tick(at: clock.now)
        while let frame = device.nextOutput() {
            note(
                1, Int64(frame.count),
                "\(ports[index].profile.wire.portID) sends \(frame.count) bytes")
            _ = ports[index].up.write(
                frame, at: clock.now.monotonic, faults: ports[index].faults)
            mimic(frame, of: index)
        }
        takeOutcomes(index)
    }

    /// Strangers who say what they overheard as their own.
    private func mimic(_ frame: [UInt8], of index: Int) {
        for other in ports.indices
        where ports[other].mimics == index && ports[other].isPlugged && random.chance(400) {
            note(16, Int64(other), "\(ports[other].profile.name) sends the same as its own")
            ports[other].device.interrupted(by: frame)
            ports[other].open?.witness.isShared = true
            _ = ports[other].up.write(frame, at: clock.now.monotonic, faults: LineFaults())
        }
    }

    /// One read(2) of what the kernel holds for a port.
    func read(_ index: Int) {
        let bytes = ports[index].up.read(
            at: clock.now.monotonic, limit: Limits.readsPerTurnBytes)
        guard restartAt == nil, let (key, witness) = ports[index].open else {
            return
        }
        let pending = station.health.pendingEvents
        if pending >= Limits.pendingEventsMax {
            checkers.report(.boundedQueues, "a port was read while \(pending) entries wait")
        }
        note(
            2, Int64(bytes.count),
            "\(ports[index].profile.wire.portID) is read, \(bytes.count) bytes")
        let debts = witness.debts.count
        witness.hear(bytes, at: stationNow)
        station.receive(
            ports[index].readOut(bytes, planted: planted), from: key, at: stationNow)
        if planted == .replyOnArrival, witness.debts.count > debts, let debt = witness.debts.last {
            send(debt.reply, to: key)
        }
        let entries = perform(from: ports[index].profile.wire)
        checkers.heard(witness.hearings, readNow(index), entries)
        checkTelemetry(witness, on: ports[index].profile.wire.portID)
    }

    private func readNow(_ index: Int) -> Checkers.Read {
        Checkers.Read(
            descriptor: ports[index].profile.descriptor, wire: ports[index].profile.wire.id,
            port: ports[index].profile.wire.portID, now: stationNow, boot: clock.boot)
    }

    /// Sessions whose deadline has passed say what they have to.
    func passTime() {
        for port in ports { port.open?.witness.passTime(at: stationNow) }
        station.passTime(at: stationNow)
        account(for: perform(), order: nil)
    }

    /// What no message told is put down in the checkers' own account.
    func account(for entries: [LedgerEntry], order: Order?) {
        let now = clock.asTold
        for entry in entries {
            _ = checkers.release(entry, at: stationNow.monotonic)
            checkers.alerts.take(entry, from: nil, order: order, at: now)
        }
        checkers.reportAlertProblems()
    }

    /// What brings no row has been answered by now. A position that ends a condition brings one.
    private func checkTelemetry(_ witness: Witness, on port: PortID) {
        let isLate = witness.promptDebts.contains { !restoringFrames.contains($0.fingerprint) }
        if isLate {
            checkers.report(.telemetryWaits, "\(port) waits for the answer to a heartbeat")
        }
    }

    func deliverReply(_ index: Int) {
        let bytes = ports[index].down.read(at: clock.now.monotonic, limit: .max)
        note(3, Int64(bytes.count), "\(ports[index].profile.wire.portID) gets \(bytes.count) bytes")
        ports[index].device.receive(bytes, at: clock.now)
        takeOutcomes(index)
    }

    func takeOutcomes(_ index: Int) {
        let bound = plan.mode == .calm ? Self.latenessMax : nil
        while let outcome = ports[index].device.nextOutcome() {
            switch outcome {
            case .pressed: report.presses += 1
            case .resent: report.resends += 1
            case .answered(let press):
                report.answered += 1
                note(4, 0, "\(ports[index].profile.wire.portID) is answered for \(press.name)")
                answeredPresses.append((press, ports[index].wires))
                checkers.answered(press, on: ports[index].profile.wire.portID, within: bound)
            }
        }
    }

    // MARK: - Plugs

    func openPorts() {
        for index in ports.indices where ports[index].isPlugged { openPort(index) }
    }

    func plugIn(_ index: Int) {
        ports[index].connect()
        note(5, Int64(index), "\(ports[index].profile.wire.portID) is plugged in")
        ports[index].replugAt = nil
        ports[index].isPlugged = true
        ports[index].device.connected()
        if restartAt == nil { openPort(index) }
    }

    func unplug(_ index: Int) {
        guard ports[index].isPlugged else { return }
        note(6, Int64(index), "\(ports[index].profile.wire.portID) is unplugged")
        report.unplugged += 1
        ports[index].isPlugged = false
        ports[index].up.cut()
        ports[index].down.cut()
        ports[index].device.disconnected()
        closePort(index)
        ports[index].replugAt =
            clock.now.monotonic + random.span(.milliseconds(200)...(.seconds(20)))
    }

    private func openPort(_ index: Int) {
        lastPortKey += 1
        let key = PortKey(lastPortKey)
        ports[index].open = (
            key,
            Witness(
                ports[index].profile.descriptor, on: ports[index].profile.wire.id,
                at: stationNow, planted: planted)
        )
        let profile = ports[index].stationProfile(planted: planted)
        station.handle(.portOpened(key, profile), at: stationNow)
        perform()
    }

    /// After a port has closed, the station's counters and those of the witnesses agree.
    func closePort(_ index: Int) {
        guard let (key, witness) = ports[index].open else { return }
        station.handle(.portClosed(key), at: stationNow)
        account(for: perform(), order: nil)
        ports[index].open = nil
        witness.finish()
        ports[index].past.add(witness)
        let id = ports[index].profile.wire.portID
        var counted = FakePort.Totals()
        if let counters = station.counters[ports[index].profile.name] {
            counted.received = counters.bytesIn
            counted.frames = counters.frames
            counted.frameBytes = counters.frameBytes
            counted.skippedBytes = counters.skippedTotal
            if planted == .skipUncounted { counted.skippedBytes -= counters.skippedBytes[0] }
        }
        if counted != ports[index].past {
            checkers.report(
                .byteConservation, "\(id) counts \(counted) where there were \(ports[index].past)")
        }
        let accounted = witness.frameBytes + witness.skippedBytes + UInt64(witness.pending)
        if accounted != witness.received {
            checkers.report(
                .byteConservation, "\(id) accounts for \(accounted) of \(witness.received) bytes")
        }
        if let difference = witness.replay(&random) {
            checkers.report(.chunkInvariance, difference)
        }
    }

    // MARK: - Ledger and clients

    func commit() {
        let outcome = ledger.step(at: clock.now.monotonic)
        note(7, Int64(outcome.durable.count), "\(outcome.durable.count) entries are durable")
        checkers.durable(outcome.durable)
        guard let input = outcome.report else { return }
        station.handle(input, at: stationNow)
        perform()
        if case .ledgerFailed = input { crash() }
    }

    func readStream(_ index: Int) {
        let before = feed.clients[index].handled
        let ledger = ledger
        let events = feed.clients[index].read(at: clock.now.monotonic) { ledger.records($0) }
        note(8, Int64(events.count), "client \(index) takes \(events.count) events")
        var expected = before
        for event in events {
            expected = expected.next
            if event.sequence != expected {
                checkers.report(
                    .stuckClient,
                    "client \(index) got event \(event.sequence), not \(expected), "
                        + "and was told of no gap")
                return
            }
        }
    }

    // MARK: - Decisions carried out

    /// As the daemon does: what one turn wants stored goes to the ledger in one piece. Returns it.
    ///
    /// - Parameter wire: the true one, of what was read. A station that was told another has to be
    ///   found out by what it folds and holds, not by the name that it stores.
    @discardableResult
    func perform(from wire: Wire? = nil) -> [LedgerEntry] {
        var entries: [LedgerEntry?] = []
        while let action = station.nextAction() {
            switch action {
            case .store(let entry):
                for event in entry.records.compactMap(\.event) where event.draft.isRestored {
                    restoringFrames.insert(RunningHash.of(event.raw, on: event.wire.id))
                }
                entries.append(filter.store(entry, from: wire))
                if planted == .publishedOnStore { entry.records.forEach(publish) }
            case .send(let reply, let key): sendAsPlanted(reply, to: key)
            case .publish(let record):
                if let record = filter.publish(record) { publish(record) }
            // Its ports have options that can be.
            case .dumpCapture, .refuse: break
            case .answer(let token, let outcome):
                orderAnswered(token, outcome)
            case .pauseReading: isPaused = true
            case .resumeReading: isPaused = false
            }
        }
        ledger.enqueue(entries, at: clock.now.monotonic)
        return entries.compactMap(\.self)
    }

    private func publish(_ record: Record) {
        let name = record.event?.kind.rawValue ?? record.change?.draft.kind.rawValue ?? ""
        note(9, record.sequence.rawValue, "\(name) is shown as \(record.sequence)")
        checkers.published(record)
        if record.event?.kind.isTelemetry == true { return }
        feed.publish(record, at: clock.now.monotonic)
        for client in feed.clients {
            if client.buffer.count > FakeStreamClient.bufferMax {
                checkers.report(.stuckClient, "a client's buffer holds \(client.buffer.count)")
            }
            if (client.buffer.last?.sequence ?? client.handled) < record.sequence {
                checkers.report(
                    .stuckClient,
                    "record \(record.sequence) was shown and a client has no word of it"
                )
            }
        }
    }

    private func sendAsPlanted(_ reply: [UInt8], to key: PortKey) {
        switch planted {
        case .replyToWrongPort where random.chance(50):
            let others = ports.compactMap(\.open?.key).filter { $0 != key }
            send(reply, to: others.first ?? key)
        case .replyDropped where key == ports[0].open?.key && ports[0].awaitsRows(reply): break
        case .heartbeatUnanswered where random.chance(20) && !ports[0].awaitsRows(reply): break
        default: send(reply, to: key)
        }
    }

    private func send(_ reply: [UInt8], to key: PortKey) {
        guard let index = ports.firstIndex(where: { $0.open?.key == key }),
            let witness = ports[index].open?.witness
        else { return checkers.report(.replyBeforeDurable, "a reply went to a closed port") }
        note(
            10, Int64(reply.count),
            "\(ports[index].profile.wire.portID) is sent \(reply.count) bytes")
        checkers.sent(reply, to: ports[index].profile.wire.portID, witness)
        witness.lastSent = stationNow.monotonic
        _ = ports[index].down.write(
            reply, at: clock.now.monotonic, faults: ports[index].faults)
    }
}
