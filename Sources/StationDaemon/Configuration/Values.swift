import AlarmModel
import LinuxPorts
import OperatorDesk

/// A kind of value that a setting takes: how it is read, and the words for what would be right.
struct ValueKind<Value> {
    /// To follow "it takes".
    let takes: String
    /// Nil for text that does not fit. The text is printable and not empty.
    let parse: (String) -> Value?

    init(_ takes: String, _ parse: @escaping (String) -> Value?) {
        self.takes = takes
        self.parse = parse
    }
}

/// The kinds of values in a configuration.
enum Values {
    static var stationID: ValueKind<String> {
        .init("up to 64 letters, digits, '-', '_' and '.', such as linping-east") { text in
            let fits = text.utf8.count <= 64 && text.unicodeScalars.allSatisfy(isIDCharacter)
            return fits ? text : nil
        }
    }

    static var name: ValueKind<String> {
        .init("up to 128 bytes of text") { $0.utf8.count <= 128 ? $0 : nil }
    }

    /// Names of ports are also names of capture files.
    static var portName: ValueKind<String> {
        .init("up to 64 bytes of text without '/' and not beginning with '.'") { text in
            let fits = text.utf8.count <= 64 && !text.utf8.contains(UInt8(ascii: "/"))
            return fits && text.utf8.first != UInt8(ascii: ".") ? text : nil
        }
    }

    static var path: ValueKind<String> {
        .init("an absolute path, one that begins with '/'") { $0.hasPrefix("/") ? $0 : nil }
    }

    static var pipe: ValueKind<PipeSource> {
        .init("an absolute path, one that begins with '/', or - for standard input") { text in
            if text == "-" { return .standardInput }
            return text.hasPrefix("/") ? .fifo(text) : nil
        }
    }

    static var listenAddress: ValueKind<String> {
        .init(
            "an address such as 127.0.0.1:8119 or [::1]:8119 with a port from 1 to 65535, "
                + "or a socket such as unix:/run/tocsin/tocsin.sock"
        ) { text in
            guard case .unix? = try? ListenAddress.parse(text) else {
                return network(text)?.description
            }
            return text
        }
    }

    /// A name or address as it stands between `http://` and the next slash, without its port.
    static var host: ValueKind<String> {
        .init("a name or address without a port, such as desk.example") { text in
            let isName = text.unicodeScalars.allSatisfy(isIDCharacter)
            return isName || ListenHost(text) != nil ? text : nil
        }
    }

    static var listen: ValueKind<NetworkAddress> {
        .init("an address such as 0.0.0.0:8208, with a port from 1 to 65535", network)
    }

    static var connect: ValueKind<NetworkAddress> {
        .init("a host and port such as moxa-2:4001, with a port from 1 to 65535", network)
    }

    static var idleSeconds: ValueKind<TimeSpan> {
        .init("a whole number of seconds from 10 to 604800, such as 1800") { text in
            Int64(text).flatMap { (10...604_800).contains($0) ? .seconds($0) : nil }
        }
    }

    static var flag: ValueKind<Bool> {
        .init("true or false") { Bool($0) }
    }

    static var usbID: ValueKind<String> {
        .init("a USB id of four hexadecimal digits, such as 0403") { hex($0, digits: 4) }
    }

    static var usbInterface: ValueKind<String> {
        .init("a USB interface of two hexadecimal digits, such as 00") { hex($0, digits: 2) }
    }

    static var text: ValueKind<String> {
        .init("text") { $0 }
    }

    static var baud: ValueKind<UInt32> {
        .init("a whole number from 50 to 4000000, such as 9600") { text in
            UInt32(text).flatMap { (50...4_000_000).contains($0) ? $0 : nil }
        }
    }

    static var format: ValueKind<SerialSettings.Format> {
        .init("data bits 7 or 8, parity N, E or O, and stop bits 1 or 2, such as 8N1") {
            SerialSettings.Format($0)
        }
    }

    static var flow: ValueKind<SerialSettings.FlowControl> {
        .init("none or rtscts") { SerialSettings.FlowControl(rawValue: $0) }
    }

    private static func network(_ text: String) -> NetworkAddress? {
        guard let address = NetworkAddress(text), address.port > 0,
            address.host.unicodeScalars.allSatisfy({ isIDCharacter($0) || $0 == ":" || $0 == "%" })
        else { return nil }
        return address
    }

    private static func hex(_ text: String, digits: Int) -> String? {
        text.utf8.count == digits && text.allSatisfy { $0.isASCII && $0.isHexDigit }
            ? text.lowercased() : nil
    }

    private static func isIDCharacter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".": true
        default: false
        }
    }
}
