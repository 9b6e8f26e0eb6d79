import AlarmModel
import LinuxPorts
import Yams

extension PortsReader {
    /// What `tcp:` says; `settings` are those of the line behind a serial server.
    mutating func tcp(
        _ section: ConfigurationSection, _ settings: SerialSettings
    ) -> PortDefinition.Way? {
        let known = ["listen", "connect", "idleSeconds", "rfc2217"]
        guard let tcp = section.section("tcp", known: known) else { return nil }
        switch (tcp.node("listen"), tcp.node("connect")) {
        case (let node?, nil):
            refuse("rfc2217", in: tcp, beside: "listen")
            refuseSerial(of: section, "a TCP port that listens")
            let idle = idle(tcp)
            guard let address = tcp.value("listen", Values.listen) else { return nil }
            if take("listening on \(address)", node) { listeners.take(.tcp, address, node) }
            return .tcpListen(address, idle: idle)
        case (nil, let node?):
            refuse("idleSeconds", in: tcp, beside: "connect")
            let setsLine = tcp.value("rfc2217", Values.flag) ?? false
            if !setsLine { refuseSerial(of: section, "a TCP port without 'rfc2217: true'") }
            guard let address = tcp.value("connect", Values.connect) else { return nil }
            take("connecting to \(address)", node)
            return setsLine ? .serialServer(address, settings) : .tcpConnect(address)
        default:
            document.report(
                tcp.position, "'tcp' needs either 'listen' or 'connect'",
                "say 'listen: 0.0.0.0:8208' or 'connect: moxa-2:4001'")
            return nil
        }
    }

    /// What `udp:` says.
    mutating func udp(_ section: ConfigurationSection) -> PortDefinition.Way? {
        guard let udp = section.section("udp", known: ["listen", "idleSeconds"]) else { return nil }
        refuseSerial(of: section, "a UDP port")
        udp.require("listen", example: "0.0.0.0:12128")
        let idle = idle(udp)
        guard let address = udp.value("listen", Values.listen), let node = udp.node("listen")
        else { return nil }
        if take("receiving on \(address)", node) { listeners.take(.udp, address, node) }
        return .udpListen(address, idle: idle)
    }

    private func idle(_ section: ConfigurationSection) -> TimeSpan {
        section.value("idleSeconds", Values.idleSeconds) ?? Limits.peerIdle
    }

    private func refuse(_ key: String, in section: ConfigurationSection, beside other: String) {
        guard let node = section.node(key) else { return }
        document.report(
            node.position, "'\(key)' is not looked at beside '\(other)'", "leave it out")
    }

    /// - Parameter why: what makes the settings of a line superfluous.
    func refuseSerial(
        of section: ConfigurationSection, _ what: String,
        because why: String = "the line is set up at the far end"
    ) {
        guard let node = section.node("serial") else { return }
        document.report(
            node.position, "'serial' says nothing about \(what)",
            "leave it out; \(why)")
    }
}
