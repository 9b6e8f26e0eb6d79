import AlarmModel

extension Queclink {
    @inline(__always)
    public static func events(
        of message: Message, in session: inout Session, _ body: borrowing EventBody
    ) {
        if !message.address.isEmpty { session.address = message.address }
        var draft = EventDraft(.checkIn, address: session.address)
        draft.isLate = message.channel == .buffered
        draft.reportedAt = message.sentAt.map {
            WallTime(microseconds: $0.microseconds - session.clockOffset.microseconds)
        }
        draft.deviceSerial = message.count.map { UInt32($0.value) }
        draft.batteryPercent = message.batteryPercent
        if let signal = message.signal { draft.signalPercent = percent(ofSignal: signal) }
        if message.name == .fixed, message.points.earlier.isEmpty, message.count != nil {
            draft.position = message.points.last?.position
            if draft.position != nil { draft.kind = .position }
            return body(draft, nil)
        }
        otherEvents(of: message, draft, body)
    }

    /// The event and the fault of a missing end, the graver first, and the places in their order.
    private static func otherEvents(
        of message: Message, _ bare: EventDraft, _ body: borrowing EventBody
    ) {
        let event = event(of: message, bare)
        let isGrave =
            event.map { $0.draft.kind.priority <= EventKind.deviceFault.priority } ?? false
        let isCut = message.count == nil
        if let event, isGrave { body(event.draft, event.text) }
        if isCut { tellMissingEnd(bare, body) }
        if let event, !isGrave { body(event.draft, event.text) }
        var isTold = event != nil || isCut
        var draft = bare
        draft.kind = .position
        for point in message.points.earlier {
            draft.position = point.position
            guard draft.position != nil else { continue }
            body(draft, nil)
            isTold = true
        }
        draft.position = message.points.last?.position
        if draft.position == nil { draft.kind = .checkIn }
        if draft.position != nil || !isTold { body(draft, nil) }
    }

    /// What the name of a report says; nil for those that only say where the device is.
    private static func event(
        of message: Message, _ bare: EventDraft
    ) -> (draft: EventDraft, text: String?)? {
        if message.channel == .acknowledgement { return nil }
        var draft = bare
        draft.kind = .unknown
        draft.code = message.name.code
        draft.position = message.points.last?.position
        guard let index = meaningIndex(of: message) else { return (draft, nil) }
        let meaning = meanings[index]
        if meaning.kind == .position { return nil }
        draft.kind = meaning.kind
        draft.isRestored = meaning.isRestored
        if meaning.kind == .geofenceExit || meaning.kind == .geofenceEnter {
            draft.fence = message.id.map { ShortText(decimal: UInt32($0)) }
        }
        return (draft, meaning.text)
    }

    private static func tellMissingEnd(_ bare: EventDraft, _ body: borrowing EventBody) {
        var fault = bare
        fault.kind = .deviceFault
        fault.code = ShortText(DecodeError.truncated.rawValue)
        body(fault, "the end of the report is missing")
    }

    /// Of CSQ, 0...31; any other number is none.
    @inline(__always)
    private static func percent(ofSignal signal: UInt8) -> UInt8? {
        signal <= 31 ? UInt8((Int(signal) * 100 + 15) / 31) : nil
    }
}
