import AlarmModel

/// JT/T 808 in its editions of 2011, 2013 and 2019: the Chinese national standard between a
/// locator terminal and its platform, spoken by many pendants and watches. Big-endian.
///
/// ```
/// 7E | id | attributes | version | number | serial | part    | body | check | 7E
///    | 2  | 2          | - (1)   | 6 (10) | 2      | - or 4  |      | 1     |
/// ```
/// In brackets the edition of 2019. Inside the delimiters 7E is sent as 7D 02 and 7D as 7D 01. The
/// check byte is the XOR of all from the id to the end of the body, before escaping.
///
/// The terminal repeats an SOS in every report until it is answered, and then forgets it: the
/// answer is the only delivery guarantee there is. `protocol-spec/jt808/SPEC.md` has the details.
public enum JTT808: WireProtocol {
    public typealias Session = JTT808Session

    public static let about = ProtocolDescription(
        id: "jt808",
        title: "JT/T 808-2011/2013/2019 locator terminals",
        link: "serial, TCP",
        reply: "0x8001 general answer, 0x8100 registration answer",
        authority: "national standard; layouts stated by several public sources that agree",
        kinds: [
            .sos, .geofenceExit, .helpNeeded, .unknown, .batteryLow, .powerLost, .deviceFault,
            .geofenceEnter, .checkIn, .position,
        ])

    /// Two delimiters, and every byte of the longest content escaped.
    public static let frameLengthMax = 2 + 2 * contentLengthMax

    /// A terminal is called by its own number on every port.
    public static let identity = Identity(.global)

    /// Every new report has a new serial number and a new time to the second; a resend keeps both.
    /// Five minutes hold the retries of a terminal with usual time-outs, and are short enough that
    /// one whose clock stands still and which was switched off and on is not taken for a resend.
    public static let repeatRule = RepeatRule.sameBytes(within: .seconds(300))

    @inline(__always)
    public static func reply(
        to message: Message, in session: inout Session, into reply: inout Reply
    ) {
        answer(message.header, into: &reply)
    }

    /// An intact frame that cannot be understood is stored and refused, so that a terminal which
    /// sends until it is answered does not send the same for ever.
    public static func undecodable(
        _ frame: Span<UInt8>, _ error: DecodeError, in session: inout Session
    ) -> UndecodableVerdict {
        guard let header = header(of: frame)
        else { return .report(faultDraft(error), text: nil, reply: nil) }
        var draft = faultDraft(error, address: header.address)
        draft.deviceSerial = UInt32(header.serial)
        guard isAnswered(header.id) else { return .report(draft, text: nil, reply: nil) }
        let result: Result = error == .unknownFormat ? .notSupported : .badMessage
        var reply = Reply()
        generalAnswer(to: header, result, into: &reply)
        return .report(draft, text: nil, reply: reply)
    }
}
