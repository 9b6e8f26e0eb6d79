import AlarmModel

extension DC09 {
    @inline(__always)
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

    /// What the header says of every event.
    @inline(__always)
    static func draft(_ kind: EventKind, _ header: Header) -> EventDraft {
        var draft = EventDraft(kind, address: header.address)
        draft.scope = header.prefix
        draft.deviceSerial = header.sequence == 0 ? nil : UInt32(header.sequence)
        return draft
    }

    /// The events of a message, the gravest first, then its position.
    ///
    /// - Parameter clockAhead: seconds, when the message is refused for its time. Its alarms are
    ///   told all the same, for a sender that cannot set its clock would not get through again;
    ///   but a recorded message is no proof of life, and moves nobody.
    @inline(always)
    private static func tell(
        _ header: Header, _ content: Body, clockAhead: Int64?, _ body: borrowing EventBody
    ) {
        let notes = notes(header, content, clockAhead)
        var draft = draft(.checkIn, header)
        if content.isOfOther(than: header) { draft.scope = content.scope(behind: header.prefix) }
        draft.reportedAt = content.extended.occurredAt ?? content.timestamp
        draft.position = content.extended.position
        switch content.report {
        case .contactID(let event):
            body(event.draft(address: draft.address).completed(by: draft), notes)
        case .sia(let block):
            SIABlockReader.forEachEvent(in: block.span) { event, text in
                var event = event.completed(by: draft)
                if event.code == nil { event.code = header.token.name }
                body(event, joined(text, notes))
            }
        case .other(let data):
            draft.kind = .unknown
            draft.code = header.token.name
            body(draft, joined(data.isEmpty ? nil : data.span.string(0..<data.count), notes))
            draft.code = nil
        case .none where clockAhead != nil:
            draft.kind = .deviceFault
            draft.code = "wrongClock"
            body(draft, notes)
        case .none:
            if draft.position == nil { return body(draft, notes) }
        }
        guard draft.position != nil, clockAhead == nil else { return }
        draft.kind = .position
        body(draft, content.report == .none ? notes : nil)
    }

    private static func unreadable(_ header: Header, _ code: ShortText) -> EventDraft {
        var draft = draft(.deviceFault, header)
        draft.code = code
        return draft
    }

    /// What all events of a message say in words; nil for nothing.
    @inline(__always)
    private static func notes(
        _ header: Header, _ content: Body, _ clockAhead: Int64?
    ) -> String? {
        var notes = content.extended.words
        if content.isOfOther(than: header) {
            notes = joined(notes, "account \(content.account) inside")
        }
        if let clockAhead {
            // Without how much, which is another each time: words say whose event it is.
            notes = joined(notes, clockAhead < 0 ? "clock behind, refused" : "clock ahead, refused")
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
        draft.scope = frame.scope
        draft.deviceSerial = frame.deviceSerial
        draft.reportedAt = frame.reportedAt
        draft.position = frame.position
        return draft
    }
}

extension DC09.Body {
    /// One sender speaks for several accounts.
    @inline(__always)
    fileprivate func isOfOther(than header: DC09.Header) -> Bool {
        account != header.account && account.isOtherNumber(than: header.account)
    }

    /// `R1L0#1234`; of a long account behind long numbers the last digits, which tell most.
    fileprivate func scope(behind prefix: ShortText?) -> ShortText {
        var scope = prefix ?? ShortText()
        scope.append(UInt8(ascii: "#"))
        let account = account.inCapitals
        let skipped = max(0, scope.count + account.count - ShortText.capacity)
        for index in skipped..<account.count { scope.append(account[index]) }
        return scope
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
