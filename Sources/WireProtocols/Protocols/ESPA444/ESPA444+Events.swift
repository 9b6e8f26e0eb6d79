import AlarmModel

extension ESPA444 {
    enum Header {
        static let callToPager: UInt8 = 1
        static let statusInformation: UInt8 = 2
        static let statusRequest: UInt8 = 3
    }

    enum CallType {
        static let cancelled: UInt8 = 1
        static let standard: UInt8 = 3
    }

    @inline(__always)
    public static func events(
        of message: Message, in session: inout ESPA444Session, _ body: borrowing EventBody
    ) {
        guard case .block(let block) = message, block.head.header != Header.statusRequest
        else { return body(EventDraft(.checkIn), nil) }
        let head = block.head
        let words = session.charset.words(of: block.text)
        var draft = EventDraft(session.kinds.kind(of: head, saying: words), address: head.address)
        draft.code = code(of: head)
        body(draft, head.header == Header.callToPager ? words : statusWords(of: head, words))
    }

    /// `1.3.1` is header, call type and priority of a call, `-` for what it does not say; of
    /// anything else the header alone.
    @inline(__always)
    private static func code(of head: Block.Head) -> ShortText {
        let numbers = head.numbers
        var code = UInt64(UInt8(ascii: "0") &+ head.header)
        guard head.header == Header.callToPager else {
            return ShortText(littleEndian: code, count: 1)
        }
        let type = numbers.callType ?? 0xFD
        let priority = numbers.priority ?? 0xFD
        guard type < 10 || type == 0xFD, priority < 10 || priority == 0xFD else {
            return ShortText(
                "1.\(numbers.callType.map(String.init) ?? "-")."
                    + (numbers.priority.map(String.init) ?? "-"))
        }
        // 0xFD is `-` less `0`.
        code |= UInt64(UInt8(ascii: ".")) << 8 | UInt64(UInt8(ascii: "0") &+ type) << 16
        code |= UInt64(UInt8(ascii: ".")) << 24 | UInt64(UInt8(ascii: "0") &+ priority) << 32
        return ShortText(littleEndian: code, count: 5)
    }

    /// What a block that is no call says, its numbers in words.
    private static func statusWords(of head: Block.Head, _ text: String?) -> String? {
        var words = text.map { [$0] } ?? []
        if let status = head.numbers.callStatus { words.append("call status \(status)") }
        if let status = head.numbers.systemStatus { words.append("system status \(status)") }
        return words.isEmpty ? nil : words.joined(separator: ", ")
    }

    /// One kind is one call; a poll of the station is what a check-in is on this wire.
    public static func sample(
        of kinds: [EventKind], device: UInt32, serial: UInt32, at time: WallTime
    ) -> Message? {
        guard kinds.count == 1, let kind = kinds.first else { return nil }
        var numbers = Block.Numbers(callType: CallType.standard)
        var header = Header.callToPager
        switch kind {
        case .checkIn: return .link(.enquiry(ESPA444Session.usualAddress))
        case .sos: numbers.priority = 1
        case .helpNeeded: numbers.priority = 3
        case .cancel: numbers.callType = CallType.cancelled
        case .unknown:
            header = Header.statusInformation
            numbers.callType = nil
        default: return nil
        }
        guard let text = WireText("CALL \(serial)") else { return nil }
        return Block(
            header: header, address: ShortText(decimal: device), text: text, numbers: numbers
        ).map { .block($0) }
    }
}

/// What the calls of one line mean: by the words of the call, then by its priority.
struct ESPA444Kinds: Sendable {
    /// Options: `kind.1` to `kind.3` by priority, `kind.absent` for a call that states none or one
    /// that does not exist, and `text.<words>`.
    static let keys = ["kind.1", "kind.2", "kind.3", "kind.absent"]

    private let ofPriority: [3 of EventKind]
    private let ofNone: EventKind
    private let ofWords: TextKinds

    init(options: ProtocolOptions) throws(OptionProblem) {
        let alarm = try options.callKind("kind.1") ?? .sos
        guard alarm.priority == .emergency else {
            throw OptionProblem(
                key: "kind.1",
                message: "priority 1 is the nurse call's alarm and cannot be less than an "
                    + "emergency; write one such as sos, medical or fire")
        }
        let high = try options.callKind("kind.2") ?? .helpNeeded
        let normal = try options.callKind("kind.3") ?? .helpNeeded
        ofPriority = [alarm, high, normal]
        ofNone = try options.callKind("kind.absent") ?? .sos
        ofWords = try TextKinds(options: options)
    }

    /// What is no call is `unknown`: the station has no word for the state of a paging system.
    @inline(__always)
    func kind(of head: ESPA444.Block.Head, saying text: String?) -> EventKind {
        guard head.header == ESPA444.Header.callToPager else { return .unknown }
        if head.numbers.callType == ESPA444.CallType.cancelled { return .cancel }
        let told = ofWords.kind(of: text)
        switch head.numbers.priority {
        // Words may say which emergency it is, never that it is none.
        case 1: return told?.priority == .emergency ? told ?? .sos : ofPriority[0]
        case 2: return told ?? ofPriority[1]
        case 3: return told ?? ofPriority[2]
        default: return told ?? ofNone
        }
    }
}
