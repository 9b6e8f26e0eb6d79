import AlarmModel

/// Alarm receivers that print like an FBII CP-220: the lines of an Ademco 685 (``GroupedLines``),
/// with receivers and groups named by any digit or capital letter.
public enum FBII: GroupedLines {
    public static let about = ProtocolDescription(
        id: "fbii", title: "FBII CP-220, Contact ID",
        link: "serial, TCP", reply: "ACK 06, or NAK 15 for a damaged line",
        authority: "manuals of receivers that print the format; SIA DC-05 codes as published",
        kinds: EventKind.ofPrintedContactID)

    @inline(__always)
    public static func isReceiverDigit(_ byte: UInt8) -> Bool { byte.isUpperAlphanumeric }
}
