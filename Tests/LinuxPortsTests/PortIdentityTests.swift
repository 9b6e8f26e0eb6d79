import AlarmModel
import Testing

@testable import LinuxPorts

@Suite("The identity of a port")
struct PortIdentityTests {
    static let ftdi = usb("ttyUSB0", socket: 1, serial: "A6008isP")
    static let ftdiID = PortID("usb-FTDI_FT232R_A6008isP-if00")

    static func usb(
        _ node: String, socket: Int, serial: String?, interface: String = "00",
        portNumber: String? = "0"
    ) -> DeviceFacts {
        DeviceFacts(
            node: "/dev/\(node)", vendor: "0403", product: "6001",
            longSerial: serial.map { "FTDI_FT232R_\($0)" } ?? "FTDI_FT232R", serial: serial,
            interface: interface, portNumber: portNumber,
            idPath: "pci-0000:00:14.0-usb-0:\(socket):1.\(Int(interface) ?? 0)")
    }

    /// The ids after each of several scans of one daemon's life.
    private func ids(_ scans: [DeviceFacts]...) -> [[PortID]] {
        var identity = PortIdentity()
        return scans.map { identity.ids(of: $0) }
    }

    @Test("A device with a serial number has the same id in every socket and under every node")
    func moves() {
        let elsewhere = Self.usb("ttyUSB7", socket: 4, serial: "A6008isP")
        #expect(
            ids([Self.ftdi], [], [elsewhere], [Self.ftdi]) == [
                [Self.ftdiID], [], [Self.ftdiID], [Self.ftdiID],
            ])
    }

    @Test("A device without a serial number is known by its socket")
    func noSerial() {
        let first = Self.usb("ttyUSB0", socket: 1, serial: nil)
        let again = Self.usb("ttyUSB3", socket: 1, serial: nil)
        let other = Self.usb("ttyUSB1", socket: 2, serial: nil)
        #expect(
            ids([first, other], [again]) == [
                ["path-pci-0000:00:14.0-usb-0:1:1.0", "path-pci-0000:00:14.0-usb-0:2:1.0"],
                ["path-pci-0000:00:14.0-usb-0:1:1.0"],
            ])
    }

    @Test("Two devices with one serial number that are found together are known by their sockets")
    func twins() {
        let second = Self.usb("ttyUSB1", socket: 2, serial: "A6008isP")
        let (one, two) = (
            PortID("path-pci-0000:00:14.0-usb-0:1:1.0"), PortID("path-pci-0000:00:14.0-usb-0:2:1.0")
        )
        #expect(
            ids([Self.ftdi, second], [second], [Self.ftdi, second]) == [
                [one, two], [two], [one, two],
            ])
    }

    @Test("A second device with the same serial number does not change the id of the first")
    func newcomer() {
        let second = Self.usb("ttyUSB1", socket: 2, serial: "A6008isP")
        let two = PortID("path-pci-0000:00:14.0-usb-0:2:1.0")
        #expect(
            ids([Self.ftdi], [Self.ftdi, second], [second], [Self.ftdi, second]) == [
                [Self.ftdiID], [Self.ftdiID, two], [two], [Self.ftdiID, two],
            ])
    }

    @Test("A serial number that was worn twice names nothing in a third socket")
    func ambiguousForLife() {
        let second = Self.usb("ttyUSB1", socket: 2, serial: "A6008isP")
        let third = Self.usb("ttyUSB0", socket: 3, serial: "A6008isP")
        #expect(
            ids([Self.ftdi, second], [third]).last == ["path-pci-0000:00:14.0-usb-0:3:1.0"])
    }

    @Test("No two devices that are present have one id, however they come and go")
    func unique() {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SplitMix(state: seed)
        for _ in 0..<200 {
            var identity = PortIdentity()
            var lastIDs: [String: PortID] = [:]
            for _ in 0..<20 {
                var present: [DeviceFacts] = []
                for socket in 1...4 where Bool.random(using: &generator) {
                    let serial = ["A", "B", nil].randomElement(using: &generator) ?? nil
                    present.append(Self.usb("ttyUSB\(socket)", socket: socket, serial: serial))
                }
                let ids = identity.ids(of: present)
                #expect(Set(ids).count == ids.count, "seed \(seed)")
                #expect(identity.ids(of: present) == ids, "seed \(seed)")
                var newIDs: [String: PortID] = [:]
                for (device, id) in zip(present, ids) {
                    let wearer = "\(device.place) \(device.serial ?? "")"
                    newIDs[wearer] = id
                    if let old = lastIDs[wearer] { #expect(old == id, "seed \(seed)") }
                }
                lastIDs = newIDs
            }
        }
    }

    @Test("Each interface and each port of one adapter has its own id")
    func interfaces() {
        let second = Self.usb("ttyUSB1", socket: 1, serial: "A6008isP", interface: "01")
        let port = Self.usb("ttyUSB2", socket: 1, serial: "A6008isP", portNumber: "1")
        #expect(
            ids([Self.ftdi, second, port]) == [
                [
                    Self.ftdiID, "usb-FTDI_FT232R_A6008isP-if01",
                    "usb-FTDI_FT232R_A6008isP-if00-port1",
                ]
            ])
        let bare = Self.usb("ttyUSB3", socket: 2, serial: nil, portNumber: "1")
        #expect(ids([bare]) == [["path-pci-0000:00:14.0-usb-0:2:1.0-port1"]])
    }

    @Test(
        "What udev knows nothing about is named by its path",
        arguments: [
            ("/dev/ttyS0", PortID("tty-ttyS0")), ("/dev/pts/3", "tty-pts-3"),
            ("/run/receiver", "tty-run-receiver"),
        ])
    func paths(_ path: String, _ id: PortID) {
        #expect(PortIdentity.id(ofPath: path) == id)
        #expect(ids([DeviceFacts(node: path)]) == [[id]])
    }

    @Test(
        "A match fits when all its marks do, hexadecimal ones as numbers",
        arguments: [
            (DeviceMatch(vendor: "0403"), true), (DeviceMatch(vendor: "403"), true),
            (DeviceMatch(vendor: "0X0403", product: "6001"), true),
            (DeviceMatch(vendor: "0403", product: "6015"), false),
            (DeviceMatch(serial: "A6008isP", interface: "0"), true),
            (DeviceMatch(serial: "a6008isp"), false),
            (DeviceMatch(idPath: "pci-0000:00:14.0-usb-0:1:1.0"), true),
            (DeviceMatch(vendor: "0403", idPath: "pci-0000:00:14.0-usb-0:2:1.0"), false),
            (DeviceMatch(vendor: "FTDI"), false), (DeviceMatch(), false),
            (DeviceMatch(path: "/dev/ttyUSB0", vendor: "0403"), false),
        ])
    func fits(_ match: DeviceMatch, _ expected: Bool) {
        #expect(match.fits(Self.ftdi) == expected)
    }
}
