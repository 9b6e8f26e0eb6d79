import AlarmModel
import Testing

@testable import LinuxPorts

@Suite("The texts of a port's definition")
struct SettingsTests {
    @Test("A format is data bits, parity and stop bits", arguments: ["8N1", "7E1", "7O2", "8n2"])
    func format(_ text: String) throws {
        let format = try #require(SerialSettings.Format(text))
        #expect(format.description == text.uppercased())
    }

    @Test("Anything else is no format", arguments: ["", "8N", "9N1", "6E1", "8X1", "8N3", "8N1 "])
    func noFormat(_ text: String) {
        #expect(SerialSettings.Format(text) == nil)
    }

    @Test("Settings read back from their own flags are the same")
    func flags() throws {
        for format in ["8N1", "7E1", "7O2", "8E2"] {
            for flow in [SerialSettings.FlowControl.none, .rtscts] {
                let settings = SerialSettings(
                    baud: 1_200, format: try #require(SerialSettings.Format(format)),
                    flowControl: flow)
                let back = SerialSettings(controlFlags: settings.controlFlags, baud: 1_200)
                #expect(back == settings)
                #expect(settings.isMet(by: back))
            }
        }
    }

    @Test("A rate within three in a hundred is the rate; another parity is not met")
    func met() throws {
        let settings = SerialSettings(baud: 31_250)
        #expect(settings.isMet(by: SerialSettings(baud: 30_400)))
        #expect(settings.isMet(by: SerialSettings(baud: 32_000)))
        #expect(!settings.isMet(by: SerialSettings(baud: 28_800)))
        #expect(!settings.isMet(by: SerialSettings(baud: 0)))
        let even = SerialSettings(baud: 31_250, format: try #require(SerialSettings.Format("8E1")))
        #expect(!settings.isMet(by: even))
        #expect(!settings.isMet(by: SerialSettings(baud: 31_250, flowControl: .rtscts)))
    }

    @Test("A rate has a code in termios or none, and the code leads back")
    func speeds() throws {
        #expect(SerialSettings(baud: 31_250).standardSpeed == nil)
        for baud: UInt32 in [50, 1_200, 9_600, 115_200, 4_000_000] {
            let speed = try #require(SerialSettings(baud: baud).standardSpeed)
            #expect(SerialSettings.baud(of: speed) == baud)
        }
    }

    @Test(
        "An address is a host and a port",
        arguments: [
            ("0.0.0.0:8208", "0.0.0.0", UInt16(8_208)), ("[::]:1", "::", 1),
            ("moxa-2:4001", "moxa-2", 4_001),
        ])
    func address(_ text: String, _ host: String, _ port: UInt16) {
        #expect(NetworkAddress(text) == NetworkAddress(host: host, port: port))
        #expect(NetworkAddress(text)?.description == text)
    }

    @Test(
        "Anything else is no address",
        arguments: ["", ":80", "host", "host:", "host:65536", "::1:80", "[]:80", "a:-1"])
    func noAddress(_ text: String) {
        #expect(NetworkAddress(text) == nil)
    }
}

@Suite("What a person is told about a port that is not open")
struct PortProblemTests {
    @Test("Who may not open a device is told which group to join")
    func denied() {
        var access = PortProblem.Access(
            user: "tocsin", group: "dialout", groupMayReadAndWrite: true, isMember: false)
        let outside = PortProblem.denied("/dev/ttyUSB0", access, nil)
        #expect(outside.state == .denied)
        #expect(
            outside.reason == "cannot open /dev/ttyUSB0: permission denied; "
                + "user tocsin is not in group dialout")
        #expect(
            outside.remedy == "add it: usermod -aG dialout tocsin, then restart tocsind")
        access.isMember = true
        #expect(PortProblem.denied("/dev/ttyUSB0", access, nil).remedy == "restart tocsind")
        access.groupMayReadAndWrite = false
        let remedy = { PortProblem.denied("/node", access, $0).remedy }
        #expect(remedy(nil) == "chmod g+rw /node")
        #expect(
            remedy(DeviceFacts(node: "/dev/ttyUSB0"))
                == "install the udev rules of tocsin, or chmod g+rw /dev/ttyUSB0")
        let button = DeviceFacts(
            subsystem: .hidraw, node: "/dev/hidraw0", vendor: "1d34", product: "000d")
        #expect(
            remedy(button).hasSuffix(
                #"a line: ATTRS{idVendor}=="1d34", ATTRS{idProduct}=="000d", "#
                    + #"GROUP="plugdev", MODE="0660""#))
    }

    @Test("Settings that a driver refused are named, asked and got")
    func refused() throws {
        let asked = SerialSettings(baud: 1_200, format: try #require(SerialSettings.Format("7E1")))
        let problem = PortProblem.refusedSettings(
            "/dev/ttyACM0", asked: asked, got: SerialSettings())
        #expect(problem.state == .unusable)
        #expect(problem.reason == "/dev/ttyACM0 was asked for 1200 7E1 and is set to 9600 8N1")
    }

    @Test("Several devices that fit are named with what tells them apart")
    func several() {
        let match = DeviceMatch(vendor: "0403")
        let first = PortIdentityTests.usb("ttyUSB0", socket: 1, serial: "X")
        let second = PortIdentityTests.usb("ttyUSB1", socket: 2, serial: "X")
        let problem = PortProblem.several(match, [first, second])
        #expect(problem.state == .unusable)
        for text in ["usb-0:1:1.0", "usb-0:2:1.0"] {
            #expect(problem.reason.contains(text))
            #expect(problem.remedy.contains(text))
        }
        var sibling = PortIdentityTests.usb("ttyUSB1", socket: 1, serial: "X", portNumber: "1")
        sibling.links = ["/dev/serial/by-id/usb-X-if00-port1"]
        let remedy = PortProblem.several(match, [first, sibling]).remedy
        #expect(remedy == "give this port the path of one: /dev/ttyUSB0 or \(sibling.links[0])")
    }
}
