import AlarmModel

extension Watch {
    @inline(__always)
    public static func events(
        of message: Message, in session: inout Session, _ body: borrowing EventBody
    ) {
        var draft = draft(message.header)
        switch message.body {
        case .report(let report): reportEvents(report, &draft, in: session, body)
        case .linkKeep(let batteryPercent):
            draft.batteryPercent = batteryPercent
            body(draft, nil)
        case .other(let bytes): otherEvents(WatchContent(bytes), &draft, body)
        }
    }

    /// What every event of a message says.
    @inline(__always)
    private static func draft(_ header: Header) -> EventDraft {
        var draft = EventDraft(.checkIn, address: header.id)
        draft.deviceSerial = header.serial.map { UInt32($0) }
        return draft
    }

    @inline(__always)
    private static func reportEvents(
        _ report: Report, _ draft: inout EventDraft, in session: Session,
        _ body: borrowing EventBody
    ) {
        draft.reportedAt = report.localTime.map {
            WallTime(microseconds: $0.microseconds &- session.clockOffset.microseconds)
        }
        draft.position = report.place?.position(at: draft.reportedAt)
        draft.batteryPercent = report.battery
        draft.signalPercent = report.signal
        draft.isLate = report.isLate
        let status = report.status ?? 0
        let isBare = report.isAlarm && status & alarmBits == 0
        let conditions = UInt64(status) | (isBare ? 1 << UInt64(bareAlarm) : 0)
        if conditions & session.tellingBits != 0 { alarms(conditions, draft, in: session, body) }
        draft.kind = draft.position == nil ? .checkIn : .position
        if !draft.isLate {
            draft.heldConditions = report.status.map { $0 & session.heldBits }
        }
        body(draft, nil)
    }

    /// One event for each bit, the gravest first.
    private static func alarms(
        _ conditions: UInt64, _ draft: EventDraft, in session: Session,
        _ body: borrowing EventBody
    ) {
        var alarm = draft
        for rank in 0..<4 {
            var bits = conditions & session.bits(rank: rank)
            while bits != 0 {
                let bit = bits.trailingZeroBitCount
                bits &= bits - 1
                let condition = session.conditions[bit]
                guard let kind = condition.kind else { continue }
                alarm.kind = kind
                alarm.code = bit == bareAlarm ? "AL" : ShortText(decimal: UInt32(bit))
                alarm.heldBit = condition.isHeld ? UInt8(bit) : nil
                body(alarm, condition.text)
            }
        }
    }

    private static func otherEvents(
        _ content: WatchContent, _ draft: inout EventDraft, _ body: borrowing EventBody
    ) {
        draft.kind = content.meaning?.kind ?? .unknown
        if !draft.kind.isTelemetry { draft.code = ShortText(content.keyword) }
        body(draft, content.text)
    }
}
