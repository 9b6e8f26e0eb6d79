import AlarmModel
import Glibc

/// A hidraw node opened for one port.
///
/// One read(2) of such a node is one report, and in a stream of bytes the end of a report would be
/// lost. So what the port hands on is
///
///     length 1 | report length
///
/// with the report as the device sent it, its number in front where the device numbers its reports.
/// A report longer than ``Limits/hidReportBytesMax`` is cut to that length and counted: what it
/// begins with may be a press.
///
/// Each reply is written as one report, its bytes as they are: the first is the report's number, 0
/// where the device has none. See ``ReportWriter``.
enum HidrawPort {
    static func open(_ path: String) throws(NodeRefusal) -> Int32 {
        let descriptor = unsafe Glibc.open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw NodeRefusal(errno) }
        do throws(NodeRefusal) {
            try lockAlone(descriptor)
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }
}
