import AlarmModel

extension TocsinLink {
    public static func events(
        of message: Message, in session: inout Session, _ body: borrowing EventBody
    ) {
        session.hasAskedAgain = false
        let serial = message.header.sequence
        switch message.body {
        case .event(var report): report.tellEvents(serial: serial, body)
        case .keepAlive(let keepAlive): keepAlive.events(serial: serial, body)
        case .hello(let hello):
            var draft = EventDraft(.checkIn)
            draft.deviceSerial = serial
            body(draft, hello.names)
        case .other(let type):
            var draft = EventDraft(.unknown)
            draft.deviceSerial = serial
            draft.code = ShortText(prefix: "type-", hex: type)
            body(draft, nil)
        case .stationHello, .ack, .nak:
            // The scan lets none of these in; whoever parsed one by hand sees a sign of life.
            body(EventDraft(.checkIn), nil)
        }
    }
}

extension TocsinLink.Report {
    /// Makes each event of the report where it stands, which spares a copy of it.
    @inline(__always)
    mutating func tellEvents(serial: UInt32, _ body: borrowing EventBody) {
        let text = fields.text
        let code = fields.code
        let hasPosition =
            fields.position != nil && !kinds.contains(code: TocsinLink.KindCode.position)
        fields.draft.address = address
        fields.draft.deviceSerial = serial
        fields.draft.isTest = isTest
        fields.draft.isLate = isLate
        kinds.forEachCodeByGravity { kindCode in
            if let kind = TocsinLink.kind(ofCode: kindCode) {
                fields.draft.kind = kind
                fields.draft.code = code
            } else {
                fields.draft.kind = .unknown
                fields.draft.code = ShortText(prefix: "kind-", hex: kindCode)
            }
            fields.draft.isRestored = isRestored && !fields.draft.kind.isTelemetry
            body(fields.draft, text)
        }
        guard hasPosition || kinds.isEmpty else { return }
        fields.draft.kind = hasPosition ? .position : .checkIn
        fields.draft.isRestored = false
        fields.draft.code = code
        body(fields.draft, text)
    }
}

extension TocsinLink.KeepAlive {
    /// Conditions without a meaning yet are `unknown`, which is graver than any that has one.
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
