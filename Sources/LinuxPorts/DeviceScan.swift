import AlarmModel
import CLibudev
import CLinux
import Glibc

/// udev: which devices are present that could be ports, and a hint that this may have changed.
///
/// What the monitor says is never taken for more than a hint. The kernel merges and drops events
/// when devices come and go fast; only looking through all devices again tells what is there.
@safe final class DeviceScan {
    private let context: OpaquePointer
    private let monitor: OpaquePointer?

    /// Readable when something changed; nil when the kernel grants no netlink socket.
    var descriptor: Int32? {
        guard let monitor = unsafe monitor else { return nil }
        return unsafe udev_monitor_get_fd(monitor)
    }

    /// Nil when there is no memory for it, and then ports are found by path alone.
    init?() {
        guard let context = unsafe udev_new() else { return nil }
        unsafe self.context = unsafe context
        unsafe monitor = unsafe Self.makeMonitor(context)
    }

    deinit {
        if let monitor = unsafe monitor { unsafe udev_monitor_unref(monitor) }
        unsafe udev_unref(context)
    }

    /// Where udevd runs, its own messages are waited for: they come after it has described the
    /// device. Without it, as in a container, the kernel's must do.
    static var udevdRuns: Bool { unsafe access("/run/udev/control", F_OK) == 0 }

    private static func makeMonitor(_ context: OpaquePointer) -> OpaquePointer? {
        let group = udevdRuns ? "udev" : "kernel"
        guard let monitor = unsafe udev_monitor_new_from_netlink(context, group) else { return nil }
        unsafe udev_monitor_filter_add_match_subsystem_devtype(monitor, "tty", nil)
        unsafe udev_monitor_filter_add_match_subsystem_devtype(monitor, "hidraw", nil)
        unsafe udev_monitor_set_receive_buffer_size(monitor, 1_048_576)
        guard unsafe udev_monitor_enable_receiving(monitor) >= 0 else {
            unsafe udev_monitor_unref(monitor)
            return nil
        }
        return unsafe monitor
    }

    /// Takes all messages off the monitor; true when there was one, or when some were lost.
    func takeHints() -> Bool {
        guard let monitor = unsafe monitor else { return false }
        var changed = false
        for _ in 0..<Limits.udevMessagesPerTurnMax {
            errno = 0
            guard let device = unsafe udev_monitor_receive_device(monitor) else {
                // Nothing there, or nothing for us. Only a full socket buffer means a loss.
                return changed || errno == ENOBUFS
            }
            unsafe udev_device_unref(device)
            changed = true
        }
        return changed
    }

    /// What is behind the node with this number right now.
    func device(_ number: dev_t) -> Found {
        let (major, minor) = (linux_device_major(number), linux_device_minor(number))
        // `../../devices/…`
        guard let link = linkTarget("/sys/dev/char/\(major):\(minor)"),
            let start = link.firstRange(of: "devices/"),
            let device = unsafe udev_device_new_from_syspath(
                context, "/sys/" + link[start.lowerBound...])
        else { return .nothing }
        defer { unsafe udev_device_unref(device) }
        let facts = unsafe Self.facts(device, udevdRuns: Self.udevdRuns)
        return facts.map { .hardware($0) } ?? .virtual
    }

    enum Found {
        /// The kernel knows no such device: it is gone, or not there yet.
        case nothing
        /// A device that hangs on no hardware.
        case virtual
        case hardware(DeviceFacts)
    }

    /// All ttys and hidraw nodes present, in the order of their nodes; nil when udev cannot say.
    func devices() -> [DeviceFacts]? {
        guard let list = unsafe udev_enumerate_new(context) else { return nil }
        defer { unsafe udev_enumerate_unref(list) }
        unsafe udev_enumerate_add_match_subsystem(list, "tty")
        unsafe udev_enumerate_add_match_subsystem(list, "hidraw")
        guard unsafe udev_enumerate_scan_devices(list) >= 0 else { return nil }
        let udevdRuns = Self.udevdRuns
        var found: [DeviceFacts] = []
        var entry = unsafe udev_enumerate_get_list_entry(list)
        while let current = unsafe entry {
            unsafe entry = udev_list_entry_get_next(current)
            guard let path = unsafe udev_list_entry_get_name(current),
                let device = unsafe udev_device_new_from_syspath(context, path)
            else { continue }
            defer { unsafe udev_device_unref(device) }
            if let facts = unsafe Self.facts(device, udevdRuns: udevdRuns) { found.append(facts) }
        }
        return found.sorted { $0.node < $1.node }
    }

    /// Nil for consoles and other ttys that hang on no hardware.
    private static func facts(_ device: OpaquePointer, udevdRuns: Bool) -> DeviceFacts? {
        guard unsafe udev_device_get_parent(device) != nil,
            let node = unsafe text(udev_device_get_devnode(device)),
            let subsystem = unsafe text(udev_device_get_subsystem(device))
                .flatMap(DeviceFacts.Subsystem.init)
        else { return nil }
        var facts = DeviceFacts(subsystem: subsystem, node: node)
        facts.isSettled = unsafe !udevdRuns || udev_device_get_is_initialized(device) > 0
        var link = unsafe udev_device_get_devlinks_list_entry(device)
        while let current = unsafe link {
            if let name = unsafe text(udev_list_entry_get_name(current)) {
                facts.links.append(name)
            }
            unsafe link = udev_list_entry_get_next(current)
        }
        facts.idPath = unsafe property(device, "ID_PATH")
        unsafe addUSB(device, to: &facts)
        if unsafe !marksAreCurrent(device) { facts.isSettled = false }
        return facts
    }

    /// False while what udev has written is about another device, which had the same number before.
    private static func marksAreCurrent(_ device: OpaquePointer) -> Bool {
        guard let usb = unsafe parent(device, "usb", "usb_device") else { return true }
        let pairs = [
            ("ID_VENDOR_ID", "idVendor"), ("ID_MODEL_ID", "idProduct"),
            ("ID_SERIAL_SHORT", "serial"),
        ]
        return pairs.allSatisfy { name, attribute in
            guard let mark = unsafe property(device, name),
                let told = unsafe Self.attribute(usb, attribute)
            else { return true }
            // What is not plain, udev has put into other words.
            let isPlain = told.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF) || $0 == 0x2D
            }
            return !isPlain || mark.lowercased() == told.lowercased()
        }
    }

    /// udevd's properties where it wrote them, which for raw HID is at the USB device only; the
    /// kernel's own attributes otherwise.
    private static func addUSB(_ device: OpaquePointer, to facts: inout DeviceFacts) {
        guard let usb = unsafe parent(device, "usb", "usb_device") else { return }
        let mark = { name in unsafe property(device, name) ?? property(usb, name) }
        facts.vendor = unsafe mark("ID_VENDOR_ID") ?? attribute(usb, "idVendor")
        facts.product = unsafe mark("ID_MODEL_ID") ?? attribute(usb, "idProduct")
        facts.serial = unsafe mark("ID_SERIAL_SHORT") ?? attribute(usb, "serial")
        facts.longSerial = mark("ID_SERIAL")
        if facts.longSerial == nil {
            let parts = unsafe [attribute(usb, "manufacturer"), attribute(usb, "product")]
            facts.longSerial = (parts + [facts.serial]).compactMap { $0 }.joined(separator: "_")
                .map { $0.isWhitespace ? "_" : String($0) }.joined()
        }
        if let interface = unsafe parent(device, "usb", "usb_interface") {
            facts.interface =
                unsafe property(device, "ID_USB_INTERFACE_NUM")
                ?? attribute(interface, "bInterfaceNumber")
            // Bus and socket numbers of the kernel: as steady as ID_PATH until a bus is added.
            facts.idPath = unsafe facts.idPath ?? text(udev_device_get_sysname(interface))
        }
        if let port = unsafe parent(device, "usb-serial", nil) {
            facts.portNumber = unsafe attribute(port, "port_number")
        }
        if let hid = unsafe parent(device, "hid", nil) {
            facts.portNumber = unsafe property(hid, "HID_PHYS").flatMap(numberOnTheAir)
        }
    }

    /// The kernel shows each device of a wireless receiver under the receiver's own interface, as
    /// `usb-0000:00:14.0-2/input2:1`. Nil for `usb-0000:00:14.0-2/input0`.
    private static func numberOnTheAir(_ place: String) -> String? {
        let parts = place.split(separator: "/").last?.split(separator: ":") ?? []
        return parts.count == 2 ? String(parts[1]) : nil
    }

    private static func parent(
        _ device: OpaquePointer, _ subsystem: String, _ type: String?
    ) -> OpaquePointer? {
        unsafe udev_device_get_parent_with_subsystem_devtype(device, subsystem, type)
    }

    private static func property(_ device: OpaquePointer, _ name: String) -> String? {
        unsafe text(udev_device_get_property_value(device, name))
    }

    private static func attribute(_ device: OpaquePointer, _ name: String) -> String? {
        unsafe text(udev_device_get_sysattr_value(device, name))
    }

    private static func text(_ pointer: UnsafePointer<CChar>?) -> String? {
        guard let pointer = unsafe pointer else { return nil }
        let string = unsafe String(cString: pointer)
        return string.isEmpty ? nil : string
    }
}
