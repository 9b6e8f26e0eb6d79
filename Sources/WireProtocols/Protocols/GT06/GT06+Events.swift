import AlarmModel

extension GT06 {
    @inline(__always)
    public static func events(
        of message: Message, in session: inout Session, _ body: borrowing EventBody
    ) {
        guard case .report(let report) = message.body else {
            return otherEvents(message, in: &session, body)
        }
        reportEvents(report, message.type, serial: message.serial, in: session, body)
    }

    @inline(always)
    private static func reportEvents(
        _ report: Report, _ type: UInt8, serial: UInt16, in session: Session,
        _ body: borrowing EventBody
    ) {
        var draft = draft(serial: serial, in: session)
        draft.reportedAt = report.localTime.map {
            WallTime(
                microseconds: $0.microseconds &- session.clockOffset(of: type).microseconds)
        }
        draft.position = report.place?.position(at: draft.reportedAt)
        draft.isLate = report.isLate
        if let state = report.state {
            draft.signalPercent = state.signalLevel <= 4 ? state.signalLevel &* 25 : nil
            draft.heldConditions = state.conditions
        }
        draft.kind = draft.position == nil ? .checkIn : .position
        guard report.tellsAlarm || isAlarm(type) else { return body(draft, nil) }
        let alarm = Alarm(report.alarm, of: type)
        alarmEvents(alarm, report.state, fence: report.fenceName, draft, body)
        guard alarm.meaning.kind == nil, let text = alarm.meaning.text else {
            return body(draft, nil)
        }
        draft.code = alarm.code
        body(draft, text)
    }

    /// What every event of a message says.
    @inline(__always)
    private static func draft(serial: UInt16, in session: Session) -> EventDraft {
        var draft = EventDraft(.checkIn, address: session.address)
        draft.deviceSerial = UInt32(serial)
        return draft
    }

    /// Types that are sent for an alarm and nothing else.
    @inline(always)
    private static func isAlarm(_ type: UInt8) -> Bool {
        switch layout(of: type) {
        case .alarm, .cellAlarm, .accessPointAlarm: true
        default: false
        }
    }

    /// What the alarm byte says.
    private struct Alarm {
        /// 0 is none.
        var byte: UInt16
        var meaning: Meaning
        var code: ShortText

        /// A type that is sent for an alarm and lost it says so.
        init(_ alarm: UInt16?, of type: UInt8) {
            byte = alarm ?? 0
            if let alarm {
                meaning = alarm == 0 ? Meaning(nil) : GT06.meaning(ofAlarm: alarm)
                code = GT06.code(alarm)
            } else {
                meaning =
                    isAlarm(type)
                    ? Meaning(.unknown, text: "an alarm that cannot be read") : Meaning(nil)
                code = GT06.code(UInt16(type))
            }
        }
    }

    /// The alarm byte, the information byte and the battery level may tell of three things, or of
    /// the same.
    private static func alarmEvents(
        _ alarm: Alarm, _ state: State?, fence: ShortText?, _ draft: EventDraft,
        _ body: borrowing EventBody
    ) {
        let byte = alarm.byte
        let value = state?.informationValue ?? 0
        let information = Self.information[Int(value)]
        let isTold = information.sameAs.contains(byte)
        let isLevelTold =
            byte == AlarmID.batteryLow || value == batteryLowInformation && !isTold
        for rank in 0..<4 {
            if alarm.meaning.kind?.priority.rank == rank {
                let lasts = byte == AlarmID.powerCut || byte == AlarmID.batteryLow
                tell(alarm.meaning, alarm.code, lasts, fence: fence, draft, body)
            }
            if information.meaning.kind?.priority.rank == rank, !isTold {
                tell(
                    information.meaning, ShortText("info\(value)"), true, fence: nil, draft, body)
            }
            if EventKind.batteryLow.priority.rank == rank, !isLevelTold,
                let level = state?.lowBatteryLevel
            {
                tell(
                    Meaning(.batteryLow), ShortText("level\(level)"), true, fence: nil, draft,
                    body)
            }
        }
    }

    /// - Parameter lasts: it is told again for as long as it lasts, if the state says so too.
    private static func tell(
        _ meaning: Meaning, _ code: ShortText, _ lasts: Bool, fence: ShortText?,
        _ draft: EventDraft, _ body: borrowing EventBody
    ) {
        guard let kind = meaning.kind else { return }
        var alarm = draft
        alarm.kind = kind
        alarm.code = code
        if kind == .geofenceExit || kind == .geofenceEnter { alarm.fence = fence }
        if lasts, let bit = State.bit(of: kind), (draft.heldConditions ?? 0) >> bit & 1 == 1 {
            alarm.heldBit = bit
        }
        alarm.heldConditions = nil
        body(alarm, meaning.text)
    }

    private static func otherEvents(
        _ message: Message, in session: inout Session, _ body: borrowing EventBody
    ) {
        if case .login(let login) = message.body { session.take(login) }
        var draft = draft(serial: message.serial, in: session)
        switch message.body {
        case .report: break
        case .login, .echo: body(draft, nil)
        case .modular(let items): modularEvents(items, draft, body)
        case .other:
            if layout(of: message.type) == .unknown {
                draft.kind = .unknown
                draft.code = code(UInt16(message.type))
            }
            body(draft, nil)
        }
    }

    /// Each alarm of the items, the gravest first, at the place that an item tells.
    private static func modularEvents(
        _ items: [UInt8], _ bare: EventDraft, _ body: borrowing EventBody
    ) {
        var draft = bare
        var texts: [String] = []
        forEachItem(items.span) { id, item in
            guard id == ItemID.place, let place = Place(item: item) else { return }
            draft.reportedAt = unixTime(item.uint32(at: 0))
            draft.position = place.position(at: draft.reportedAt)
            draft.position?.altitudeCentimeters =
                Int32(Int16(bitPattern: item.uint16(at: 5))) * 100
        }
        for rank in 0..<4 {
            forEachItem(items.span) { id, item in
                guard id == ItemID.alarm || id == ItemID.event, item.count > 0 else { return }
                let table = id == ItemID.alarm ? modularAlarms : modularEvents
                let meaning = table[item[0]] ?? .undescribed
                var alarm = draft
                if id == ItemID.alarm, item.count >= 5 {
                    alarm.reportedAt = unixTime(item.uint32LE(at: 1)) ?? draft.reportedAt
                }
                let prefix = id == ItemID.alarm ? "alarm" : "event"
                let code = ShortText(prefix + hexText([item[0]]))
                if meaning.kind?.priority.rank == rank {
                    tell(meaning, code, false, fence: nil, alarm, body)
                } else if rank == 0, meaning.kind == nil, let text = meaning.text {
                    texts.append(text)
                }
            }
        }
        draft.kind = draft.position == nil ? .checkIn : .position
        body(draft, texts.isEmpty ? nil : texts.joined(separator: ", "))
    }

    /// Id 2, length 2, value; a list that runs over the end is read as far as it goes.
    private static func forEachItem(
        _ items: Span<UInt8>, _ body: (UInt16, Span<UInt8>) -> Void
    ) {
        var offset = 0
        while offset + 4 <= items.count {
            let start = offset + 4
            let end = start + Int(items.uint16(at: offset + 2))
            body(items.uint16(at: offset), items.extracting(start..<min(end, items.count)))
            offset = end
        }
    }

    /// A clock that was never set says 0.
    private static func unixTime(_ seconds: UInt32) -> WallTime? {
        seconds == 0 ? nil : WallTime(microseconds: Int64(seconds) * 1_000_000)
    }

    /// Two digits, or three where the alarm has a high part.
    fileprivate static func code(_ alarm: UInt16) -> ShortText {
        ShortText(hex: UInt32(alarm), digits: alarm > 0xFF ? 3 : 2)
    }
}

extension GT06.Report {
    /// Something of it is an alarm, or may be.
    @inline(__always)
    fileprivate var tellsAlarm: Bool {
        if (alarm ?? 0) != 0 { return true }
        guard let state else { return false }
        return state.informationValue != 0 || state.lowBatteryLevel != nil
    }
}

extension GT06.State {
    /// A row of ``GT06/information``.
    @inline(__always)
    var informationValue: UInt8 { information >> 3 & 7 }

    /// At 2 the maker's devices raise their own alarm.
    @inline(__always)
    var lowBatteryLevel: UInt8? { batteryLevel.flatMap { $0 <= 2 ? $0 : nil } }

    /// The bit of a condition that is told in every message for as long as it lasts.
    static func bit(of kind: EventKind) -> UInt8? {
        switch kind {
        case .powerLost: GT06.powerCutInformation
        case .batteryLow: GT06.batteryLowInformation
        default: nil
        }
    }

    /// All such bits.
    @inline(__always)
    var conditions: UInt32 {
        let value = informationValue
        var bits: UInt32 = 0
        if value == GT06.powerCutInformation { bits |= 1 << UInt32(GT06.powerCutInformation) }
        if value == GT06.batteryLowInformation || lowBatteryLevel != nil {
            bits |= 1 << UInt32(GT06.batteryLowInformation)
        }
        return bits
    }
}
