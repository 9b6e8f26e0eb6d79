import AlarmModel

/// Eview EV-07B and its relatives EV-04, EV-05 and EV-09: pendants and watches with an SOS button,
/// a fall sensor and a locator. Little-endian, nothing is escaped.
///
/// ```
/// AB | properties | length | CRC | sequence | command | length | key | value | ...
///    | 1          | 2      | 2   | 2        | 1       | 1      | 1   |       |
/// ```
/// The length and the CRC-16 are those of the body, which is the command and its records. A record
/// counts its key. `protocol-spec/ev07b/SPEC.md` has the details.
public enum EV07B: WireProtocol {
    public typealias Session = EV07BSession

    public static let about = ProtocolDescription(
        id: "ev07b",
        title: "Eview EV-07B, EV-04, EV-05 and EV-09 pendants and watches",
        link: "TCP, USB serial",
        reply: "response 7F where the device asks for one, the time where it asks for that",
        authority: "the maker's published SDK and tables; checked on published frames",
        kinds: [
            .sos, .fall, .geofenceExit, .inactivity, .helpNeeded, .removed, .unknown, .batteryLow,
            .powerLost, .communicationFault, .deviceFault, .geofenceEnter, .checkIn, .position,
        ])

    /// The CRC leaves out the properties and the sequence number.
    public static let hasChecksum = false

    public static let frameLengthMax = Field.body + bodyLengthMax

    /// A pendant is called by its IMEI.
    public static let identity = Identity(.global)

    /// Every new report has a new sequence number, every alarm its own time. Five minutes hold the
    /// retries of a device, and are short enough that one whose clock stands still and which was
    /// switched off and on is not taken for a resend.
    public static let repeatRule = RepeatRule.sameBytes(within: .seconds(300))

    public static func reply(
        to message: Message, in session: inout Session, into reply: inout Reply
    ) {
        if !message.requests.isEmpty, answer(message, in: session, into: &reply) { return }
        if message.header.isAnswered { acknowledge(message.header, into: &reply) }
    }

    /// What cannot be read is stored, and then acknowledged like anything else: what a device does
    /// when it is refused is written nowhere, and one that repeats itself says nothing new.
    public static func undecodable(
        _ frame: Span<UInt8>, _ error: DecodeError, in session: inout Session
    ) -> UndecodableVerdict {
        var draft = faultDraft(error, address: session.address)
        guard frame.count > Field.body else { return .report(draft, text: nil, reply: nil) }
        let header = Header(frame)
        draft.deviceSerial = UInt32(header.sequence)
        guard header.isAnswered else { return .report(draft, text: nil, reply: nil) }
        var reply = Reply()
        acknowledge(header, into: &reply)
        return .report(draft, text: nil, reply: reply)
    }
}

extension EV07B {
    /// A response with the one record "success", under the sequence number of what it answers.
    @inline(__always)
    private static func acknowledge(_ header: Header, into reply: inout Reply) {
        reply.append(start)
        reply.append(0)
        reply.append(3)
        reply.append(0)
        // The CRC of these three bytes.
        reply.append(0x08)
        reply.append(0xC7)
        reply.append(UInt8(truncatingIfNeeded: header.sequence))
        reply.append(UInt8(truncatingIfNeeded: header.sequence >> 8))
        reply.append(Command.response)
        reply.append(1)
        reply.append(0)
    }

    /// Gives the device what it asks for; false when that is nothing that the station has.
    private static func answer(
        _ message: Message, in session: Session, into reply: inout Reply
    ) -> Bool {
        var body = [Command.services]
        if message.requests.contains(.time), let now = session.now {
            body += [5, Key.timeRequest]
            body.append(uint32LE: UInt32(truncatingIfNeeded: now.microseconds / 1_000_000))
        }
        if message.requests.contains(.address) {
            // Coordinates 0, 0 and no text: the station has no map to look a street up in.
            body += [10, Key.addressRequest] + [UInt8](repeating: 0, count: 9)
        }
        guard body.count > 1 else { return false }
        var frame: [UInt8] = []
        emit(body, under: Header(sequence: message.header.sequence), into: &frame)
        for byte in frame { reply.append(byte) }
        return true
    }
}
