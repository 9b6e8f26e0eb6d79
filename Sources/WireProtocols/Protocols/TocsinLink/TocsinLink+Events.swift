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
    mutating func tellEvents(serial: UInt32, _ body: borrowing EventBody) {
        let isRestored = isRestored
        fields.draft.deviceSerial = serial
        var untold = kinds
        while let code = untold.popGravest() {
            if let kind = TocsinLink.kind(ofCode: code) {
                tell(kind, isRestored: isRestored && !kind.isTelemetry, body)
            } else {
                let known = fields.code
                fields.code = ShortText(prefix: "kind-", hex: code)
                tell(.unknown, isRestored: isRestored, body)
                fields.code = known
            }
        }
        if fields.position != nil, !kinds.contains(code: TocsinLink.KindCode.position) {
            tell(.position, isRestored: false, body)
        } else if kinds.isEmpty {
            tell(.checkIn, isRestored: false, body)
        }
    }

    @inline(__always)
    private mutating func tell(
        _ kind: EventKind, isRestored: Bool, _ body: borrowing EventBody
    ) {
        fields.draft.kind = kind
        fields.draft.isRestored = isRestored
        body(fields.draft, fields.text)
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
