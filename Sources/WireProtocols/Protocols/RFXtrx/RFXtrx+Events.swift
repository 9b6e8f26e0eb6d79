import AlarmModel

extension RFXtrx {
    @inline(__always)
    public static func events(
        of message: Message, in session: inout RFXtrxSession, _ body: borrowing EventBody
    ) {
        switch message {
        case .security(let packet): events(of: packet, in: session, body)
        case .packet(let packet): events(of: packet, body)
        }
    }

    /// What the status says, tamper and a low battery are up to three events. The telemetry behind
    /// them lets the station see tamper and battery end, which every packet says again.
    @inline(__always)
    private static func events(
        of packet: Security, in session: RFXtrxSession, _ body: borrowing EventBody
    ) {
        let isDetector = isSmokeDetector(subtype: packet.subtype)
        let status = packet.status & ~Status.tamper
        let text = status == Status.normal ? nil : text(of: status)
        let isPanic = status == Status.panic || status == Status.endOfPanic
        let kind = isDetector && isPanic ? EventKind.smoke : session.kind(of: status)
        let isLow = kind == .batteryLow || !isDetector && packet.battery <= lowBattery
        let isTampered = packet.status & Status.tamper != 0

        var draft = EventDraft(kind, address: ShortText(hex: packet.id, digits: 6))
        draft.code = ShortText(hex: status)
        draft.deviceSerial = UInt32(packet.sequence)
        draft.signalPercent = packet.signalPercent
        draft.batteryPercent = isDetector ? nil : packet.batteryPercent
        draft.isRestored = status == Status.endOfPanic
        let isEvent = !kind.isTelemetry && kind != .batteryLow
        if isEvent, kind.priority != .information { body(draft, text) }
        if isTampered || isLow { tellHeld(draft, isTampered, isLow, body) }
        if isEvent, kind.priority == .information { body(draft, text) }
        draft.kind = .checkIn
        draft.isRestored = false
        draft.heldConditions =
            (isTampered ? 1 << UInt32(Held.tamper) : 0) | (isLow ? 1 << UInt32(Held.batteryLow) : 0)
        body(draft, isEvent ? nil : text)
    }

    /// - Parameter main: what the status says; its code is the low battery's where it says that.
    @inline(never)
    private static func tellHeld(
        _ main: EventDraft, _ isTampered: Bool, _ isLow: Bool, _ body: borrowing EventBody
    ) {
        var draft = main
        draft.isRestored = false
        if isTampered {
            draft.kind = .tamper
            draft.code = ShortText(hex: Status.tamper)
            draft.heldBit = Held.tamper
            body(draft, nil)
        }
        if isLow {
            draft.kind = .batteryLow
            draft.code = main.kind == .batteryLow ? main.code : nil
            draft.heldBit = Held.batteryLow
            body(draft, nil)
        }
    }

    /// The receiver about itself, and packets of devices that are no alarm devices.
    @inline(never)
    private static func events(of packet: Packet, _ body: borrowing EventBody) {
        var draft = EventDraft(.checkIn)
        draft.code = ShortText(hex: packet.type)
        draft.deviceSerial = UInt32(packet.byte(at: Field.sequence))
        guard packet.type == PacketType.interface else { return body(draft, nil) }
        let isStatus = packet.command == Command.status
        body(draft, isStatus ? "receiver, firmware \(packet.byte(at: Field.firmware))" : "receiver")
    }

    /// One status, and beside it tamper and a low battery where the subtype has a battery.
    public static func sample(
        of kinds: [EventKind], device: UInt32, serial: UInt32, at time: WallTime
    ) -> Message? {
        var packet = Security(
            subtype: 0x02, sequence: UInt8(truncatingIfNeeded: serial), id: device, status: 0,
            signal: 8, battery: fullBattery)
        var hasStatus = false
        for kind in kinds {
            switch kind {
            case .tamper: packet.status |= Status.tamper
            case .batteryLow: packet.battery = 0
            case .smoke, .sos, .intrusion, .inactivity, .unknown, .serviceRequest, .checkIn:
                guard !hasStatus else { return nil }
                hasStatus = true
                let said = kind == .smoke ? .sos : kind
                guard let meaning = statuses.first(where: { $0.kind == said }) else { return nil }
                packet.status |= meaning.status
                if kind == .smoke { packet.subtype = 0x03 }
            default: return nil
            }
        }
        let hasNoBattery = kinds.contains(.smoke)
        return hasNoBattery && kinds.contains(.batteryLow) ? nil : .security(packet)
    }
}
