import AlarmModel

/// GT06: the protocol of Concox and Jimi, which many makers of locators and pendants have taken
/// over. Big-endian, nothing escaped.
///
/// ```
/// 78 78 | length 1 | type 1 | content | serial 2 | check 2 | 0D 0A
/// 79 79 | length 2 | type 1 | content | serial 2 | check 2 | 0D 0A
/// ```
/// The length counts from the type to the check, which is the CRC-16/X-25 from the length to the
/// serial number. Only the login names the device; the connection belongs to it from then on.
/// `protocol-spec/gt06/SPEC.md` has the details.
public enum GT06: WireProtocol {
    public typealias Session = GT06Session

    public static let about = ProtocolDescription(
        id: "gt06",
        title: "GT06 locators of Concox, Jimi and many others",
        link: "TCP, serial",
        reply: "type and serial number of the frame again; the time when asked for it",
        authority: "JM-VL03 protocol of Concox V1.1.2 as published; Traccar's reading where named",
        kinds: [
            .sos, .fall, .geofenceExit, .intrusion, .helpNeeded, .removed, .unknown, .batteryLow,
            .tamper, .powerLost, .communicationFault, .deviceFault, .geofenceEnter, .checkIn,
            .position,
        ])

    /// Start, length and end around the longest length that is believed.
    public static let frameLengthMax = 6 + lengthMax

    /// A device logs in with its IMEI.
    public static let identity = Identity(.global)

    /// Every frame has a serial number of its own; a resend keeps it. Five minutes hold the retries
    /// of a device, and are shorter than a restart that begins at the same number with the same
    /// time.
    public static let repeatRule = RepeatRule.sameBytes(within: .seconds(300))

    @inline(__always)
    public static func reply(
        to message: Message, in session: inout Session, into reply: inout Reply
    ) {
        if case .echo = message.body { return }
        answer(message.type, serial: message.serial, at: session.now, into: &reply)
    }

    /// What cannot be understood is stored, and acknowledged: a device that waits for it would send
    /// the same for ever, and a login that is turned away keeps somebody from calling for help.
    public static func undecodable(
        _ frame: Span<UInt8>, _ error: DecodeError, in session: inout Session
    ) -> UndecodableVerdict {
        var draft = faultDraft(error, address: session.address)
        guard let envelope = Envelope(frame) else { return .report(draft, text: nil, reply: nil) }
        draft.deviceSerial = UInt32(envelope.serial)
        var reply = Reply()
        answer(envelope.type, serial: envelope.serial, at: nil, into: &reply)
        return .report(draft, text: nil, reply: reply)
    }

    /// - Parameter now: the station's time; where it is not known, a question for it stays open.
    @inline(__always)
    private static func answer(
        _ type: UInt8, serial: UInt16, at now: WallTime?, into reply: inout Reply
    ) {
        guard isAnswered(type) else { return }
        guard type == TypeID.timeRequest else {
            return acknowledge(type, serial: serial, into: &reply)
        }
        guard let now = now.flatMap({ CivilTime($0) }) else { return }
        let time = [now.year % 100, now.month, now.day, now.hour, now.minute, now.second]
        var bytes: [UInt8] = []
        emit(type: type, serial: serial, isLong: false, into: &bytes) {
            $0 += time.map { UInt8($0) }
        }
        for byte in bytes { reply.append(byte) }
    }

    /// The same type and serial number without content: always ten bytes in the short form.
    @inline(__always)
    private static func acknowledge(_ type: UInt8, serial: UInt16, into reply: inout Reply) {
        let content = UInt32(lengthMin) << 24 | UInt32(type) << 16 | UInt32(serial)
        let check = Checksums.crc16x25(bigEndian: content)
        let start = UInt64(Mark.short) << 56 | UInt64(Mark.short) << 48
        reply.append(bigEndian: start | UInt64(content) << 16 | UInt64(check))
        reply.append(Mark.carriageReturn)
        reply.append(Mark.lineFeed)
    }
}
