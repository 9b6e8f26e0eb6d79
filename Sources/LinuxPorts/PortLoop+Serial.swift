import AlarmModel

extension PortLoop {
    func openSerial(
        _ slot: PortSlot, _ match: DeviceMatch, _ settings: SerialSettings, _ now: MonotonicTime
    ) {
        openDevice(slot, match, .tty, now) { (node) throws(PortProblem) in
            do throws(SerialPort.Refusal) {
                let port = try SerialPort.open(node, settings)
                return Channel(nextHandle(), port, node: node, slot)
            } catch {
                switch error {
                case .node(let refusal): throw problem(refusal, node, slot)
                case .notATerminal: throw .wrongKind(node, .tty)
                case .otherSettings(let got):
                    throw .refusedSettings(node, asked: settings, got: got)
                }
            }
        }
    }
}
