import AlarmModel
import WireProtocols

/// What it sends, and what it hears of it.
extension FakeDevice {
    var canSend: Bool {
        isConnected && !isHolding && outstanding.count < habits.outstandingMax
    }

    func sendNotBefore(_ press: FakePress) -> MonotonicTime {
        press.frame == lastFrame ? max(press.pressedAt, restsUntil) : press.pressedAt
    }

    func send(_ press: FakePress, at now: Moment) {
        let reply = FrameLesson(press.frame, decoder).reply
        var message = Message(
            press: press, frame: press.frame, reply: reply, resendAt: now.monotonic, copies: 0)
        message.press?.sentAt = press.sentAt ?? now.monotonic
        write(&message, at: now)
        if press.copies > 0 || press.isRepetition { outcomes.append(.resent(press)) }
        outstanding.append(message)
        if !press.isRepetition {
            history.removeAll { $0.frame == press.frame }
            history.append(press)
            if history.count > Self.historyMax { history.removeFirst() }
        }
    }

    private func write(_ message: inout Message, at now: Moment) {
        let waits = habits.resendAfter
        message.resendAt = now.monotonic + waits[min(message.copies, waits.count - 1)]
        message.copies += 1
        message.press?.copies += 1
        lastFrame = message.frame
        awaitReply(message.reply, to: message.frame)
        output.append(message.frame)
    }

    private func awaitReply(_ reply: [UInt8], to frame: [UInt8]) {
        if let other = repliesAwaited[reply] {
            if other != frame { repliesAwaited.updateValue(nil, forKey: reply) }
        } else {
            repliesAwaited.updateValue(frame, forKey: reply)
        }
    }

    /// Something else spoke on its connection, and an answer may be for that.
    func interrupted(by frame: [UInt8]) {
        isInterrupted = true
        awaitReply(FrameLesson(frame, decoder).reply, to: frame)
    }

    func resend(_ index: Int, at now: Moment) {
        guard let press = outstanding[index].press else {
            outstanding.remove(at: index)
            return
        }
        if let most = habits.copiesMax, outstanding[index].copies >= most {
            outstanding.remove(at: index)
            waiting.insert(press, at: 0)
            isHolding = true
            heartbeatAt = now.monotonic
            return
        }
        write(&outstanding[index], at: now)
        outcomes.append(.resent(press))
    }

    /// A sender that may have one message on its way waits for the answer to a heartbeat too.
    func sendHeartbeat(at now: Moment) {
        guard let every = habits.heartbeatEvery else { return }
        guard outstanding.count < habits.outstandingMax else {
            heartbeatAt = now.monotonic + .seconds(1)
            return
        }
        heartbeatAt = now.monotonic + (isHolding ? .seconds(5) : every)
        let isPosition = serial % 2 == 1 || manners.isNameless
        serial += 1
        guard let frame = heartbeat(isPosition ? .position : .checkIn, at: now) else { return }
        let reply = FrameLesson(frame, decoder).reply
        if habits.outstandingMax > 1 {
            awaitReply(reply, to: frame)
            return output.append(frame)
        }
        var message = Message(
            press: nil, frame: frame, reply: reply, resendAt: now.monotonic, copies: 0)
        write(&message, at: now)
        outstanding.append(message)
    }

    private func heartbeat(_ kind: EventKind, at now: Moment) -> [UInt8]? {
        func frame(_ kind: EventKind) -> [UInt8]? {
            descriptor.sample(
                of: [kind], device: numbers.lowerBound, serial: serial, at: time(at: now))
        }
        return frame(kind) ?? (manners.isNameless ? nil : frame(.checkIn))
    }

    // MARK: - Replies

    /// Takes the first thing out of the inbox that means anything. False when nothing does.
    func takeReply(at now: Moment) -> Bool {
        var first: (start: Int, end: Int, index: Int?)?
        func consider(_ bytes: [UInt8], _ index: Int?) {
            guard !bytes.isEmpty, let start = inbox.firstRange(of: bytes)?.lowerBound,
                start < first?.start ?? .max
            else { return }
            first = (start, start + bytes.count, index)
        }
        for index in outstanding.indices { consider(outstanding[index].reply, index) }
        consider(greeting, nil)
        consider(habits.refusal, nil)
        guard let first else { return false }
        inbox.removeFirst(first.end)
        if let index = first.index { answered(index, at: now) } else { askedAgain(at: now) }
        return true
    }

    private func answered(_ index: Int, at now: Moment) {
        let message = outstanding.remove(at: index)
        restsUntil = now.monotonic + habits.rest
        guard var press = message.press else {
            isHolding = false
            return
        }
        guard !press.isRepetition else { return }
        press.answeredAt = now.monotonic
        // Two messages that got the same number of a device that began to count anew: the answer
        // may be for the other.
        let isNamed = habits.namesItsReplies && repliesAwaited[message.reply] == message.frame
        press.isAnswerCertain = isNamed || !habits.namesItsReplies && !isInterrupted
        outcomes.append(.answered(press))
    }

    private func askedAgain(at now: Moment) {
        for index in outstanding.indices { outstanding[index].resendAt = now.monotonic }
    }
}
