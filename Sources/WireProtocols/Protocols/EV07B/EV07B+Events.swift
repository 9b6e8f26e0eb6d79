import AlarmModel

extension EV07B {
    public static func events(
        of message: Message, in session: inout Session, _ body: borrowing EventBody
    ) {
        if !message.address.isEmpty { session.address = message.address }
        var draft = EventDraft(.checkIn, address: session.address)
        draft.deviceSerial = UInt32(message.header.sequence)
        if case .report(let report) = message.body, report.alarm == nil, !message.isDamaged {
            locate(&draft, report)
            if draft.position != nil { draft.kind = .position }
            return body(draft, words(nil, at: report))
        }
        otherEvents(of: message, draft, in: session, body)
    }

    private static func otherEvents(
        of message: Message, _ draft: EventDraft, in session: Session, _ body: borrowing EventBody
    ) {
        switch message.body {
        case .report(let report):
            reportEvents(of: CollectionOfOne(report), message, draft, in: session, body)
        case .batch(let reports):
            reportEvents(of: reports, message, draft, in: session, body)
        case .other:
            var draft = draft
            draft.kind = kind(ofCommand: message.header.command)
            if draft.kind == .unknown { draft.code = ShortText(hex: message.header.command) }
            body(draft, nil)
        }
    }

    /// The gravest of all reports first, then the places in their order. A report without either
    /// says nothing beside others that do.
    private static func reportEvents(
        of reports: some Collection<Report>, _ message: Message, _ bare: EventDraft,
        in session: Session, _ body: borrowing EventBody
    ) {
        var told = 0
        for rank in 0..<4 {
            for report in reports {
                told += alarms(of: report, rank: rank, bare, in: session, body)
            }
            if rank == EventKind.deviceFault.priority.rank, message.isDamaged {
                var fault = bare
                fault.kind = .deviceFault
                fault.code = ShortText(DecodeError.truncated.rawValue)
                body(fault, "records are missing")
                told += 1
            }
        }
        for (index, report) in reports.enumerated() {
            var draft = bare
            locate(&draft, report)
            let isLastWord = told == 0 && index == reports.count - 1
            guard draft.position != nil || isLastWord else { continue }
            draft.kind = draft.position == nil ? .checkIn : .position
            body(draft, words(nil, at: report))
            told += 1
        }
    }

    /// Sets all that a report says besides its alarms.
    @inline(__always)
    private static func locate(_ draft: inout EventDraft, _ report: Report) {
        var fixedAt: WallTime?
        if let general = report.general {
            fixedAt = wallTime(general.time)
            draft.reportedAt = fixedAt
            draft.isLate = general.status & General.historical != 0
            draft.signalPercent = signalPercent(general.status)
            let percent = UInt8(truncatingIfNeeded: general.status >> 24)
            if percent <= 100 { draft.batteryPercent = percent }
        }
        if let percent = report.battery, percent <= 100 { draft.batteryPercent = percent }
        draft.position = report.place?.position(at: fixedAt)
    }

    /// Every alarm whose event is of this rank of priority; returns how many.
    private static func alarms(
        of report: Report, rank: Int, _ bare: EventDraft, in session: Session,
        _ body: borrowing EventBody
    ) -> Int {
        guard let alarm = report.alarm else { return 0 }
        var bits = telling(alarm.bits) & session.bits(rank: rank)
        guard bits != 0 else { return 0 }
        let count = bits.nonzeroBitCount
        var draft = bare
        locate(&draft, report)
        if let time = wallTime(alarm.time) { draft.reportedAt = time }
        while bits != 0 {
            let bit = bits.trailingZeroBitCount
            bits &= bits - 1
            let meaning = session.alarmBits[bit]
            draft.kind = meaning.kind
            draft.isRestored = meaning.isRestored
            draft.code = ShortText(decimal: UInt32(bit))
            draft.fence = meaning.fence
            body(draft, words(meaning.text, at: report))
        }
        return count
    }

    /// What the wearer's surroundings are called goes behind the words of an alarm.
    @inline(__always)
    private static func words(_ text: String?, at report: Report) -> String? {
        if report.placeName.isEmpty { return text }
        let place = report.placeName.string
        return text.map { "\($0), \(place)" } ?? place
    }

    /// Nil for a clock that was never set.
    @inline(__always)
    private static func wallTime(_ seconds: UInt32) -> WallTime? {
        seconds == 0 ? nil : WallTime(microseconds: Int64(seconds) * 1_000_000)
    }

    @inline(__always)
    private static func signalPercent(_ status: UInt32) -> UInt8 {
        UInt8(truncatingIfNeeded: ((status >> 19 & 31) * 100 + 15) / 31)
    }
}
