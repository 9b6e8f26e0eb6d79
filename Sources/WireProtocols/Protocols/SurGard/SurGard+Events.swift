import AlarmModel

extension SurGard {
    @inline(__always)
    public static func events(
        of message: Message, in session: inout Session, _ body: borrowing EventBody
    ) {
        switch message {
        case .contactID(let line):
            let isReceiver = isReceiver(line.line, account: line.account)
            var draft = line.event.draft(address: isReceiver ? nil : line.account)
            draft.scope = line.line.digits
            body(draft, isReceiver ? ofReceiver(draft.words(with: nil)) : nil)
        case .sia(let line): tell(line, body)
        case .heartbeat(let line):
            var draft = EventDraft(.checkIn)
            draft.scope = line.digits
            body(draft, nil)
        }
    }

    @inline(never)
    private static func tell(_ line: SIALine, _ body: borrowing EventBody) {
        let blocks = blocks(of: line)
        for rank in 0...Priority.information.rank {
            for (account, range) in blocks {
                let isReceiver = isReceiver(line.line, account: account)
                let block = line.block.bytes.span.extracting(range)
                SIABlockReader.forEachEvent(in: block, rank: rank) { event, text in
                    var draft = event
                    if !isReceiver { draft.address = account }
                    draft.scope = line.line.digits
                    body(draft, isReceiver ? ofReceiver(text) : text)
                }
            }
        }
    }

    /// A line can have several: `S011[#1234|NPA01][#5678|NPA02]`, each of its own account.
    private static func blocks(of line: SIALine) -> [(account: ShortText, range: Range<Int>)] {
        let bytes = line.block.bytes
        var blocks: [(account: ShortText, range: Range<Int>)] = []
        var account = line.account
        var start = 0
        var index = 0
        while let close = bytes[index...].firstIndex(of: UInt8(ascii: "]")) {
            index = close + 1
            guard bytes[index...].starts(with: "[#".utf8),
                let bar = bytes[index...].firstIndex(of: UInt8(ascii: "|")),
                let next = ShortText(account: bytes[(index + 2)..<bar])
            else { continue }
            blocks.append((account, start..<close))
            (account, start, index) = (next, bar + 1, bar + 1)
        }
        blocks.append((account, start..<bytes.count))
        return blocks
    }

    /// Account 0000 on line 0 is the receiver's way to speak of itself.
    @inline(__always)
    private static func isReceiver(_ line: ReceiverLine, account: ShortText) -> Bool {
        guard line.isReceiver else { return false }
        for index in 0..<account.count where account[index] != UInt8(ascii: "0") { return false }
        return true
    }

    /// One kind is a Contact ID line, several are a SIA block where each has a code.
    public static func sample(
        of kinds: [EventKind], device: UInt32, serial: UInt32, at time: WallTime
    ) -> Message? {
        guard let line = ReceiverLine("011"), let first = kinds.first else { return nil }
        if kinds == [.checkIn] { return .heartbeat(line) }
        let account = PrintedEvent.sampleAccount(of: device)
        let zone = serial % 999 + 1
        if kinds.count == 1 {
            guard let code = ContactIDCodes.plainest(of: first),
                let event = ContactIDEvent(
                    qualifier: .begun, code: code, partition: 1, zone: UInt16(zone))
            else { return nil }
            return ContactIDLine(line: line, account: account, event: event).map { .contactID($0) }
        }
        var text = "Nri1"
        for kind in kinds {
            guard let code = SIACodes.plainest(of: kind) else { return nil }
            text += "/\(code)\(zone)"
        }
        return SIABlock(text)
            .flatMap { SIALine(line: line, account: account, block: $0) }.map { .sia($0) }
    }
}

extension ShortText {
    /// The account of a SIA block in capitals; nil when these are no letters and digits, or too few
    /// or many.
    fileprivate init?(account bytes: ArraySlice<UInt8>) {
        guard SurGard.Field.siaAccountLengths.contains(bytes.count) else { return nil }
        self.init()
        for byte in bytes {
            let isSmall = byte &- UInt8(ascii: "a") < 26
            let capital = isSmall ? byte & ~0x20 : byte
            guard capital.isUpperAlphanumeric else { return nil }
            append(capital)
        }
    }
}
