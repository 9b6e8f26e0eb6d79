import AlarmModel

extension DC09 {
    public static func events(
        of message: Message, in session: inout Session, _ body: borrowing EventBody
    ) {
        switch message.content {
        case .plain(let content):
            let ahead = session.judge(timestamp: content.timestamp, isSealed: false)
            tell(message.header, content, clockAhead: ahead, body)
        case .sealed(let digits):
            switch unseal(digits, of: message.header, in: session) {
            case .body(let content):
                let ahead = session.judge(timestamp: content.timestamp, isSealed: true)
                tell(message.header, content, clockAhead: ahead, body)
            case .noKey:
                session.judgeUnreadable()
                body(unreadable(message.header, "noKey"), "no key for this account")
            case .wrongKey:
                session.judgeUnreadable()
                body(unreadable(message.header, "wrongKey"), "encrypted with another key")
            }
        }
    }

    /// A NULL, XNM or Contact ID message that is not encrypted and says nothing in words, where
    /// nobody checks its time.
    @inline(__always)
    public static func decodeUsual(
        _ frame: Span<UInt8>, in session: inout Session, _ body: borrowing EventBody,
        into reply: inout Reply
    ) -> Bool {
        guard !session.checksPlainTime, let front = try? Front(of: frame), !front.isSealed,
            let echo = front.echo
        else { return false }
        let text = frame.extracting(front.content..<frame.count - 1)
        let parts = Parts(of: text)
        let extended = ExtendedData(text.extracting(parts.extended))
        guard !extended.hasWords else { return false }
        let address = frame.capitals(front.account)
        let common = common(address, front.sequence, extended, sentAt: parts.timestamp)
        switch front.token {
        case .null, .extendedNull:
            tell(.none, front.token, common, nil, clockAhead: nil, body)
        case .contactID:
            guard let (inner, event) = Body.contactID(in: text.extracting(parts.data)),
                inner.isEmpty || inner == address
            else { return false }
            tell(.contactID(event), front.token, common, nil, clockAhead: nil, body)
        case .sia, .other: return false
        }
        reply.append(acknowledging: frame.extracting(echo))
        return true
    }

    /// What the header says of every event.
    @inline(__always)
    static func draft(
        _ kind: EventKind, _ address: ShortText, _ sequence: UInt16
    ) -> EventDraft {
        var draft = EventDraft(kind, address: address)
        draft.deviceSerial = sequence == 0 ? nil : UInt32(sequence)
        return draft
    }

    /// What all events of a message say.
    @inline(__always)
    private static func common(
        _ address: ShortText, _ sequence: UInt16, _ extended: ExtendedData, sentAt time: WallTime?
    ) -> EventDraft {
        var draft = draft(.checkIn, address, sequence)
        draft.reportedAt = extended.occurredAt ?? time
        draft.position = extended.position
        return draft
    }

    /// The events of a message, the gravest first, then its position.
    ///
    /// - Parameter clockAhead: seconds, when the message is refused for its time. Its alarms are
    ///   told all the same, for a sender that cannot set its clock would not get through again;
    ///   but a recorded message is no proof of life, and moves nobody.
    @inline(__always)
    private static func tell(
        _ report: Report, _ token: Token, _ common: EventDraft, _ notes: String?,
        clockAhead: Int64?, _ body: borrowing EventBody
    ) {
        switch report {
        case .contactID(let event):
            body(event.draft(address: common.address).completed(by: common), notes)
        case .sia(let block):
            SIABlockReader.forEachEvent(in: block.span) { event, text in
                var draft = event.completed(by: common)
                if draft.code == nil { draft.code = token.name }
                body(draft, joined(text, notes))
            }
        case .other(let data):
            var draft = common
            draft.kind = .unknown
            draft.code = token.name
            body(draft, joined(data.isEmpty ? nil : data.span.string(0..<data.count), notes))
        case .none where clockAhead != nil:
            var draft = common
            draft.kind = .deviceFault
            draft.code = "wrongClock"
            body(draft, notes)
        case .none:
            if common.position == nil { return body(common, notes) }
        }
        guard common.position != nil, clockAhead == nil else { return }
        var draft = common
        draft.kind = .position
        body(draft, report == .none ? notes : nil)
    }

    /// The same of a message that has been parsed.
    private static func tell(
        _ header: Header, _ content: Body, clockAhead: Int64?, _ body: borrowing EventBody
    ) {
        let extended = ExtendedData(content.extended.span)
        let words = extended.hasWords ? ExtendedData.words(in: content.extended.span) : nil
        tell(
            content.report, header.token,
            common(header.address, header.sequence, extended, sentAt: content.timestamp),
            notes(header, content, words, clockAhead), clockAhead: clockAhead, body)
    }

    private static func unreadable(_ header: Header, _ code: ShortText) -> EventDraft {
        var draft = draft(.deviceFault, header.address, header.sequence)
        draft.code = code
        return draft
    }

    /// What all events of a message say in words; nil for nothing.
    private static func notes(
        _ header: Header, _ content: Body, _ words: String?, _ clockAhead: Int64?
    ) -> String? {
        var notes = words
        if content.account != header.account, content.account.isOtherNumber(than: header.account) {
            notes = joined(notes, "account \(content.account) inside")
        }
        if let clockAhead {
            let direction = clockAhead < 0 ? "behind" : "ahead"
            notes = joined(notes, "clock \(clockAhead.magnitude) s \(direction), refused")
        }
        return notes
    }

    private static func joined(_ first: String?, _ second: String?) -> String? {
        guard let first, let second else { return first ?? second }
        return "\(first), \(second)"
    }
}

extension EventDraft {
    /// The same event with what the frame says of all of its events.
    @inline(__always)
    fileprivate func completed(by frame: EventDraft) -> EventDraft {
        var draft = self
        draft.address = frame.address
        draft.deviceSerial = frame.deviceSerial
        draft.reportedAt = frame.reportedAt
        draft.position = frame.position
        return draft
    }
}

extension ShortText {
    /// False when both are the same but for zeros in front and the size of letters.
    fileprivate func isOtherNumber(than other: ShortText) -> Bool {
        if isEmpty { return false }
        let (mine, others) = (string.uppercased(), other.string.uppercased())
        return mine.drop { $0 == "0" } != others.drop { $0 == "0" }
    }
}
