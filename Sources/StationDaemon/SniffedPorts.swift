import AlarmModel
import LinuxPorts
import StationCore

/// The ports with `protocol: auto`: those that are still listened to, and what was found on the
/// others.
struct SniffedPorts {
    private var listening: [PortKey: (name: String, sniffer: LineSniffer)] = [:]
    /// By the device, so that one that is plugged in again need not be found out again.
    private var verdicts: [PortID: Verdict] = [:]
    /// Of open ports, by name.
    private var found: [String: Verdict] = [:]
    /// Ports whose eighth bit may still be that of the time before the verdict.
    private var sevenBit: Set<PortKey> = []

    /// A port has opened. Nil when it has to be listened to first; else what it is known to speak.
    mutating func opened(
        _ port: OpenPort, _ key: PortKey, _ settings: SerialSettings, on ports: PortLoop
    ) -> Verdict? {
        guard let verdict = verdicts[port.id] else {
            let sniffer = LineSniffer(port.handle, settings, on: ports)
            listening[key] = (port.name, sniffer)
            return nil
        }
        if let settings = SerialSettings(verdict.guess) {
            ports.retune(port.handle, to: settings, keepingInput: true)
        }
        found[port.name] = verdict
        return verdict
    }

    mutating func closed(_ key: PortKey, _ name: String) {
        listening[key] = nil
        sevenBit.remove(key)
        found[name] = nil
    }

    func isListening(to key: PortKey) -> Bool { listening[key] != nil }

    mutating func heard(
        _ bytes: [UInt8], from key: PortKey, _ id: PortID, at now: Moment, on ports: PortLoop
    ) -> Verdict? {
        guard let verdict = listening[key]?.sniffer.heard(bytes, at: now, on: ports)
        else { return nil }
        settle(key, id, verdict)
        return verdict
    }

    var deadline: MonotonicTime? { listening.values.compactMap(\.sniffer.deadline).min() }

    mutating func passTime(
        of key: PortKey, _ id: PortID, at now: MonotonicTime, on ports: PortLoop
    ) -> Verdict? {
        guard let verdict = listening[key]?.sniffer.passTime(at: now, on: ports)
        else { return nil }
        settle(key, id, verdict)
        return verdict
    }

    var keys: [PortKey] { listening.keys.sorted { $0.number < $1.number } }

    private mutating func settle(_ key: PortKey, _ id: PortID, _ verdict: Verdict) {
        guard let name = listening.removeValue(forKey: key)?.name else { return }
        if verdict.isSevenBit { sevenBit.insert(key) }
        verdicts[id] = verdict
        found[name] = verdict
    }

    /// Takes the eighth bit off what was received before the line was set to seven.
    func strip(_ bytes: UnsafeMutableRawBufferPointer, of key: PortKey) {
        guard sevenBit.contains(key) else { return }
        for index in bytes.indices { unsafe bytes[index] &= 0x7F }
    }

    /// Says how far it is with a port, for whoever looks at its state.
    func explain(_ status: inout PortStatus) {
        guard status.protocolID == .auto, status.state == .open else { return }
        if let verdict = found[status.name] {
            status.protocolID = verdict.protocolID
            status.reason = verdict.sentence
            status.remedy = "put it into the configuration: \(verdict.settingsLine)"
        } else if let sniffer = listening.values.first(where: { $0.name == status.name })?.sniffer {
            status.reason =
                "listening at \(sniffer.sniffer.guess): "
                + "\(sniffer.sniffer.bytesHeard) bytes and \(sniffer.sniffer.lineErrors) line "
                + "errors heard at \(sniffer.sniffer.settingsTried.count) settings"
            status.remedy = "press a button of the device, or name its protocol"
        }
    }
}
