import AlarmModel

extension NMEA {
    /// One event a sentence: where it is, with all that the sentences of the same moment have said
    /// so far, or that it is there.
    public static func events(
        of message: Message, in session: inout Session, _ body: borrowing EventBody
    ) {
        if message.type == .other { return body(otherDraft(message.address), nil) }
        session.take(message)
        body(session.draft(), nil)
    }

    /// Of a sentence whose fields are not read.
    @inline(__always)
    static func otherDraft(_ address: ShortText) -> EventDraft {
        var draft = EventDraft(.checkIn)
        draft.code = address
        return draft
    }
}
