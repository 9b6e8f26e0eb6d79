import AlarmModel

/// Alarm receivers that print like a Sur-Gard MLR2 or System III: Contact ID and SIA as lines of
/// text, each ended by DC4 and held by the receiver until it is answered.
///
/// ```
///   5 RR L _ 18 AAAA Q XYZ GG CCC <14>      Contact ID: "5011 181234E12101001"
///   S RR L [#AAAA|N...] <14>                SIA:        "S011[#1234|Nri1QA3/YT]"
///   1 RR L _..._ @ _..._ <14>               heartbeat:  "1011           @    "
/// ```
/// Blanks are shown as `_`. How lines are found and answered is in ``PrintedLines``.
public enum SurGard: PrintedLines {
    public static let about = ProtocolDescription(
        id: "surgard", title: "Sur-Gard MLR2 and System III, Contact ID and SIA",
        link: "serial, TCP", reply: "ACK 06, or NAK 15 for a damaged line, within 4 s",
        authority: "Sur-Gard MLR2 manuals; SIA DC-05 and DC-03 codes as published",
        kinds: EventKind.allCases.filter {
            ![.geofenceEnter, .geofenceExit, .position, .removed].contains($0)
        })

    public static let terminator: UInt8 = 0x14

    @inline(__always)
    public static func isStart(_ byte: UInt8) -> Bool {
        switch byte {
        case Start.contactID, Start.sia, Start.internalSIA, Start.heartbeat: true
        default: false
        }
    }

    @inline(__always)
    public static func isBreak(_ byte: UInt8) -> Bool { byte == 0x0D || byte == 0x0A }
}

extension SurGard {
    /// First byte of a line by kind.
    enum Start {
        static let contactID = UInt8(ascii: "5")
        static let sia = UInt8(ascii: "S")
        /// SIA about the receiver itself, on models that are set so.
        static let internalSIA = UInt8(ascii: "0")
        static let heartbeat = UInt8(ascii: "1")
    }
}
