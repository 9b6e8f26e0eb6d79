import AlarmModel

extension NMEA {
    /// One event a sentence: where it is, with all that the sentences of the same moment have said
    /// so far, or that it is there.
    @inline(__always)
    public static func events(
        of message: Message, in session: inout Session, _ body: borrowing EventBody
    ) {
        var draft = EventDraft(.checkIn)
        if message.type == .other {
            draft.code = message.address
            return body(draft, nil)
        }
        session.take(message)
        let time = session.reportedAt
        draft.reportedAt = time
        if session.moment.storedLatitude != .min {
            draft.kind = .position
            draft.position = session.moment.position(
                fixedAt: time, metersPerHDOP: session.metersPerHDOP)
        }
        body(draft, nil)
    }
}
