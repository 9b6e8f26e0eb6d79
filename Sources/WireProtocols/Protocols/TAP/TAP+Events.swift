import AlarmModel

extension TAP {
    @inline(__always)
    public static func events(
        of message: Message, in session: inout TAPSession, _ body: borrowing EventBody
    ) {
        switch message {
        case .block(let block) where block.ending == .page && session.pages.isBetweenPages:
            let words = words(of: block.text, session.charset)
            body(draft(block.id, words, session.kinds, session.kind), words)
        case .block(let block): tellPart(block, in: &session, body)
        case .wake, .login, .end: body(EventDraft(.checkIn), nil)
        }
    }

    /// Of a page of several blocks.
    @inline(never)
    private static func tellPart(
        _ block: Block, in session: inout TAPSession, _ body: borrowing EventBody
    ) {
        let page = session.pages.take(block)
        let words = words(of: page.whole.text, session.charset)
        let draft = draft(page.whole.id, words, session.kinds, session.kind)
        guard let part = page.part else { return body(draft, words) }
        // Each calls by itself: the last, which tells the whole, may never come.
        let own = Self.words(of: page.own, session.charset)
        body(draft, "part \(part): \(own ?? "")")
    }

    /// Of a page whose id and words these are.
    @inline(__always)
    private static func draft(
        _ id: ShortText?, _ words: String?, _ kinds: TextKinds, _ kind: EventKind
    ) -> EventDraft {
        EventDraft(kinds.kind(of: words) ?? kind, address: id.map { $0.withoutBlanks })
    }

    /// The CR between fields is a blank like any control character.
    @inline(__always)
    private static func words(of text: WireText, _ charset: Charset) -> String? {
        text.isPlain ? charset.words(of: text) : unescapedWords(of: text, charset)
    }

    private static func unescapedWords(of text: WireText, _ charset: Charset) -> String? {
        let bytes = text.bytes
        var plain: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let isEscaped =
                bytes[index] == Mark.sub && index + 1 < bytes.count && bytes[index + 1] >> 5 == 2
            plain.append(isEscaped ? bytes[index + 1] & 0x1F : bytes[index])
            index += isEscaped ? 2 : 1
        }
        return charset.words(of: WireText(plain.span))
    }

    /// A page says nothing but words, which only a site can give a meaning: by itself it is an SOS.
    public static func sample(
        of kinds: [EventKind], device: UInt32, serial: UInt32, at time: WallTime
    ) -> Message? {
        switch kinds {
        case [.sos]:
            WireText("CALL \(serial)")
                .flatMap { Block(id: ShortText(decimal: device), text: $0) }.map { .block($0) }
        case [.checkIn]: .wake
        default: nil
        }
    }
}
