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
        } else {
            session.take(message)
            draft = session.draft()
        }
        body(draft, nil)
    }
}
