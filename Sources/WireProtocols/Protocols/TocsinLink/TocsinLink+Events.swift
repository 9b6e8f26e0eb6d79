import AlarmModel

extension TocsinLink {
    @inline(__always)
    public static func events(
        of message: Message, in session: inout Session, _ body: borrowing EventBody
    ) {
        session.hasAskedAgain = false
        let serial = message.header.sequence
        switch message.body {
        case .event(let report): report.tellEvents(serial: serial, body)
        case .keepAlive(let keepAlive): keepAlive.events(serial: serial, body)
        case .hello, .other, .stationHello, .ack, .nak: tellSign(of: message, body)
        }
    }

    /// The scan lets nothing in that only a station says; whoever parsed it by hand sees a sign of
    /// life.
    @inline(never)
    private static func tellSign(of message: Message, _ body: borrowing EventBody) {
        var draft = EventDraft(.checkIn)
        draft.deviceSerial = message.header.sequence
        var words: String?
        if case .hello(let hello) = message.body { words = hello.names }
        if case .other(let type) = message.body {
            draft.kind = .unknown
            draft.code = ShortText(prefix: "type-", hex: type)
        }
        body(draft, words)
    }
}

extension TocsinLink.Report {
    @inline(__always)
    fileprivate func tellEvents(serial: UInt32, _ body: borrowing EventBody) {
        var draft = fields.draft
        draft.deviceSerial = serial
        var untold = kinds
        while let code = untold.popGravest() {
            if let kind = TocsinLink.kind(ofCode: code) {
                draft.kind = kind
                draft.isRestored = isRestored && !kind.isTelemetry
            } else {
                draft.kind = .unknown
                draft.isRestored = isRestored
                draft.code = ShortText(prefix: "kind-", hex: code)
            }
            body(draft, fields.text)
            draft.code = fields.code
        }
        let hasUntoldPlace =
            fields.position != nil && !kinds.contains(code: TocsinLink.KindCode.position)
        guard hasUntoldPlace || kinds.isEmpty else { return }
        draft.kind = hasUntoldPlace ? .position : .checkIn
        draft.isRestored = false
        body(draft, fields.text)
    }
}

extension TocsinLink.KeepAlive {
    /// Conditions without a meaning yet are `unknown`, which is graver than any that has one.
    @inline(never)
    fileprivate func events(serial: UInt32, _ body: borrowing EventBody) {
        var draft = fields.draft
        draft.kind = .unknown
        draft.deviceSerial = serial
        for bit in TocsinLink.conditions.count..<UInt16.bitWidth where isSet(UInt8(bit)) {
            hold(UInt8(bit), in: &draft)
            body(draft, fields.text)
        }
        for (bit, kind) in TocsinLink.conditions where isSet(bit) {
            draft.kind = kind
            hold(bit, in: &draft)
            body(draft, fields.text)
        }
        draft.kind = .checkIn
        draft.code = fields.code
        draft.heldBit = nil
        draft.heldConditions = UInt32(state)
        body(draft, fields.text)
    }

    private func isSet(_ bit: UInt8) -> Bool { state & 1 << UInt16(bit) != 0 }

    private func hold(_ bit: UInt8, in draft: inout EventDraft) {
        draft.code = ShortText(prefix: "state-", hex: bit)
        draft.heldBit = bit
    }
}

extension TocsinLink.Hello {
    /// Who is there.
    fileprivate var names: String? {
        let names = [maker, model, serial].compactMap { $0 }
        return names.isEmpty ? nil : names.joined(separator: " ")
    }
}

extension ShortText {
    /// `prefix` and two hexadecimal digits.
    fileprivate init(prefix: ShortText, hex value: UInt8) {
        self = prefix
        append(hexDigit(value >> 4))
        append(hexDigit(value))
    }
}
