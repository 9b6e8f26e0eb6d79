import WireProtocols

extension Corpus {
    /// What a radio stick hears in a town: of ten lines six are of weather stations, two of remotes
    /// that nobody learned, one of a door, and one of a panic button, every other with a low
    /// battery.
    static let rtl433 = Corpus { serial in
        let id = serial &* 7_919 % 1_000
        let members =
            switch serial % 10 {
            case 0: panicButton(id: id, isLow: serial % 20 == 0)
            case 1: door(id: id)
            case 2, 3:
                #""model" : "Generic-Remote", "id" : \#(id), "cmd" : \#(serial % 250), "#
                    + #""tristate" : "0Z0XXXX1010X""#
            default:
                #""model" : "Nexus-TH", "id" : \#(id % 256), "channel" : \#(serial % 3), "#
                    + #""battery_ok" : 1, "temperature_C" : \#(serial % 40).\#(100 + id % 900), "#
                    + #""humidity" : \#(serial % 100)"#
            }
        let time = "2026-11-21 09:\(10 + serial / 60 % 50):\(10 + serial % 50)"
        return Array(#"{"time" : "\#(time)", \#(members)}"#.utf8) + [0x0A]
    }

    private static func panicButton(id: UInt32, isLow: Bool) -> String {
        #""model" : "X10-Security", "id" : "\#(1_000 + id)", "code" : "\#(isLow ? 27 : 26)", "#
            + #""event" : "KR18 PANIC", "#
            + (isLow ? #""battery_ok" : 0, "# : "") + #""mic" : "CRC""#
    }

    private static func door(id: UInt32) -> String {
        let switches = (1...5).map { #""switch\#($0)" : "CLOSED", "# }.joined()
        return
            #""model" : "Interlogix-Security", "subtype" : "contact", "id" : "a\#(10_000 + id)", "#
            + #""battery_ok" : 1, \#(switches)"raw_message" : "004004""#
    }
}
