import AlarmModel
import LinuxPorts
import StationCore
import WireProtocols
import Yams

/// Reads a port with `protocol: auto`: the station listens until it knows what the line speaks.
extension PortsReader {
    func isSniffed(_ section: ConfigurationSection) -> Bool {
        guard case .scalar(let scalar) = section.node("protocol") else { return false }
        return scalar.string == ProtocolID.auto.rawValue
    }

    func sniffed(
        _ section: ConfigurationSection, _ name: String?, _ way: PortDefinition.Way?
    ) -> ConfiguredPort? {
        if let node = section.node("options") {
            document.report(
                node.position, "'options' are those of one protocol, and it is not known yet",
                "leave them out until 'protocol' names it")
        }
        guard let way else { return nil }
        guard case .serial = way else {
            document.report(
                section.node("protocol")?.position ?? section.position,
                "'protocol: auto' listens to serial lines only",
                "name the protocol: `tocsin protocols` lists them with their links")
            return nil
        }
        return name.map {
            ConfiguredPort(definition: PortDefinition(name: $0, protocolID: .auto, way: way))
        }
    }
}
