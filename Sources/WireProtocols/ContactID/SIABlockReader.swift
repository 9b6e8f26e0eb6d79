import AlarmModel

/// One code of a SIA block, with what the modifiers in front of it say.
struct SIAEvent: Equatable, Sendable {
    /// The two letters.
    var code: ShortText
    var meaning: CodeMeaning
    /// The number behind the letters: a zone, or a user where the code says so.
    var number: UInt32?
    /// `ri`: area.
    var area: UInt32?
    /// `id`: user.
    var user: UInt32?
    /// `pi`: keypad or other peripheral.
    var peripheral: UInt32?
    /// The panel sends it from its memory.
    var isOld = false
    /// Where in the block its `^text^` is, without the carets.
    var text: Range<Int>?
}

/// Takes the block of SIA DC-03 apart: what stands between `|` and `]` behind the account.
///
/// ```
///   N ri1 / QA3 ^BATHROOM^ / YT      new: area 1, emergency at zone 3 with a text, battery low
///   N id12 BA01                      the slash may be missing
///   O ti02:15 / MA7 | N RP           an old event, then a second part
/// ```
///
/// A part begins with a function letter; the codes of parts N (new), O (old) and L (listen-in) are
/// events. A modifier, two small letters and a value, holds from where it stands to the end. Times
/// and dates (`ti`, `da`) are the panel's own, in a zone that nobody knows. They are passed over,
/// as is all else that is no code: a code behind something strange is found.
struct SIABlockReader {
    private var offset = 0
    private var event = SIAEvent(code: ShortText(), meaning: .unlisted)

    /// The next code; nil when there is none left.
    mutating func next(in block: Span<UInt8>) -> SIAEvent? {
        while offset < block.count {
            let byte = block[offset]
            if offset == 0 || byte == UInt8(ascii: "|") {
                openPart(in: block)
            } else if byte == UInt8(ascii: "^") {
                readText(in: block)
            } else if isLetter(byte, from: "a"), isLetter(at: offset + 1, from: "a", in: block) {
                readModifier(in: block)
            } else if isLetter(byte, from: "A"), isLetter(at: offset + 1, from: "A", in: block) {
                return code(in: block)
            } else {
                skipPiece(in: block)
            }
        }
        return nil
    }

    /// Past the function letter; past the whole part when its letter says that it has no codes.
    private mutating func openPart(in block: Span<UInt8>) {
        if block[offset] == UInt8(ascii: "|") { offset += 1 }
        guard offset < block.count, block[offset] != UInt8(ascii: "|") else { return }
        let function = block[offset]
        offset += 1
        event.isOld = function == UInt8(ascii: "O")
        let hasCodes = event.isOld || function == UInt8(ascii: "N") || function == UInt8(ascii: "L")
        if !hasCodes {
            offset = block.firstIndex(of: UInt8(ascii: "|"), from: offset) ?? block.count
        }
    }

    private mutating func readModifier(in block: Span<UInt8>) {
        let name = (block[offset], block[offset + 1])
        offset += 2
        let start = offset
        while offset < block.count, isValue(block[offset]) { offset += 1 }
        let value = block.decimal(start..<offset)
        switch name {
        case (UInt8(ascii: "r"), UInt8(ascii: "i")): event.area = value
        case (UInt8(ascii: "i"), UInt8(ascii: "d")): event.user = value
        case (UInt8(ascii: "p"), UInt8(ascii: "i")): event.peripheral = value
        default: break
        }
    }

    private mutating func code(in block: Span<UInt8>) -> SIAEvent {
        let (first, second) = (block[offset], block[offset + 1])
        offset += 2
        event.code = ShortText(littleEndian: UInt64(first) | UInt64(second) << 8, count: 2)
        event.meaning = SIACodes.meaning(of: first, second)
        let start = offset
        while offset < block.count, block[offset] &- UInt8(ascii: "0") < 10 { offset += 1 }
        event.number = block.decimal(start..<offset)
        if offset < block.count, block[offset] == UInt8(ascii: "^") { readText(in: block) }
        // A text is of one code; modifiers go on.
        defer { event.text = nil }
        return event
    }

    /// Past something strange, and past the mark that ends it.
    private mutating func skipPiece(in block: Span<UInt8>) {
        while offset < block.count, !isMark(block[offset]) { offset += 1 }
        if offset < block.count, block[offset] == UInt8(ascii: "/") { offset += 1 }
    }

    /// From behind one caret to the next or the end; an empty text is none.
    private mutating func readText(in block: Span<UInt8>) {
        let start = offset + 1
        let end = block.firstIndex(of: UInt8(ascii: "^"), from: start) ?? block.count
        offset = min(end + 1, block.count)
        event.text = start < end ? start..<end : nil
    }

    private func isLetter(at index: Int, from first: Unicode.Scalar, in block: Span<UInt8>) -> Bool
    {
        index < block.count && isLetter(block[index], from: first)
    }

    private func isMark(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: "|") || byte == UInt8(ascii: "^")
    }

    /// `12`, `02:15`, `11-21-26`: whatever is no mark and begins no code or modifier.
    private func isValue(_ byte: UInt8) -> Bool {
        !isMark(byte) && !isLetter(byte, from: "a") && !isLetter(byte, from: "A")
    }

    private func isLetter(_ byte: UInt8, from first: Unicode.Scalar) -> Bool {
        byte &- UInt8(ascii: first) < 26
    }
}

extension SIABlockReader {
    /// Calls `body` for each code of the block, the gravest first. A block without a code, such as
    /// a bare text, is one `unknown` event with all of it as text.
    static func forEachEvent(in block: Span<UInt8>, _ body: (EventDraft, String?) -> Void) {
        for rank in 0...Priority.information.rank { forEachEvent(in: block, rank: rank, body) }
    }

    /// The same for those of one rank of priority, 0 the gravest.
    static func forEachEvent(
        in block: Span<UInt8>, rank: Int, _ body: (EventDraft, String?) -> Void
    ) {
        var isBare = true
        var reader = SIABlockReader()
        while let event = reader.next(in: block) {
            isBare = false
            if event.meaning.kind.priority.rank == rank {
                body(event.draft, event.words(in: block))
            }
        }
        guard isBare, rank == EventKind.unknown.priority.rank else { return }
        body(EventDraft(.unknown), block.string(0..<block.count))
    }
}

extension SIAEvent {
    /// The event in the station's words.
    var draft: EventDraft {
        var draft = EventDraft(meaning.kind)
        draft.isRestored = meaning.isRestored
        draft.isTest = meaning.isTest
        draft.isLate = isOld
        draft.code = code
        draft.partition = area.flatMap { $0 == 0 ? nil : UInt16(exactly: $0) }
        if let number, number != 0 { draft.zone = number }
        return draft
    }

    /// Who, which peripheral, and the text of the code; that a number counts users is told here.
    func words(in block: Span<UInt8>) -> String? {
        let person = user ?? (meaning.namesUser ? number : nil) ?? 0
        guard person != 0 || peripheral != nil || text != nil else { return nil }
        var parts: [String] = []
        if person != 0 { parts.append("user \(person)") }
        if let peripheral { parts.append("peripheral \(peripheral)") }
        if let text { parts.append(block.string(text)) }
        return parts.joined(separator: ", ")
    }
}
