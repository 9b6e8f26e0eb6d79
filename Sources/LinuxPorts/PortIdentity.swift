import AlarmModel

/// Gives each device its ``PortID``. Pure: what it decides depends only on the scans it has seen.
///
/// - A USB device with a serial number is `usb-<vendor_model_serial>-if<interface>`, wherever it is
///   plugged in.
/// - Without a serial number it is `path-<socket>`, and so are all the wearers of one serial number
///   that are found together.
/// - An id never moves away from a device that is present. A second wearer that comes later gets
///   its socket's id; the first keeps its own. From then on that serial number tells nothing, and
///   an id stays with its socket for as long as the daemon runs.
/// - What is not USB is `tty-<path>`, or `hidraw-<path>`.
struct PortIdentity {
    private struct SerialKey: Hashable {
        var vendor: String?
        var product: String?
        var serial: String
        var interface: String
        var portSuffix: String
    }

    private struct Assignment {
        var key: SerialKey?
        var id: PortID
    }

    /// By place. Bounded by the sockets that the machine has.
    private var assignments: [String: Assignment] = [:]
    /// Serial numbers that several devices wore at the same time.
    private var ambiguous: Set<SerialKey> = []

    /// The ids of all devices present, in their order. To be told of every scan.
    mutating func ids(of present: [DeviceFacts]) -> [PortID] {
        let keys = present.map(Self.serialKey)
        var seen: Set<SerialKey> = []
        for key in keys.compactMap({ $0 }) where !seen.insert(key).inserted {
            ambiguous.insert(key)
        }
        return zip(present, keys).map { device, key in id(of: device, key) }
    }

    /// The id of a path that udev knows nothing about: `/dev/ttyS0` is `tty-ttyS0`.
    static func id(ofPath path: String, kind: String = "tty") -> PortID {
        var name = path[...]
        if name.hasPrefix("/dev/") { name = name.dropFirst(5) }
        while name.hasPrefix("/") { name = name.dropFirst() }
        return PortID(rawValue: "\(kind)-" + name.map { $0 == "/" ? "-" : String($0) }.joined())
    }

    private mutating func id(of device: DeviceFacts, _ key: SerialKey?) -> PortID {
        guard device.isUSB else {
            return Self.id(ofPath: device.node, kind: device.subsystem.rawValue)
        }
        let place = device.place
        if let known = assignments[place], known.key == key { return known.id }
        let id: PortID
        if let key, !ambiguous.contains(key) {
            // Alone with its serial number, so if that was seen elsewhere, it has moved.
            for (old, assignment) in assignments where assignment.key == key {
                assignments[old] = nil
            }
            let text = device.longSerial ?? key.serial
            id = PortID(rawValue: "usb-\(text)-if\(key.interface)\(key.portSuffix)")
        } else {
            id = PortID(rawValue: "path-\(place)")
        }
        assignments[place] = Assignment(key: key, id: id)
        return id
    }

    private static func serialKey(_ device: DeviceFacts) -> SerialKey? {
        guard let serial = device.serial, !serial.isEmpty else { return nil }
        return SerialKey(
            vendor: device.vendor, product: device.product, serial: serial,
            interface: device.interface ?? "00", portSuffix: device.portSuffix)
    }
}
