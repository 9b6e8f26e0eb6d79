import AlarmModel

/// Queclink GL200, GL300, GL300W, GL50 and others that speak @Track: locators with one function
/// key, sold under many names to lone workers and to people with dementia. ASCII.
///
/// ```
/// +RESP:GTSOS,version,IMEI,name,  ...  ,yyyyMMddHHmmss,count$
/// ```
/// What stands between differs between models, versions and kinds of report, so a field is found by
/// what it looks like and how far it is from either end. `+BUFF:` is the same report from the
/// device's buffer, `+ACK:` an answer or a heartbeat. `protocol-spec/queclink/SPEC.md` has the
/// details.
public enum Queclink: WireProtocol {
    public typealias Session = QueclinkSession

    public static let about = ProtocolDescription(
        id: "queclink",
        title: "Queclink GL200, GL300, GL300W, GL50 and other @Track locators",
        link: "TCP, USB serial",
        reply: "+SACK with the count of the report, +SACK:GTHBD for a heartbeat",
        authority: "the maker's @Track manual of the GL300; checked on published reports",
        kinds: [
            .sos, .geofenceExit, .inactivity, .unknown, .batteryLow, .powerLost,
            .communicationFault, .deviceFault, .geofenceEnter, .checkIn, .position,
        ])

    public static let hasChecksum = false

    /// A report of 15 places has about 1,300 bytes, one of all settings about as many again.
    public static let frameLengthMax = 4_096

    /// A device is called by its IMEI.
    public static let identity = Identity(.global)

    /// Every new report has a new count and a new time to the second; a resend keeps both. Five
    /// minutes hold the retries of a device, and are short enough that one whose clock stands still
    /// and which was switched off and on is not taken for a resend.
    public static let repeatRule = RepeatRule.sameBytes(within: .seconds(300))

    /// Nothing is answered without the count: what lost its end comes again whole.
    @inline(__always)
    public static func reply(
        to message: Message, in session: inout Session, into reply: inout Reply
    ) {
        guard let count = message.count else { return }
        for byte in "+SACK:".utf8 { reply.append(byte) }
        if message.isHeartbeat {
            for byte in "GTHBD,".utf8 { reply.append(byte) }
            for index in 0..<message.version.count { reply.append(message.version[index]) }
            reply.append(Mark.comma)
        }
        count.forEachDigit { reply.append($0) }
        reply.append(Mark.end)
    }

    /// A report whose name cannot be read is stored and not answered, so that it comes again.
    public static func undecodable(
        _ frame: Span<UInt8>, _ error: DecodeError, in session: inout Session
    ) -> UndecodableVerdict {
        .report(faultDraft(error, address: session.address), text: nil, reply: nil)
    }
}
