import AlarmModel

extension JTT808 {
    @inline(__always)
    public static func events(
        of message: Message, in session: inout Session, _ body: borrowing EventBody
    ) {
        switch message.body {
        case .location(let report), .answer(_, let report):
            reportEvents(message.header, report, in: &session, body)
        default:
            otherEvents(message, in: &session, body)
        }
    }

    /// What every event of a message says.
    @inline(__always)
    private static func draft(_ header: Header) -> EventDraft {
        var draft = EventDraft(.checkIn, address: header.address)
        draft.deviceSerial = UInt32(header.serial)
        return draft
    }

    @inline(__always)
    private static func reportEvents(
        _ header: Header, _ report: LocationReport, in session: inout Session,
        _ body: borrowing EventBody
    ) {
        var draft = draft(header)
        locate(&draft, report, in: &session)
        if report.alarm != 0 {
            var alarm = draft
            for rank in 0..<4 { alarms(of: report, rank: rank, &alarm, in: &session, body) }
        }
        draft.kind = draft.position == nil ? .checkIn : .position
        draft.heldConditions = report.alarm & session.heldBits
        body(draft, nil)
    }

    private static func otherEvents(
        _ message: Message, in session: inout Session, _ body: borrowing EventBody
    ) {
        var draft = draft(message.header)
        switch message.body {
        case .location, .answer: break
        case .batch(let batch):
            batchEvents(message.header, batch, in: &session, body)
        case .heartbeat(let heartbeat):
            draft.batteryPercent = heartbeat.battery.flatMap { $0 <= 100 ? $0 : nil }
            body(draft, nil)
        case .other(let bytes):
            if let part = message.header.part {
                return partEvents(message.header, part, bytes, in: &session, body)
            }
            describe(&draft, message: message.header.id)
            body(draft, nil)
        }
    }

    /// The gravest of all reports first, then the places in their order. Only the last report of a
    /// usual batch tells what is still the case.
    private static func batchEvents(
        _ header: Header, _ batch: Batch, in session: inout Session,
        _ body: borrowing EventBody
    ) {
        var draft = draft(header)
        draft.isLate = batch.type == Batch.blindSpot
        let bare = draft
        for rank in 0..<4 {
            for report in batch.reports where report.alarm != 0 {
                locate(&draft, report, in: &session)
                alarms(of: report, rank: rank, &draft, in: &session, body)
            }
            if rank == EventKind.deviceFault.priority.rank, batch.isDamaged {
                var fault = bare
                fault.kind = .deviceFault
                body(fault, "reports of a batch are missing")
            }
        }
        for (index, report) in batch.reports.enumerated() {
            locate(&draft, report, in: &session)
            draft.kind = draft.position == nil ? .checkIn : .position
            if index == batch.reports.count - 1, !draft.isLate {
                draft.heldConditions = report.alarm & session.heldBits
            }
            body(draft, nil)
        }
        if batch.reports.isEmpty, !batch.isDamaged { body(bare, nil) }
    }

    /// Sets all that a report says besides its alarms.
    @inline(__always)
    private static func locate(
        _ draft: inout EventDraft, _ report: LocationReport, in session: inout Session
    ) {
        draft.reportedAt = report.localTime.map {
            WallTime(microseconds: $0.microseconds - session.clockOffset.microseconds)
        }
        draft.position = report.position(at: draft.reportedAt)
        draft.batteryPercent = report.batteryPercent.flatMap { $0 <= 100 ? $0 : nil }
        draft.signalPercent = report.signalPercent
    }

    /// Every alarm whose event is of this rank of priority. What is said of one alarm is taken back
    /// from the draft before the next.
    private static func alarms(
        of report: LocationReport, rank: Int, _ draft: inout EventDraft,
        in session: inout Session, _ body: borrowing EventBody
    ) {
        var bits = report.alarm & session.bits(rank: rank)
        while bits != 0 {
            let bit = bits.trailingZeroBitCount
            bits &= bits - 1
            draft.code = ShortText(decimal: UInt32(bit))
            let meaning = session.alarmBits[bit]
            if session.tellsDirection(bit) {
                fences(of: report, bit: bit, rank: rank, &draft, body)
            } else {
                draft.kind = meaning.kind
                draft.heldBit = meaning.isHeld ? UInt8(bit) : nil
                body(draft, meaning.text)
                draft.heldBit = nil
            }
        }
        draft.code = nil
    }

    /// One event for each area or route that the bit tells of, either those that were left or those
    /// that were entered. Where both bits are set, routes belong to one and areas to the other.
    ///
    /// An exit must not be hidden: what does not say whether it was left or entered was left.
    private static func fences(
        of report: LocationReport, bit: Int, rank: Int, _ draft: inout EventDraft,
        _ body: borrowing EventBody
    ) {
        let areas = report.areas
        let both: UInt32 = 1 << areaBit | 1 << routeBit
        let isExit = rank == EventKind.geofenceExit.priority.rank
        var isUntold = areas.isOverfull
        var found = 0
        draft.kind = isExit ? .geofenceExit : .geofenceEnter
        for index in areas.indices {
            let area = areas[index]
            let isOfBit = (area.placeType == AreaAlarm.route) == (bit == routeBit)
            guard isOfBit || report.alarm & both != both else { continue }
            found += 1
            guard (area.direction != AreaAlarm.entered) == isExit else { continue }
            draft.fence = ShortText(decimal: area.id)
            body(draft, area.direction > AreaAlarm.left ? directionUnknown : nil)
        }
        draft.fence = nil
        if found == 0 { isUntold = true }
        guard isUntold, isExit else { return }
        body(draft, directionUnknown)
    }

    private static let directionUnknown = "direction unknown"

    /// A part is stored before it is answered, for it may hold an alarm. The part that makes a
    /// message whole has all of its events.
    private static func partEvents(
        _ header: Header, _ part: Part, _ bytes: [UInt8], in session: inout Session,
        _ body: borrowing EventBody
    ) {
        var outcome = JTT808Parts.Outcome.alone
        if header.id == ID.locationReport || header.id == ID.locationBatch {
            outcome = session.parts.add(header, part, bytes)
        }
        switch outcome {
        case .whole(let whole):
            do {
                var whole = Message(header, try Body(id: header.id, whole.span))
                whole.header.part = nil
                events(of: whole, in: &session, body)
            } catch {
                var draft = draft(header)
                draft.kind = .deviceFault
                draft.code = ShortText(error.rawValue)
                body(draft, nil)
            }
        case .waiting, .alone:
            partAlarms(header, part, bytes, in: &session, body)
            var draft = draft(header)
            describe(&draft, message: header.id)
            body(draft, "part \(part.number) of \(part.total)")
            guard case .waiting(let givenUp?) = outcome else { return }
            var fault = EventDraft(.deviceFault, address: givenUp.key.address)
            fault.code = hexCode(givenUp.key.id)
            fault.deviceSerial = UInt32(givenUp.key.serial)
            body(fault, "\(givenUp.missing) of \(givenUp.parts.count) parts missing")
        }
    }

    /// The alarms of a long report stand in its first part, and wait for no other.
    private static func partAlarms(
        _ header: Header, _ part: Part, _ bytes: [UInt8], in session: inout Session,
        _ body: borrowing EventBody
    ) {
        guard header.id == ID.locationReport, part.number == 1,
            let report = try? LocationReport(bytes.span), report.alarm != 0
        else { return }
        var draft = draft(header)
        locate(&draft, report, in: &session)
        for rank in 0..<4 { alarms(of: report, rank: rank, &draft, in: &session, body) }
    }

    /// Says what a message, or a part of one, is that is kept as it came.
    private static func describe(_ draft: inout EventDraft, message id: UInt16) {
        draft.kind = kind(ofMessage: id)
        if draft.kind == .unknown { draft.code = hexCode(id) }
    }

    private static func hexCode(_ id: UInt16) -> ShortText {
        var code = ShortText()
        for shift: UInt16 in [12, 8, 4, 0] {
            code.append(hexDigit(UInt8(truncatingIfNeeded: id >> shift)))
        }
        return code
    }
}
