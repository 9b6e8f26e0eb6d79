/// What udev says about one device that is present now and could be a port.
struct DeviceFacts: Equatable, Sendable {
    /// What kind of node it has, by the name of udev's subsystem.
    enum Subsystem: String {
        case tty
        case hidraw
    }

    var subsystem = Subsystem.tty
    /// `/dev/ttyUSB0`; another one each time it is plugged in.
    var node: String
    /// Other names of the node: `/dev/serial/by-id/…`.
    var links: [String] = []
    /// USB ids, four lower-case hexadecimal digits; nil for what is not USB.
    var vendor: String?
    var product: String?
    /// Vendor, model and serial number in one text: `FTDI_FT232R_USB_UART_A6008isP`.
    var longSerial: String?
    /// The serial number alone. Cheap adapters have none, and some makers give all of theirs one.
    var serial: String?
    /// Two hexadecimal digits.
    var interface: String?
    /// The number of the port where one interface has several, or of the device where a receiver
    /// has several on the air; nil or 0 for the first.
    var portNumber: String?
    /// The socket: `pci-0000:00:14.0-usb-0:1:1.0`.
    var idPath: String?
    /// Whether udev has finished with it. Before that, what is said here may be incomplete.
    var isSettled = true
}

extension DeviceFacts {
    var isUSB: Bool { vendor != nil }

    /// Whether these are the same facts of the same device, whatever other names it has by now.
    func isSame(as other: DeviceFacts) -> Bool {
        var other = other
        other.links = links
        return self == other
    }

    /// Where it is plugged in, the port of the adapter included.
    var place: String { (idPath ?? node) + portSuffix }

    var portSuffix: String {
        guard let portNumber, portNumber != "0" else { return "" }
        return "-port\(portNumber)"
    }
}

extension DeviceMatch {
    /// Whether all the marks fit. A match without marks, or with a path, fits nothing.
    func fits(_ device: DeviceFacts) -> Bool {
        guard path == nil else { return false }
        let marks = [
            vendor.map { Self.sameHex($0, device.vendor) },
            product.map { Self.sameHex($0, device.product) },
            serial.map { $0 == device.serial },
            interface.map { Self.sameHex($0, device.interface) },
            idPath.map { $0 == device.idPath },
        ].compactMap { $0 }
        return !marks.isEmpty && marks.allSatisfy { $0 }
    }

    /// `403`, `0403` and `0X0403` are the same number.
    private static func sameHex(_ text: String, _ other: String?) -> Bool {
        guard let other, let a = hexNumber(text), let b = hexNumber(other) else { return false }
        return a == b
    }

    private static func hexNumber(_ text: String) -> UInt32? {
        let digits = text.lowercased()
        return UInt32(digits.hasPrefix("0x") ? digits.dropFirst(2) : digits[...], radix: 16)
    }
}
