import AlarmModel
import LinuxPorts
import StationDaemon
import Testing
import WireProtocols

@Suite("Configuration of HID devices and pipes")
struct DeviceConfigurationTests {
    private func port(_ settings: String, protocol id: String) throws -> ConfiguredPort {
        let text = ConfigurationTests.onePort(settings, protocol: id)
        return try #require(
            try ConfigurationReader.read(text, file: "tocsin.yaml").ports.first)
    }

    @Test(
        "A HID device is named as a serial device is",
        arguments: [
            ("vendor: 1D34, product: \"000d\"", DeviceMatch(vendor: "1d34", product: "000d")),
            ("serial: B7, interface: 01", DeviceMatch(serial: "B7", interface: "01")),
            ("path: /dev/tocsin/by-serial/x", DeviceMatch(path: "/dev/tocsin/by-serial/x")),
            (
                "idPath: \"pci-0000:00:14.0-usb-0:2:1.0\"",
                DeviceMatch(idPath: "pci-0000:00:14.0-usb-0:2:1.0")
            ),
        ])
    func hidraw(yaml: String, match: DeviceMatch) throws {
        let port = try port("hidraw: {\(yaml)}", protocol: "surgard")
        #expect(port.definition.way == .hidraw(match))
    }

    @Test("A pipe is a FIFO or standard input")
    func pipes() throws {
        let fifo = try port("pipe: {path: /run/tocsin/rtl433.fifo}", protocol: "surgard")
        #expect(fifo.definition.way == .pipe(.fifo("/run/tocsin/rtl433.fifo")))
        let input = try port("pipe: {path: \"-\"}", protocol: "surgard")
        #expect(input.definition.way == .pipe(.standardInput))
    }

    @Test("What the way in says about a button need not be said to its protocol")
    func button() throws {
        let marks = "hidraw: {vendor: 1D34, product: \"000d\"}"
        let implied = try port(marks, protocol: "hid-button")
        #expect(implied.options == ProtocolOptions(["device": "1d34:000d"]))
        let both = try port(marks + "\n    options: {kind: medical}", protocol: "hid-button")
        #expect(both.options == ProtocolOptions(["device": "1d34:000d", "kind": "medical"]))
    }

    @Test("What is said to the protocol of a button counts before what the way in says")
    func saidButton() throws {
        let other = "hidraw: {vendor: 046d, product: c31c}"
        let said = try port(
            other + "\n    options: {device: \"1d34:000d\"}", protocol: "hid-button")
        #expect(said.options == ProtocolOptions(["device": "1d34:000d"]))
        let bySerial = try port("hidraw: {serial: B7}", protocol: "hid-button")
        #expect(bySerial.options == ProtocolOptions())
    }

    @Test("A button that its protocol does not know is told at the marks of the device")
    func unknownButton() {
        let text = ConfigurationTests.onePort(
            "hidraw: {vendor: 046d, product: c31c}", protocol: "hid-button")
        let problems = ConfigurationTests.problems(text)
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("5:13: no button '046d:c31c' is known; ") == true)
    }

    @Test("Other protocols are told nothing that nobody said")
    func otherProtocol() throws {
        let port = try port("hidraw: {vendor: 1d34, product: \"000d\"}", protocol: "surgard")
        #expect(port.options == ProtocolOptions())
    }
}
