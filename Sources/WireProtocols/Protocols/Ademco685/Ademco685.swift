import AlarmModel

/// Alarm receivers that print like an Ademco 685: see ``GroupedLines`` for the layout.
public enum Ademco685: GroupedLines {
    public static let about = ProtocolDescription(
        id: "ademco685", title: "Ademco 685, Contact ID",
        link: "serial, TCP", reply: "ACK 06, or NAK 15 for a damaged line",
        authority: "manuals of receivers that print the format; SIA DC-05 codes as published",
        kinds: EventKind.ofPrintedContactID)

    /// Receiver, group and line are hexadecimal digits.
    @inline(__always)
    public static func isReceiverDigit(_ byte: UInt8) -> Bool { byte.isUpperHexDigit }
}
