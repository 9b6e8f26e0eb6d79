import AlarmModel

extension PortLoop {
    /// Opens the hidraw node that `match` means.
    ///
    /// One read(2) of such a node is one report, and in a stream of bytes the end of a report would
    /// be lost. So what the port hands on is
    ///
    ///     length 1 | report length
    ///
    /// with the report as the device sent it, its number in front where the device numbers its
    /// reports. A report longer than ``Limits/hidReportBytesMax`` is cut to that length and
    /// counted: what it begins with may be a press.
    ///
    /// Each reply is written as one report, its bytes as they are: the first is the report's
    /// number, 0 where the device has none. See ``ReportWriter``.
    func openHidraw(_ slot: PortSlot, _ match: DeviceMatch, _ now: MonotonicTime) {
        openDevice(slot, match, .hidraw, now) { (node) throws(PortProblem) in
            do throws(NodeRefusal) {
                let descriptor = try openAlone(node)
                return Channel(nextHandle(), descriptor, .hidraw(node: node), slot)
            } catch {
                throw problem(error, node, slot)
            }
        }
    }
}
