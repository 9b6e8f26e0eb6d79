import AlarmModel

extension ESP3 {
    public static func emit(_ message: Message, into bytes: inout [UInt8]) {
        switch message {
        case .packet(let packet): emit(packet, into: &bytes)
        case .telegram(let telegram):
            var packet = Packet(type: PacketType.radio, data: [])
            packet.data.append(telegram.profile == .rocker ? RORG.rocker : RORG.contact)
            packet.data.append(telegram.data)
            packet.data.append(uint32: telegram.sender)
            packet.data.append(telegram.status)
            if let reception = telegram.reception {
                packet.optional.append(reception.subTelegrams)
                packet.optional.append(uint32: reception.destination)
                packet.optional.append(reception.decibelMilliwatts)
                packet.optional.append(reception.security)
            }
            emit(packet, into: &bytes)
        }
    }

    static func emit(_ packet: Packet, into bytes: inout [UInt8]) {
        var header: [UInt8] = []
        header.append(uint16: UInt16(truncatingIfNeeded: packet.data.count))
        header.append(UInt8(truncatingIfNeeded: packet.optional.count))
        header.append(packet.type)
        let content = packet.data + packet.optional
        bytes.append(sync)
        bytes += header
        bytes.append(Checksums.crc8(header.span))
        bytes += content
        bytes.append(Checksums.crc8(content.span))
    }

    /// What a pendant and a stick send that nothing is configured of: one thing at a time.
    public static func sample(
        of kinds: [EventKind], device: UInt32, serial: UInt32, at time: WallTime
    ) -> Message? {
        let sender = 0x0100_0000 | device & 0x00FF_FFFF
        let reception = Reception(decibelMilliwatts: UInt8(50 + serial % 40))
        func rocker(_ data: UInt8, _ status: UInt8) -> Message {
            .telegram(
                Telegram(.rocker, data: data, sender: sender, status: status, reception: reception))
        }
        switch kinds {
        case [.sos]: return rocker(0x10, Status.rockerPad | Status.oneOrTwoButtons)
        case [.checkIn]: return rocker(0x00, Status.rockerPad)
        case [.unknown]: return rocker(0xE0, Status.rockerPad)
        case [.deviceFault]: return .packet(Packet(type: PacketType.response, data: [1]))
        default: return nil
        }
    }
}
