import AlarmModel

/// NMEA 0183: what every satellite receiver says, and with it locators that are no more than one.
/// A sentence is a line of text. `protocol-spec/nmea/SPEC.md` has the details.
///
/// ```
/// $ GP RMC ,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W * 6A CR LF
/// |  |  |                                                                |
/// |  |  type                                      XOR of all between $ and *, hexadecimal
/// |  talker, any                                             1 in the first, 16 in the second
/// start, ! for encapsulated sentences
/// ```
/// The sentences of one moment are put together: see ``NMEASession``. The wire has no alarms, and
/// names no device; fences are judged by the station, and the port says whose device it is.
public enum NMEA: WireProtocol {
    public typealias Session = NMEASession

    public static let about = ProtocolDescription(
        id: "nmea", title: "NMEA 0183 satellite receivers and locators", link: "serial, USB",
        reply: "none",
        authority: "the published descriptions of NMEA 0183; checked on published sentences",
        kinds: [.checkIn, .position])

    /// The standard has 82; receivers of several systems write more, makers' own sentences most.
    public static let frameLengthMax = 256

    /// The wire names nobody.
    public static let identity = Identity(.port)

    /// A receiver says what it has to say once, and the same place again is another word.
    public static let repeatRule = RepeatRule.never

    @inline(__always)
    public static func reply(
        to message: Message, in session: inout Session, into reply: inout Reply
    ) {}

    /// A message with a place, or one without.
    public static func sample(
        of kinds: [EventKind], device: UInt32, serial: UInt32, at time: WallTime
    ) -> Message? {
        switch kinds {
        case [.checkIn]: return Message("GPTXT")
        case [.position]:
            let second = time.microseconds / 1_000_000
            var message = Message("GPRMC")
            message.time = Int32(second % 86_400 * 1_000)
            if let civil = CivilTime(time) {
                message.date = Int32(civil.year * 10_000 + civil.month * 100 + civil.day)
            }
            message.setPlace(
                latitudeE7: 300_000_000 + Int32(serial % 1_000), longitudeE7: 1_200_000_000)
            message.speed = 1_500
            message.course = 27_000
            return message
        default: return nil
        }
    }
}
