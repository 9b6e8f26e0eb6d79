import AlarmModel
import WireProtocols

extension Corpus {
    /// A receiver's seconds as receivers write them: RMC, GGA and GSA, and in every fifth the
    /// course over ground, which says nothing that is read.
    static let nmea = Corpus { serial in
        let turn = serial % 4
        let second = time(serial / 4 &* 4).microseconds / 1_000_000
        let day = Int32(second % 86_400)
        let clock = digits(day / 3_600 * 10_000 + day / 60 % 60 * 100 + day % 60, 6) + ".000"
        let place =
            "\(digits(3_016, 4)).\(digits(Int32(serial &* 31 % 10_000), 4)),N,"
            + "\(digits(12_009, 5)).\(digits(Int32(serial &* 7 % 10_000), 4)),E"
        let text: String
        switch turn {
        case 0:
            let speed = "\(serial % 5).\(digits(Int32(serial % 1_000), 3))"
            text = "GNRMC,\(clock),A,\(place),\(speed),\(serial % 360).25,211126,,,A,V"
        case 1:
            text = "GNGGA,\(clock),\(place),1,12,0.\(80 + serial % 20),\(serial % 80).3,M,8.2,M,,"
        case 2: text = "GNGSA,A,3,04,05,,09,12,,,24,,,,,1.5,0.\(80 + serial % 20),1.2,1"
        default:
            guard serial % 20 == 3 else { return nil }
            text = "GNVTG,054.7,T,034.4,M,005.5,N,010.2,K,A"
        }
        let sum = text.utf8.reduce(0, ^)
        return Array("$\(text)*\(hexText([sum]).uppercased())\r\n".utf8)
    }

    private static func digits(_ value: Int32, _ count: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: count - text.count) + text
    }
}
