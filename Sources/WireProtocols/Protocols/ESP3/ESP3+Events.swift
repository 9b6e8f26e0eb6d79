import AlarmModel

extension ESP3 {
    @inline(__always)
    public static func events(
        of message: Message, in session: inout ESP3Session, _ body: borrowing EventBody
    ) {
        switch message {
        case .packet(let packet): events(of: packet, in: &session, body)
        case .telegram(let telegram):
            let reading = reading(of: telegram, in: &session)
            var draft = EventDraft(
                reading.kind, address: ShortText(hex: telegram.sender, digits: 8))
            draft.code = ShortText(hex: telegram.data)
            draft.signalPercent = telegram.reception?.signalPercent
            draft.isRestored = reading.isRestored
            body(draft, reading.text)
            guard let lesser = reading.lesser else { return }
            draft.kind = lesser.kind
            body(draft, lesser.button.name)
        }
    }

    /// What one telegram means to this station.
    private struct Reading {
        var kind: EventKind
        var text: String?
        var isRestored = false
        /// The second button pressed, where it means something else, and nothing graver.
        var lesser: (kind: EventKind, button: Button)?

        static func life(_ text: String? = nil) -> Reading { Reading(kind: .checkIn, text: text) }
    }

    @inline(__always)
    private static func reading(
        of telegram: Telegram, in session: inout ESP3Session
    ) -> Reading {
        if session.isCopy(telegram) { return .life("copy") }
        guard telegram.profile == .rocker else { return contact(telegram, in: &session) }
        let action = RockerAction(data: telegram.data, status: telegram.status)
        guard action != .released else { return .life() }
        guard let learned = session.learned[telegram.sender] else {
            if session.teaches(telegram.sender) { return lesson(telegram.sender) }
            return unlearned(action, session.unlearned)
        }
        return rocker(action, of: learned)
    }

    /// A press of a button that nobody wrote into the configuration.
    @inline(__always)
    private static func unlearned(_ action: RockerAction, _ kind: EventKind) -> Reading {
        switch action {
        case .pressed(let first, nil): Reading(kind: kind, text: first.name)
        case .pressed(let first, let second?):
            Reading(kind: kind, text: "\(first.name), \(second.name)")
        case .pressedSomehow, .released: Reading(kind: kind, text: "several or none")
        case .undefined: Reading(kind: kind == .checkIn ? .checkIn : .unknown)
        }
    }

    private static func rocker(_ action: RockerAction, of device: LearnedDevice) -> Reading {
        switch action {
        case .undefined: return Reading(kind: .unknown)
        case .pressedSomehow, .released:
            return Reading(kind: device.gravest, text: "several or none")
        case .pressed(let first, nil):
            return Reading(kind: device.kind(of: first), text: first.name)
        case .pressed(let first, let second?):
            let (one, other) = (device.kind(of: first), device.kind(of: second))
            if one == other {
                return Reading(kind: one, text: "\(first.name), \(second.name)")
            }
            return other.priority < one.priority
                ? Reading(kind: other, text: second.name, lesser: (one, first))
                : Reading(kind: one, text: first.name, lesser: (other, second))
        }
    }

    /// A contact says that it is open or closed, and says it again every half hour or so. Each
    /// time that it is open counts: one that is lost must not hide the next.
    private static func contact(
        _ telegram: Telegram, in session: inout ESP3Session
    ) -> Reading {
        let learned = session.learned[telegram.sender]
        if learned == nil, session.teaches(telegram.sender) { return lesson(telegram.sender) }
        guard telegram.data & ContactBit.isData != 0 else { return .life("learn button") }
        let isOpen = telegram.data & ContactBit.closed == 0
        let wasOpen = session.isOpened(telegram.sender, isOpen, isLearned: learned != nil)
        let text = isOpen ? "open" : "closed"
        guard let learned, !learned.whole.isTelemetry, isOpen || wasOpen else { return .life(text) }
        return Reading(kind: learned.whole, text: text, isRestored: !isOpen)
    }

    /// The first word of a device in the time set aside for it: nothing is learned by itself, the
    /// text is what a person writes into the configuration.
    @inline(never)
    private static func lesson(_ sender: UInt32) -> Reading {
        let id = ShortText(hex: sender, digits: 8)
        return Reading(
            kind: .serviceRequest,
            text: "not learned; to learn it write under options: device: {\(id): sos}")
    }

    @inline(never)
    private static func events(
        of packet: Packet, in session: inout ESP3Session, _ body: borrowing EventBody
    ) {
        var draft = EventDraft(kind(ofPacket: packet.type))
        draft.code = ShortText(hex: packet.type)
        let first = packet.data.first ?? 0
        var text: String?
        switch packet.type {
        case PacketType.radio:
            draft.code = ShortText(hex: first)
            draft.address = packet.sender.map { ShortText(hex: $0, digits: 8) }
            // One of ours that speaks otherwise than by button or contact may be calling.
            if packet.sender.map({ session.learned[$0] != nil }) ?? false { draft.kind = .unknown }
        case PacketType.response:
            draft.code = ShortText(hex: first)
            draft.kind = first == responseOK ? .checkIn : .deviceFault
            text = first == responseOK ? "receiver" : "receiver refuses a command"
        case PacketType.event:
            draft.code = ShortText(hex: first)
            let isRoutine = first == StickEvent.ready || StickEvent.smartAcknowledge ~= first
            draft.kind = isRoutine ? .checkIn : .unknown
            text = first == StickEvent.ready ? "receiver has restarted" : "receiver"
        default: text = "receiver"
        }
        body(draft, text)
    }
}
