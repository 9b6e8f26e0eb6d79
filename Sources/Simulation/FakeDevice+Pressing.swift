import AlarmModel
import WireProtocols

/// Who presses what, and what becomes of it when the power goes.
extension FakeDevice {
    /// The time as it knows it.
    func time(at now: Moment) -> WallTime {
        manners.isTimeless ? DeviceManners.stoppedClock : now.wall
    }

    func press(at now: Moment) {
        nextPress = now.monotonic + pause()
        let isSameAgain = pressesAgain && random.chance(250)
        guard isSameAgain, let lastButton else {
            return push(
                Button(
                    kinds: random.pick(kindSets),
                    number: numbers.lowerBound + UInt32(random.below(numbers.count)),
                    variant: 1 + UInt32(random.below(Self.variants))), at: now)
        }
        push(lastButton, at: now)
    }

    /// The one with this address presses once more what they pressed last.
    func pressAgain(_ address: ShortText?, at now: Moment) {
        guard pressEvery != nil,
            let press = history.last(where: { $0.rows.first?.address == address })
        else { return }
        push(press.button, at: now)
    }

    private func push(_ button: Button, at now: Moment) {
        guard waiting.count < Self.waitingMax else { return }
        lastButton = button
        // Where the wire has neither number nor time, the same button again is the same bytes.
        if habits.namesItsReplies { serial += 1 }
        let frame = descriptor.sample(
            of: button.kinds, device: button.number,
            serial: habits.namesItsReplies ? serial : button.variant, at: time(at: now))
        guard let frame else { return }
        let lesson = FrameLesson(frame, decoder)
        let press = FakePress(
            button, frame: frame,
            rows: lesson.drafts.filter { !$0.kind.isTelemetry }, pressedAt: now.monotonic)
        outcomes.append(.pressed(press))
        waiting.append(press)
    }

    /// Mostly one at a time, now and then two at once.
    func pause() -> TimeSpan {
        let mean = pressEvery?.microseconds ?? 0
        if random.chance(100) { return .milliseconds(Int64(random.below(50))) }
        return TimeSpan(microseconds: Int64(random.below(Int(mean) * 2 + 1)))
    }

    /// Single kinds and pairs that the protocol can say, an emergency in most.
    static func kindSets(
        of descriptor: ProtocolDescriptor, at time: WallTime
    ) -> [[EventKind]] {
        let kinds = descriptor.about.kinds.filter { !$0.isTelemetry }
        let grave = kinds.filter { $0.priority == .emergency }
        let sets =
            kinds.map { [$0] } + grave.map { [$0] }
            + grave.flatMap { first in
                kinds.filter { $0 != first }.map { [first, $0] }
            }
        return sets.filter { descriptor.sample(of: $0, serial: 1, at: time) != nil }
    }

    // MARK: - Power and sleep

    /// Its power goes and comes back; its plug is pulled meanwhile.
    func losePower(at now: Moment) {
        if manners.restartsNumbering { serial = 0 }
        waiting.removeAll { $0.isRepetition }
        switch manners.memory {
        case .unanswered: break
        case .nothing:
            forgotten += waiting.count
            waiting = []
        case .andAnswered(let count):
            let repeated = history.suffix(count).map { press in
                FakePress(
                    press.button, frame: press.frame, rows: press.rows,
                    pressedAt: now.monotonic, isRepetition: true)
            }
            waiting.insert(contentsOf: repeated, at: 0)
        }
    }

    /// Nobody presses and nothing is sent before `time`: a house in which everybody is out.
    func sleep(until time: MonotonicTime) { asleepUntil = max(asleepUntil ?? time, time) }

    func wake() { asleepUntil = nil }
}
