import AlarmModel
import LinuxPorts
import StationDaemon
import Testing

@Suite("Configuration of ports whose protocol is not known")
struct SniffedConfigurationTests {
    @Test("A serial port may leave its protocol to be found, and say what to listen to first")
    func serial() throws {
        let text = ConfigurationTests.onePort(
            "match: {path: /dev/ttyS0}\n    serial: {baud: 1200, format: 7E1}", protocol: "auto")
        let port = try #require(
            try ConfigurationReader.read(text, file: "tocsin.yaml").ports.first)
        #expect(port.definition.protocolID == "auto")
        let settings = SerialSettings(baud: 1_200, format: try #require(.init("7E1")))
        #expect(port.definition.way == .serial(DeviceMatch(path: "/dev/ttyS0"), settings))
    }

    @Test(
        "What is no serial line has to name its protocol",
        arguments: [
            "tcp: {listen: \"0.0.0.0:8208\"}", "udp: {listen: \"0.0.0.0:8208\"}",
            "pipe: {path: /run/x.fifo}", "hidraw: {serial: B7}",
        ])
    func others(way: String) {
        let text = ConfigurationTests.onePort(way, protocol: "auto")
        let problems = ConfigurationTests.problems(text)
        #expect(
            problems.contains {
                $0.contains("'protocol: auto' listens to serial lines only; name the protocol")
            })
    }

    @Test("Options cannot be given before the protocol is known")
    func options() {
        let text = ConfigurationTests.onePort(
            "match: {path: /dev/ttyS0}\n    options: {kind: sos}", protocol: "auto")
        let problems = ConfigurationTests.problems(text)
        #expect(
            problems.contains {
                $0.contains("and it is not known yet; leave them out until 'protocol' names it")
            })
    }
}
