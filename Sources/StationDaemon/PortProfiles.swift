import AlarmModel
import LinuxPorts
import StationCore
import WireProtocols

extension StationConfiguration {
    /// What the station must know of a port that has opened; nil when the configuration no longer
    /// has it or its protocol is not registered, which the reader has refused before.
    func profile(of port: OpenPort) -> PortProfile? {
        guard let configured = ports.first(where: { $0.definition.name == port.name }),
            let descriptor = ProtocolRegistry.find(port.protocolID)
        else { return nil }
        return PortProfile(
            wire: Wire(port.id, portName: port.name, peer: port.isPeer ? port.path : nil),
            name: port.name, descriptor: descriptor, options: configured.options,
            captureBytes: port.isPeer
                ? Limits.connectionCaptureBytes : Limits.captureRingBytes)
    }

    /// What the line of a port with `protocol: auto` is set to at first; nil for other ports.
    func sniffedSettings(of port: OpenPort) -> SerialSettings? {
        guard port.protocolID == .auto,
            case .serial(_, let settings)? = ports.first(where: {
                $0.definition.name == port.name
            })?.definition.way
        else { return nil }
        return settings
    }
}
