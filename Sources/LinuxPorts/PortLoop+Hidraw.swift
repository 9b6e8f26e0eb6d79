import AlarmModel

extension PortLoop {
    func openHidraw(_ slot: PortSlot, _ match: DeviceMatch, _ now: MonotonicTime) {
        openDevice(slot, match, .hidraw, now) { (node) throws(PortProblem) in
            do throws(NodeRefusal) {
                let descriptor = try HidrawPort.open(node)
                return Channel(nextHandle(), descriptor, .hidraw(node: node), slot)
            } catch {
                throw problem(error, node, slot)
            }
        }
    }
}
